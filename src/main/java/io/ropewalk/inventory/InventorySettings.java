package io.ropewalk.inventory;

import io.ropewalk.engine.Policies;
import java.time.Duration;

/**
 * Bounds and rhythms.
 *
 * @param policies of a geom for which nothing else was asked
 * @param verbTimeout how long a caller waits for its verb, and then for what is in flight on a removed path
 * @param checkInterval between two checks of one path, give or take a fifth
 * @param retryFirst until a device that does not open is tried again; doubles with each time, give or take a fifth
 * @param retryMost the longest such pause
 * @param startWait how long the start waits for devices to open before geoms come up without them
 * @param eventCapacity how many events are kept
 * @param labelTimeout for each single read or write of a label
 */
public record InventorySettings(
        Policies policies,
        Duration verbTimeout,
        Duration checkInterval,
        Duration retryFirst,
        Duration retryMost,
        Duration startWait,
        int eventCapacity,
        Duration labelTimeout) {
    private static final Duration LABEL_TIMEOUT = Duration.ofSeconds(5);

    public static final InventorySettings DEFAULT = new InventorySettings(
            Policies.DEFAULT,
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            Duration.ofSeconds(20),
            Duration.ofSeconds(3),
            10_000);

    /** With the usual time for labels. */
    public InventorySettings(
            Policies policies,
            Duration verbTimeout,
            Duration checkInterval,
            Duration retryFirst,
            Duration retryMost,
            Duration startWait,
            int eventCapacity) {
        this(policies, verbTimeout, checkInterval, retryFirst, retryMost, startWait, eventCapacity, LABEL_TIMEOUT);
    }

    public InventorySettings withPolicies(Policies newPolicies) {
        return new InventorySettings(
                newPolicies, verbTimeout, checkInterval, retryFirst, retryMost, startWait, eventCapacity, labelTimeout);
    }
}
