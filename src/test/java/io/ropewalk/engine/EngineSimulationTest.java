package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ropewalk.engine.Simulation.Outcome;
import io.ropewalk.engine.Simulation.Summary;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the engine in thousands of simulated worlds ({@link SimWorld}, which states the fault budget and what is checked)
 * and shows that the checkers would notice.
 *
 * <ul>
 *   <li>{@code -Dsim.seeds=1000000} runs that many worlds, {@code -Dsim.first=…} from that seed on.
 *   <li>{@code -Dsim.seed=S} tells the whole story of one world.
 * </ul>
 */
class EngineSimulationTest {
    private static final long SEEDS = Long.getLong("sim.seeds", 60_000);
    private static final long FIRST = Long.getLong("sim.first", 1);
    private static final Long REPLAYED = Long.getLong("sim.seed");

    /** The weakest of the demonstrations needs 1,200. */
    private static final long SEEDS_TO_FIND_A_WEAKNESS = 5_000;

    /** So many worlds see everything there is to see. */
    private static final long SEEDS_TO_SEE_ALL = 1_000;

    private final Simulation simulation = new Simulation(Set.of());

    @Test
    @DisplayName("In no world does the engine lose, mix up, forget or leak anything")
    void noWorldFails() {
        assumeTrue(REPLAYED == null, "one seed is replayed");
        Summary summary = simulation.run(FIRST, SEEDS);
        System.out.println("Simulated " + summary);
        assertThat(summary.failures()).as(() -> explain(summary)).isEmpty();
        if (SEEDS >= SEEDS_TO_SEE_ALL) {
            assertThat(summary.counts()).containsOnlyKeys(SimHappening.values());
            assertThat(summary.counts().values()).allMatch(count -> count > 0);
        }
    }

    private String explain(Summary summary) {
        return "Seeds that failed: "
                + summary.failures().stream().map(Outcome::seed).toList() + "\n"
                + simulation.explain(summary.failures().getFirst());
    }

    @Test
    @DisplayName("One seed is replayed with everything that happens in its world")
    void replay() {
        assumeTrue(REPLAYED != null, "-Dsim.seed is not given");
        System.out.println(SimPlan.of(new SimRandom(REPLAYED)));
        simulation.story(REPLAYED).forEach(System.out::println);
        Outcome outcome = simulation.run(REPLAYED);
        assertThat(outcome.failure()).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 42, 1_000_003})
    void theSameSeedIsTheSameWorld(long seed) {
        assertThat(simulation.story(seed)).hasSizeGreaterThan(50).isEqualTo(simulation.story(seed));
    }

    @ParameterizedTest
    @EnumSource(SimWeakness.class)
    @DisplayName("An engine without one of its protections is found out, and found well with it")
    void aWeakEngineIsFoundOut(SimWeakness weakness) {
        assumeTrue(REPLAYED == null, "one seed is replayed");
        Simulation weak = new Simulation(EnumSet.of(weakness));
        Outcome found = LongStream.range(0, SEEDS_TO_FIND_A_WEAKNESS)
                .mapToObj(weak::run)
                .filter(Outcome::isFailure)
                .findFirst()
                .orElseThrow(() -> new AssertionError(weakness + " was not found"));
        System.out.println(weakness + " is found by seed " + found.seed() + ": " + found.failure());
        assertThat(found.failure())
                .isInstanceOf(SimViolation.class)
                .hasMessageMatching(".*(" + tellTale(weakness) + ").*");
        assertThat(simulation.run(found.seed()).failure()).isNull();
    }

    private static String tellTale(SimWeakness weakness) {
        return Map.of(
                        SimWeakness.NO_FENCE, "read",
                        SimWeakness.NO_FENCE_BESIDE_HEDGE, "read",
                        SimWeakness.NO_FENCE_BEHIND_CLIENT, "read",
                        SimWeakness.NO_EPOCH, "is in use since",
                        SimWeakness.NO_FLUSH_FAN_OUT, "read|debt|was lost",
                        SimWeakness.NO_SESSION_END, "was lost with cache|debt",
                        SimWeakness.NO_LOOK, "read|durable|debt")
                .get(weakness);
    }
}
