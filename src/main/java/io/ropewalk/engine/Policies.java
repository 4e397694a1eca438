package io.ropewalk.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may tune per geom. Immutable; change one thing with the {@code with} methods.
 *
 * @param attemptTimeout how long one attempt on one path may take before the path is FAIL TIMEOUT; 10 ms to 10 minutes
 * @param quiesce how long changes wait for proof that an earlier one of the same range, lost with its path, can no longer
 *     land; then they go ahead without it. 0 to 1 hour, 0 for not at all (and no change is sent twice, for that takes a fence)
 * @param cache where acknowledged writes rest until they are flushed
 * @param restore whether a failed path that passes its checks is restored by itself
 * @param failback how long the preferred path must have been well before it becomes the active one again by itself; zero
 *     for at once, null for never, as the original
 * @param hedgeAfter how long a READ may take before it is sent to a second path as well; null for only when its path says
 *     nothing while others answer
 * @param noPath what happens to requests while no path is usable
 */
public record Policies(
        Duration attemptTimeout,
        Duration quiesce,
        Cache cache,
        Restore restore,
        @Nullable Duration failback,
        @Nullable Duration hedgeAfter,
        NoPath noPath) {

    /** Whether checkers restore. */
    public enum Restore {
        /** A failed path that passes its checks is used again, unless an operator failed it. */
        AUTO,
        /** Only an operator restores, as the original. */
        MANUAL
    }

    /** Where acknowledged writes rest until they are flushed. */
    public enum Cache {
        /** The paths lead to one disk with one cache: a FLUSH through any of them covers all. What multipath means. */
        SHARED,
        /** Each path's server has a volatile cache of its own: a path lost with unflushed writes may have lost them. */
        PER_PATH
    }

    /**
     * Requests that find no usable path wait for one, within these bounds; beyond, they fail at once.
     *
     * @param queueFor how long one waits; zero for not at all, as the original
     * @param maxRequests how many wait at most
     * @param maxBytes how many bytes of writes wait at most
     */
    public record NoPath(Duration queueFor, int maxRequests, long maxBytes) {
        public static final NoPath FAIL = new NoPath(Duration.ZERO, 10_000, 256L << 20);

        public NoPath {
            require(queueFor, Duration.ZERO, Duration.ofHours(24), "noPath.queueFor");
            if (maxRequests < 0 || maxBytes < 0) {
                throw new IllegalArgumentException("noPath.maxRequests and noPath.maxBytes must not be negative");
            }
        }
    }

    public static final Policies DEFAULT = new Policies(
            Duration.ofSeconds(2), Duration.ofSeconds(30), Cache.SHARED, Restore.AUTO, null, null, NoPath.FAIL);

    public Policies {
        require(attemptTimeout, Duration.ofMillis(10), Duration.ofMinutes(10), "attemptTimeout");
        require(quiesce, Duration.ZERO, Duration.ofHours(1), "quiesce");
        if (failback != null) {
            require(failback, Duration.ZERO, Duration.ofHours(24), "failback");
        }
        if (hedgeAfter != null) {
            require(hedgeAfter, Duration.ofMillis(1), Duration.ofMinutes(1), "hedgeAfter");
        }
    }

    public Policies withAttemptTimeout(Duration value) {
        return new Policies(value, quiesce, cache, restore, failback, hedgeAfter, noPath);
    }

    public Policies withQuiesce(Duration value) {
        return new Policies(attemptTimeout, value, cache, restore, failback, hedgeAfter, noPath);
    }

    public Policies withCache(Cache value) {
        return new Policies(attemptTimeout, quiesce, value, restore, failback, hedgeAfter, noPath);
    }

    public Policies withRestore(Restore value) {
        return new Policies(attemptTimeout, quiesce, cache, value, failback, hedgeAfter, noPath);
    }

    public Policies withFailback(@Nullable Duration value) {
        return new Policies(attemptTimeout, quiesce, cache, restore, value, hedgeAfter, noPath);
    }

    public Policies withHedgeAfter(@Nullable Duration value) {
        return new Policies(attemptTimeout, quiesce, cache, restore, failback, value, noPath);
    }

    public Policies withNoPath(NoPath value) {
        return new Policies(attemptTimeout, quiesce, cache, restore, failback, hedgeAfter, value);
    }

    private static void require(Duration value, Duration least, Duration most, String what) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(what + " must be " + least + " to " + most + ", not " + value);
        }
    }
}
