package io.ropewalk.api;

import java.time.Duration;

/**
 * How long one request may take to arrive, header and body each.
 *
 * @param limit more than 0
 */
public record RequestTime(Duration limit) {
    /** Whether what began at {@code sinceNanos} takes too long. */
    boolean isOver(long sinceNanos) {
        return System.nanoTime() - sinceNanos > limit.toNanos();
    }
}
