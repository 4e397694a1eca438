package io.ropewalk.config;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.metrics.ExportTraffic;
import io.ropewalk.metrics.MultipathCollector;
import io.ropewalk.metrics.PathCounters;
import io.ropewalk.nbd.NbdServer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What Prometheus is told. */
@Configuration(proxyBeanMethods = false)
class MetricsConfiguration {
    @Bean
    PathCounters pathCounters() {
        return new PathCounters();
    }

    @Bean
    ExportTraffic exportTraffic() {
        return new ExportTraffic();
    }

    @Bean
    MultipathCollector multipathCollector(
            Inventory inventory,
            PathCounters counters,
            ExportTraffic traffic,
            NbdServer server,
            ObjectProvider<PrometheusRegistry> registry) {
        MultipathCollector collector = new MultipathCollector(inventory, counters, traffic, server::sessions);
        registry.ifAvailable(prometheus -> prometheus.register(collector));
        return collector;
    }

    /** Prometheus wants a help for everything; what Spring observes has none. */
    @Bean
    static MeterFilter helpForAll() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.getDescription() == null ? described(id) : id;
            }
        };
    }

    private static Meter.Id described(Meter.Id id) {
        return new Meter.Id(
                id.getName(),
                Tags.of(id.getTagsAsIterable()),
                id.getBaseUnit(),
                "What Spring observes as " + id.getName() + ".",
                id.getType());
    }
}
