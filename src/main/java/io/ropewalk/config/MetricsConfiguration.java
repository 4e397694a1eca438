package io.ropewalk.config;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.metrics.MultipathCollector;
import io.ropewalk.metrics.PathCounters;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What Prometheus is told. */
@Configuration(proxyBeanMethods = false)
class MetricsConfiguration {
    @Bean
    MultipathCollector multipathCollector(
            Inventory inventory, PathCounters counters, ObjectProvider<PrometheusRegistry> registry) {
        MultipathCollector collector = new MultipathCollector(inventory, counters);
        registry.ifAvailable(prometheus -> prometheus.register(collector));
        return collector;
    }
}
