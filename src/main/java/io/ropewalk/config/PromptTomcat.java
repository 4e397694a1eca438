package io.ropewalk.config;

import io.ropewalk.api.PromptBodyValve;
import io.ropewalk.api.PromptHttp;
import io.ropewalk.api.RequestTime;
import io.ropewalk.config.TlsBundles.UnusableException;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * The web server waits for slow clients so long and no longer, and says why it cannot show its certificate. That of the API
 * has this among its beans, that of management by META-INF/spring.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
class PromptTomcat {

    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> limitSlowClients(RequestTime time) {
        return factory -> {
            factory.setProtocol(PromptHttp.class.getName());
            factory.addConnectorCustomizers(connector -> {
                if (connector.getProtocolHandler() instanceof PromptHttp http) {
                    http.setTime(time);
                }
            });
            factory.addEngineValves(new PromptBodyValve(time));
        };
    }

    /** The web server by itself would end the start with a stack trace. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> requireUsableCertificate(TlsBundles bundles) {
        return factory -> {
            Ssl ssl = factory.getSsl();
            String bundle = ssl == null || !ssl.isEnabled() ? null : ssl.getBundle();
            if (bundle != null) {
                try {
                    bundles.context(bundle);
                } catch (UnusableException unusable) {
                    throw new StartupException(
                            "server.ssl.bundle, or that of management: " + unusable.getMessage(),
                            "Define spring.ssl.bundle.pem." + bundle
                                    + " with keystore.certificate and keystore.private-key, files that the service may read.",
                            unusable);
                }
            }
        };
    }
}
