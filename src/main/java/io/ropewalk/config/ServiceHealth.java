package io.ropewalk.config;

import java.util.function.BooleanSupplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** UP when clients can be served: the inventory is up and the NBD server listens. Says nothing of their disks. */
final class ServiceHealth implements HealthIndicator {
    private final BooleanSupplier inventory;
    private final BooleanSupplier nbd;

    ServiceHealth(BooleanSupplier inventory, BooleanSupplier nbd) {
        this.inventory = inventory;
        this.nbd = nbd;
    }

    @Override
    public Health health() {
        boolean up = inventory.getAsBoolean() && nbd.getAsBoolean();
        return (up ? Health.up() : Health.outOfService())
                .withDetail("inventory", inventory.getAsBoolean())
                .withDetail("nbd", nbd.getAsBoolean())
                .build();
    }
}
