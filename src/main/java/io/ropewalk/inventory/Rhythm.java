package io.ropewalk.inventory;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Pauses that differ by chance, so that what began together does not stay together. On the topology thread only. */
final class Rhythm {
    private static final double SPREAD = 0.2;
    private static final int MOST_DOUBLINGS = 30;

    private final RandomGenerator random;

    Rhythm(RandomGenerator random) {
        this.random = random;
    }

    /** From nothing to {@code pause}. */
    Duration upTo(Duration pause) {
        return Duration.ofNanos((long) (pause.toNanos() * random.nextDouble()));
    }

    /** {@code pause}, give or take a fifth. */
    Duration about(Duration pause) {
        double factor = 1 - SPREAD + 2 * SPREAD * random.nextDouble();
        return Duration.ofNanos((long) (pause.toNanos() * factor));
    }

    /** Twice {@code pause}, at most {@code most}. */
    static Duration longer(Duration pause, Duration most) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(most) < 0 ? twice : most;
    }

    /** The pause after the {@code failures}th failure in a row, from 1: doubles from {@code first} to {@code most}. */
    Duration backOff(Duration first, Duration most, int failures) {
        int doublings = Math.clamp(failures - 1, 0, MOST_DOUBLINGS);
        double nanos = Math.min((double) most.toNanos(), Math.scalb((double) first.toNanos(), doublings));
        return about(Duration.ofNanos((long) nanos));
    }
}
