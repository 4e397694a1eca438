package io.ropewalk.config;

import io.ropewalk.block.DeviceFactory;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.InventorySettings;
import io.ropewalk.inventory.InventoryStore;
import io.ropewalk.metrics.ExportTraffic;
import io.ropewalk.metrics.PathCounters;
import io.ropewalk.net.NettyLoops;
import java.time.Clock;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What should exist and what does. */
@Configuration(proxyBeanMethods = false)
class InventoryConfiguration {
    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    @Bean(destroyMethod = "close")
    Inventory inventory(
            InventoryStore store,
            List<DeviceFactory> factories,
            NettyLoops loops,
            Clock clock,
            PathCounters counters,
            ExportTraffic traffic,
            RopewalkProperties properties) {
        Inventory inventory = new Inventory(
                store,
                factories,
                loops::next,
                clock::instant,
                counters,
                InventorySettings.DEFAULT.withPolicies(
                        properties.geomDefaults().over(InventorySettings.DEFAULT.policies())));
        inventory.addListener(counters);
        inventory.addListener(traffic);
        return inventory;
    }

    @Bean
    InventoryLife inventoryLife(Inventory inventory, RopewalkProperties properties, ObjectProvider<DemoStage> demo) {
        return new InventoryLife(
                inventory,
                Declared.of(properties, demo.getIfAvailable()),
                properties.scan().scanner(inventory));
    }
}
