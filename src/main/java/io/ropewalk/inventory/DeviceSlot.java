package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What there is of a desired device.
 *
 * @param device null while it does not open
 * @param detail why it does not open; null while it is open
 * @param since when it came into this condition
 */
record DeviceSlot(
        DesiredDevice desired,
        @Nullable BlockDevice device,
        @Nullable String detail,
        Instant since) {
    static final String NOT_TRIED = "it was not tried yet";

    static DeviceSlot open(DesiredDevice desired, BlockDevice device, Instant since) {
        return new DeviceSlot(desired, device, null, since);
    }

    static DeviceSlot unreachable(DesiredDevice desired, String why, Instant since) {
        return new DeviceSlot(desired, null, why, since);
    }

    String name() {
        return desired.name();
    }

    String why() {
        return detail == null ? NOT_TRIED : detail;
    }
}
