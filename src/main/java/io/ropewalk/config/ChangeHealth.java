package io.ropewalk.config;

import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * DOWN when the last change of what should exist could not be stored, as when the data folder is full: the database alone
 * answers questions well even then. For people, never a reason to restart: I/O goes on.
 */
final class ChangeHealth implements HealthIndicator {
    private final Supplier<Optional<Instant>> unstoredSince;

    /** @param unstoredSince since when no change could be stored; empty when the last one was */
    ChangeHealth(Supplier<Optional<Instant>> unstoredSince) {
        this.unstoredSince = unstoredSince;
    }

    @Override
    public Health health() {
        return unstoredSince
                .get()
                .map(
                        since -> Health.down()
                                .withDetail("since", since)
                                .withDetail(
                                        "message",
                                        "Changes cannot be stored; the log says why. This ends with the next one that is stored."))
                .orElseGet(Health::up)
                .build();
    }
}
