package io.ropewalk.engine;

import java.util.List;
import java.util.SplittableRandom;

/** Where a simulated world takes every decision from: the same seed, the same world. */
final class SimRandom {
    private final SplittableRandom source;

    SimRandom(long seed) {
        this(new SplittableRandom(seed));
    }

    private SimRandom(SplittableRandom source) {
        this.source = source;
    }

    /** A source of its own for one part of the world, so that parts do not disturb each other. */
    SimRandom split() {
        return new SimRandom(source.split());
    }

    boolean chance(double probability) {
        return source.nextDouble() < probability;
    }

    /** 0 to {@code bound} - 1. */
    int below(int bound) {
        return source.nextInt(bound);
    }

    /** Both ends included. */
    int between(int least, int most) {
        return source.nextInt(least, most + 1);
    }

    /** Both ends included. */
    long between(long least, long most) {
        return source.nextLong(least, most + 1);
    }

    long any() {
        return source.nextLong();
    }

    @SafeVarargs
    final <T> T pick(T... choices) {
        return choices[below(choices.length)];
    }

    <T> T pick(List<T> choices) {
        return choices.get(below(choices.size()));
    }
}
