package io.ropewalk.config;

import io.ropewalk.inventory.Inventory;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Health: of the service, and apart from it that of what it serves and of changes to it. */
@Configuration(proxyBeanMethods = false)
class HealthConfiguration {
    @Bean
    HealthIndicator service(InventoryLife inventory, NbdLife nbd) {
        return new ServiceHealth(inventory::isRunning, nbd::isRunning);
    }

    @Bean
    HealthIndicator geoms(Inventory inventory) {
        return new StorageHealth(inventory);
    }

    @Bean
    HealthIndicator changes(Inventory inventory) {
        return new ChangeHealth(inventory::unstoredSince);
    }
}
