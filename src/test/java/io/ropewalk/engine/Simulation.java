package io.ropewalk.engine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Runs simulated worlds, one a seed. Any thread; worlds share nothing. */
final class Simulation {
    private static final int LAST_LINES = 60;
    private static final int FAILURES_KEPT = 10;

    /**
     * How one world went.
     *
     * @param failure what was seen that must not be; null when all was well
     */
    record Outcome(
            long seed,
            Map<SimHappening, Long> counts,
            @Nullable Throwable failure) {
        boolean isFailure() {
            return failure != null;
        }
    }

    /** How many worlds went; the first failures in order of their seeds. */
    static final class Summary {
        private long worlds;
        private long failed;
        private final Map<SimHappening, Long> counts = new EnumMap<>(SimHappening.class);
        private final List<Outcome> failures = new ArrayList<>();

        private void add(Outcome outcome) {
            worlds++;
            outcome.counts().forEach((what, count) -> counts.merge(what, count, Long::sum));
            if (outcome.isFailure()) {
                failed++;
                keep(outcome);
            }
        }

        private void add(Summary other) {
            worlds += other.worlds;
            failed += other.failed;
            other.counts.forEach((what, count) -> counts.merge(what, count, Long::sum));
            other.failures.forEach(this::keep);
        }

        private void keep(Outcome failure) {
            if (failures.size() < FAILURES_KEPT) {
                failures.add(failure);
            }
        }

        Map<SimHappening, Long> counts() {
            return counts;
        }

        List<Outcome> failures() {
            return failures;
        }

        @Override
        public String toString() {
            return worlds + " worlds, " + failed + " failed: " + counts;
        }
    }

    private final Set<SimWeakness> weaknesses;

    /** @param weaknesses what is taken from the engine */
    Simulation(Set<SimWeakness> weaknesses) {
        this.weaknesses = Set.copyOf(weaknesses);
    }

    /** The worlds of {@code count} seeds from {@code first} on, on as many threads as there are. */
    Summary run(long first, long count) {
        return LongStream.range(first, first + count)
                .parallel()
                .mapToObj(this::run)
                .collect(Summary::new, Summary::add, Summary::add);
    }

    Outcome run(long seed) {
        return run(seed, new SimTrace(false));
    }

    private Outcome run(long seed, SimTrace trace) {
        SimWorld world = new SimWorld(seed, weaknesses, trace);
        try {
            world.run();
            return new Outcome(seed, trace.counts(), null);
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            world.tell(() -> "FAILED: " + e);
            return new Outcome(seed, trace.counts(), e);
        }
    }

    /** Everything that happens in the world of {@code seed}; the same each time. */
    List<String> story(long seed) {
        SimTrace trace = new SimTrace(true);
        run(seed, trace);
        return trace.lines();
    }

    /** What to tell of a world that failed: the error, how to see it again, how it came to it. */
    String explain(Outcome outcome) {
        List<String> story = story(outcome.seed());
        List<String> last = story.subList(Math.max(0, story.size() - LAST_LINES), story.size());
        return "Seed " + outcome.seed() + " failed: " + outcome.failure()
                + "\nReplay it with: ./mvnw test -Dtest=EngineSimulationTest -Dsim.seed=" + outcome.seed()
                + "\nThe plan: " + SimPlan.of(new SimRandom(outcome.seed()))
                + "\nThe last of " + story.size() + " lines:\n" + String.join("\n", last);
    }
}
