package io.ropewalk.config;

import io.ropewalk.api.EventStreamLimit;
import io.ropewalk.api.ProblemValve;
import io.ropewalk.api.RequestRates;
import io.ropewalk.api.RequestTime;
import io.ropewalk.api.SystemInfo;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.block.Geometry;
import io.ropewalk.engine.Geom;
import io.ropewalk.net.NettyLoops;
import java.net.InetAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.catalina.core.StandardHost;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.tomcat.TomcatContextCustomizer;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The service as a whole. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RopewalkProperties.class)
class ServiceConfiguration {

    ServiceConfiguration(
            RopewalkProperties properties, ServerProperties server, ManagementServerProperties management) {
        SecurityConfiguration.refuseIdleTokens(properties.security());
        Map<String, @Nullable InetAddress> addresses = new LinkedHashMap<>();
        addresses.put("server.address", server.getAddress());
        if (management.getPort() != null) {
            addresses.put("management.server.address", management.getAddress());
        }
        if (!properties.nbd().knowsItsClients()) {
            addresses.put("ropewalk.nbd.address", properties.nbd().address());
        }
        BindingGuard.check(addresses, properties.security().mode());
        NbdTls.check(properties.nbd());
    }

    @Bean
    SystemInfo systemInfo(
            RopewalkProperties properties,
            ObjectProvider<BuildProperties> build,
            List<DeviceFactory> factories,
            NettyLoops loops,
            Clock clock) {
        BuildProperties built = build.getIfAvailable();
        return SystemInfo.of(
                built == null || built.getVersion() == null ? "development" : built.getVersion(),
                Node.name(),
                clock.instant(),
                factories.stream()
                        .flatMap(factory -> factory.schemes().stream())
                        .sorted()
                        .toList(),
                features(properties, loops),
                Geom.MAXIMUM_PATHS,
                Geometry.MAXIMUM_PAYLOAD_BYTES);
    }

    private static List<String> features(RopewalkProperties properties, NettyLoops loops) {
        List<String> features = new ArrayList<>();
        if (properties.demo()) {
            features.add("demo");
        }
        features.add(
                "transport-" + loops.transport().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        return features;
    }

    @Bean
    RequestRates requestRates(RopewalkProperties properties) {
        return new RequestRates(
                properties.limits().requestsPerSecond(), properties.limits().requestsAtOnce());
    }

    @Bean
    RequestTime requestTime(RopewalkProperties properties) {
        return new RequestTime(properties.limits().requestTime());
    }

    @Bean
    EventStreamLimit eventStreamLimit(RopewalkProperties properties) {
        return new EventStreamLimit(properties.limits().eventStreamsPerClient());
    }

    /** What Tomcat refuses by itself is a problem, too. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemsOfTomcat() {
        TomcatContextCustomizer customizer = context -> {
            if (context.getParent() instanceof StandardHost host) {
                host.setErrorReportValveClass(ProblemValve.class.getName());
            }
        };
        return factory -> factory.addContextCustomizers(customizer);
    }
}
