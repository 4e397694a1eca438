package io.ropewalk.nbd;

import java.util.function.DoubleSupplier;

/**
 * After a failure no new connection is tried for a while: the minimum, doubled with each further failure up to the
 * maximum, less a random part of up to one half so that many clients do not come back as one. Times are monotonic
 * nanoseconds. One thread.
 */
final class NbdClientBackoff {
    private final long minimumNanos;
    private final long maximumNanos;
    private final DoubleSupplier random;
    private long windowNanos;
    private long openNanos;

    /** @param random from 0 to less than 1 */
    NbdClientBackoff(NbdClientOptions options, DoubleSupplier random) {
        this.minimumNanos = options.backoffMinimum().toNanos();
        this.maximumNanos = options.backoffMaximum().toNanos();
        this.random = random;
    }

    /** A connection could not be had, or ended without having been of use. */
    void failed(long nowNanos) {
        windowNanos = windowNanos == 0 ? minimumNanos : Math.min(maximumNanos, Math.max(windowNanos, windowNanos * 2));
        openNanos = nowNanos + windowNanos - (long) (random.getAsDouble() * windowNanos / 2);
    }

    /** All is well, or somebody knows better. */
    void reset() {
        windowNanos = 0;
    }

    /** How long to go until a connection may be tried; 0 when it may be now. */
    long remainingNanos(long nowNanos) {
        return windowNanos == 0 ? 0 : Math.max(0, openNanos - nowNanos);
    }
}
