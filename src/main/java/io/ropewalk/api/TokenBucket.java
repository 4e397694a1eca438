package io.ropewalk.api;

import java.util.concurrent.TimeUnit;

/**
 * So many a second in the long run, and so many at once. Kept as one number, the time at which it will be full again,
 * so that it needs no filling. Not thread-safe.
 */
final class TokenBucket {
    private final long nanosEach;
    private final long nanosAll;
    private long fullAt;

    /**
     * A full one.
     *
     * @param perSecond 1 or more
     * @param atOnce 1 or more
     */
    TokenBucket(int perSecond, int atOnce, long nowNanos) {
        this.nanosEach = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.nanosAll = nanosEach * atOnce;
        this.fullAt = nowNanos;
    }

    /** Takes one; 0 when there was one, else for how many nanoseconds there will be none. */
    long take(long nowNanos) {
        long start = Math.max(fullAt - nowNanos, 0);
        long wait = start + nanosEach - nanosAll;
        if (wait > 0) {
            return wait;
        }
        fullAt = nowNanos + start + nanosEach;
        return 0;
    }

    /** Puts one back. */
    void giveBack() {
        fullAt -= nanosEach;
    }

    /** Whether nothing was taken of late. */
    boolean isFull(long nowNanos) {
        return fullAt - nowNanos <= 0;
    }
}
