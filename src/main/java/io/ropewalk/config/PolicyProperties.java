package io.ropewalk.config;

import io.ropewalk.api.Failback;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.engine.Policies.NoPath;
import io.ropewalk.engine.Policies.Restore;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.convert.DurationStyle;

/**
 * Policies of a geom; what is left out takes its default. Durations as 2s, 500ms or PT2S.
 *
 * @param attemptTimeout how long one attempt on one path may take before the path is FAIL TIMEOUT; 10 ms to 10 minutes;
 *     2s by default
 * @param quiesce how long changes wait for proof that an earlier one of the same range, lost with its path, can no longer
 *     land; 0 to 1 hour; 30s by default
 * @param cache where acknowledged writes rest until they are flushed: SHARED by all paths, or PER_PATH; SHARED by default
 * @param restore whether a failed path that passes its checks is restored by itself, AUTO or MANUAL; AUTO by default
 * @param failback when a preferred path that is well again becomes the active one: MANUAL, IMMEDIATE or AFTER(duration);
 *     MANUAL by default
 * @param hedgeAfter how long a READ may take before it is sent to a second path as well; by
 *     default only when its path says nothing while others answer
 * @param noPath what happens to requests while no path is usable
 */
record PolicyProperties(
        @Nullable Duration attemptTimeout,
        @Nullable Duration quiesce,
        @Nullable Cache cache,
        @Nullable Restore restore,
        @Nullable String failback,
        @Nullable Duration hedgeAfter,
        @NestedConfigurationProperty @Nullable NoPathProperties noPath) {

    PolicyProperties {
        // Said while binding, so that the start tells which property it is.
        over(Policies.DEFAULT, attemptTimeout, quiesce, cache, restore, failback, hedgeAfter, noPath);
    }

    /**
     * What happens to requests while no path is usable.
     *
     * @param queueFor how long one waits for a path; 0 to 24 hours; 0 by default, which is not at all
     * @param maxRequests how many wait at most; 10000 by default
     * @param maxBytes how many bytes of writes wait at most; 268435456 by default
     */
    record NoPathProperties(
            @Nullable Duration queueFor,
            @Nullable Integer maxRequests,
            @Nullable Long maxBytes) {
        private NoPath over(NoPath defaults) {
            return new NoPath(
                    Objects.requireNonNullElse(queueFor, defaults.queueFor()),
                    Objects.requireNonNullElse(maxRequests, defaults.maxRequests()),
                    Objects.requireNonNullElse(maxBytes, defaults.maxBytes()));
        }
    }

    /** These, and {@code defaults} for what is left out. */
    Policies over(Policies defaults) {
        return over(defaults, attemptTimeout, quiesce, cache, restore, failback, hedgeAfter, noPath);
    }

    private static Policies over(
            Policies defaults,
            @Nullable Duration attemptTimeout,
            @Nullable Duration quiesce,
            @Nullable Cache cache,
            @Nullable Restore restore,
            @Nullable String failback,
            @Nullable Duration hedgeAfter,
            @Nullable NoPathProperties noPath) {
        return new Policies(
                Objects.requireNonNullElse(attemptTimeout, defaults.attemptTimeout()),
                Objects.requireNonNullElse(quiesce, defaults.quiesce()),
                Objects.requireNonNullElse(cache, defaults.cache()),
                Objects.requireNonNullElse(restore, defaults.restore()),
                failback == null ? defaults.failback() : Failback.read(failback, DurationStyle::detectAndParse),
                hedgeAfter == null ? defaults.hedgeAfter() : hedgeAfter,
                noPath == null ? defaults.noPath() : noPath.over(defaults.noPath()));
    }
}
