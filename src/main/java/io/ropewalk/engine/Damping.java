package io.ropewalk.engine;

import java.time.Duration;
import java.time.Instant;

/**
 * How often a path failed lately: each failure adds 1, and what is there halves every minute. Above the limit the path
 * flaps: checks do not restore it until it has decayed to half the limit. However often it failed, that takes no more
 * than two minutes: an outage of all paths, where each request tries them again, must not cost redundancy for long
 * afterwards. Immutable.
 *
 * @param penalty as of {@code at}
 */
record Damping(double penalty, Instant at) {
    private static final double HALF_LIFE_SECONDS = 60;
    private static final double LIMIT = 6;
    private static final double CALM = LIMIT / 2;
    private static final double WORST = CALM * 4;

    static final Damping NONE = new Damping(0, Instant.EPOCH);

    Damping failedAt(Instant now) {
        return new Damping(Math.min(penaltyAt(now) + 1, WORST), now);
    }

    /** Whether a path that comes up to this now counts as flapping. */
    boolean isAboveLimit(Instant now) {
        return penaltyAt(now) > LIMIT;
    }

    /** Whether a path that was flapping still is. */
    boolean isRestless(Instant now) {
        return penaltyAt(now) > CALM;
    }

    /** How long until a flapping path has calmed down, if it does not fail again. */
    Duration untilCalm(Instant now) {
        double halvings = Math.log(penaltyAt(now) / CALM) / Math.log(2);
        return Duration.ofSeconds(Math.max(0, Math.round(halvings * HALF_LIFE_SECONDS)));
    }

    private double penaltyAt(Instant now) {
        double seconds = Duration.between(at, now).toMillis() / 1000.0;
        return penalty * Math.pow(0.5, Math.max(0, seconds) / HALF_LIFE_SECONDS);
    }
}
