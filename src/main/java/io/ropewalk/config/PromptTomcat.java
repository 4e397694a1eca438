package io.ropewalk.config;

import io.ropewalk.api.PromptBodyValve;
import io.ropewalk.api.PromptHttp;
import io.ropewalk.api.RequestTime;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;

/**
 * The web server waits for slow clients so long and no longer. That of the API has this among its beans, that of
 * management by META-INF/spring.
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
}
