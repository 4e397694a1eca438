package io.ropewalk.engine;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs simulated worlds, one a seed. Any thread; worlds share nothing. */
final class Simulation {
    private static final int LAST_LINES = 60;

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

    private final Set<SimWeakness> weaknesses;

    /** @param weaknesses what is taken from the engine */
    Simulation(Set<SimWeakness> weaknesses) {
        this.weaknesses = Set.copyOf(weaknesses);
    }

    Outcome run(long seed) {
        return run(seed, new SimTrace(false));
    }

    private Outcome run(long seed, SimTrace trace) {
        SimWorld world = new SimWorld(seed, weaknesses, trace);
        try {
            world.run();
            return new Outcome(seed, trace.counts(), null);
        } catch (RuntimeException | AssertionError e) {
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
                + "\nReplay it with: ./mvnw -q test -Dtest=EngineSimulationTest -Dsim.seed=" + outcome.seed()
                + "\nThe plan: " + SimPlan.of(new SimRandom(outcome.seed()))
                + "\nThe last of " + story.size() + " lines:\n" + String.join("\n", last);
    }
}
