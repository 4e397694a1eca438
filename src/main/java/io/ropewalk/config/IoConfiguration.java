package io.ropewalk.config;

import io.ropewalk.block.DeviceFactory;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdClientTls;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.nbd.NbdOwnDoors;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Event loops, and what opens devices on them. */
@Configuration(proxyBeanMethods = false)
class IoConfiguration {
    private static final Logger CONTROL = LoggerFactory.getLogger("io.ropewalk.control");

    @Bean
    NettyLoops nettyLoops(RopewalkProperties properties) {
        RopewalkProperties.Io io = properties.io();
        Transport transport = io.transport().resolve();
        CONTROL.info("Sockets are waited for by {} on {} event loops", transport.title(), io.threadsOrCores());
        return new NettyLoops(transport, io.threadsOrCores());
    }

    @Bean
    Allowed allowed(RopewalkProperties properties, ServerProperties server, ObjectProvider<DemoStage> demo) {
        return Allowed.of(
                properties.allow(),
                server.getAddress() == null || !server.getAddress().isLoopbackAddress(),
                properties.dataDir(),
                Declared.of(properties, demo.getIfAvailable()).devices(),
                properties.scan());
    }

    @Bean
    DeviceFactory fileDeviceFactory(Allowed allowed) {
        return new FileDeviceFactory(allowed.paths());
    }

    @Bean
    TlsBundles tlsBundles(SslBundles bundles) {
        return new TlsBundles(bundles);
    }

    @Bean
    NbdOwnDoors nbdOwnDoors() {
        return new NbdOwnDoors();
    }

    @Bean
    DeviceFactory nbdDeviceFactory(
            NettyLoops loops,
            Allowed allowed,
            NbdOwnDoors ownDoors,
            RopewalkProperties properties,
            TlsBundles bundles) {
        NbdClientTls tls = NbdTls.client(properties.nbdClient().sslBundle(), bundles);
        return new NbdDeviceFactory(
                loops,
                NbdClientOptions.DEFAULTS
                        .withAllowed(allowed.servers())
                        .withTls(tls)
                        .withOwnDoors(ownDoors));
    }
}
