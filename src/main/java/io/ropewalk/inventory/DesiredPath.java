package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/**
 * A path that should exist.
 *
 * @param failedWhy set while an operator wants it failed: the reason that was given, may be empty
 */
public record DesiredPath(String device, @Nullable String failedWhy) {
    public DesiredPath(String device) {
        this(device, null);
    }

    public boolean isFailedByOperator() {
        return failedWhy != null;
    }
}
