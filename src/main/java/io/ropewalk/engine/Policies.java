package io.ropewalk.engine;

import java.time.Duration;

/**
 * What an operator may tune per geom.
 *
 * @param attemptTimeout how long one attempt on one path may take before the path is FAIL TIMEOUT; 10 ms to 10 minutes
 * @param restore whether a failed path that passes its checks is restored by itself
 */
public record Policies(Duration attemptTimeout, Restore restore) {

    /** Whether checkers restore. */
    public enum Restore {
        /** A failed path that passes its checks is used again, unless an operator failed it. */
        AUTO,
        /** Only an operator restores, as the original. */
        MANUAL
    }

    public static final Policies DEFAULT = new Policies(Duration.ofSeconds(2), Restore.AUTO);

    public Policies {
        if (attemptTimeout.compareTo(Duration.ofMillis(10)) < 0
                || attemptTimeout.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("attemptTimeout must be 10 ms to 10 minutes, not " + attemptTimeout);
        }
    }
}
