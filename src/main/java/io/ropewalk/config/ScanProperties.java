package io.ropewalk.config;

import io.ropewalk.inventory.DeviceScanner;
import io.ropewalk.inventory.Inventory;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which local files and disks become devices by themselves when they appear, and depart when they vanish.
 *
 * @param patterns absolute paths with wildcards in their segments, as /dev/disk/by-id/*; none by default, and then nothing
 *     is looked for
 * @param allow patterns of which a found file must match one; all that is found by default
 * @param interval between two looks; 100 ms to 1 hour
 */
record ScanProperties(
        @DefaultValue List<String> patterns,
        @DefaultValue List<String> allow,
        @DefaultValue("5s") Duration interval) {
    private static final Duration LEAST_INTERVAL = Duration.ofMillis(100);
    private static final Duration MOST_INTERVAL = Duration.ofHours(1);

    ScanProperties {
        // Said while binding, so that the start tells which property it is.
        DeviceScanner.requirePatterns(patterns);
        DeviceScanner.requirePatterns(allow);
        if (interval.compareTo(LEAST_INTERVAL) < 0 || interval.compareTo(MOST_INTERVAL) > 0) {
            throw new IllegalArgumentException("interval must be " + LEAST_INTERVAL + " to " + MOST_INTERVAL);
        }
        if (patterns.isEmpty() && !allow.isEmpty()) {
            throw new IllegalArgumentException("allow without patterns finds nothing");
        }
    }

    /** Null when nothing is to be looked for. */
    @Nullable DeviceScanner scanner(Inventory inventory) {
        return patterns.isEmpty() ? null : new DeviceScanner(inventory, patterns, allow, interval);
    }
}
