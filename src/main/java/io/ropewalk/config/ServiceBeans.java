package io.ropewalk.config;

import io.ropewalk.api.ApiBeans;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The beans of the service, named one by one as those of {@link ApiBeans}. First what refuses a configuration that does
 * not go together, before anything is opened.
 */
@Configuration(proxyBeanMethods = false)
@Import({
    ServiceConfiguration.class,
    DemoConfiguration.class,
    HealthConfiguration.class,
    InventoryConfiguration.class,
    IoConfiguration.class,
    MetricsConfiguration.class,
    NbdConfiguration.class,
    PromptTomcat.class,
    SecurityConfiguration.class,
    StoreConfiguration.class,
    ApiBeans.class
})
public class ServiceBeans {}
