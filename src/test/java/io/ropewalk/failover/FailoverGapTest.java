package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How long a client gets no answer at all when the path that serves it dies or falls silent: Active/Passive, the active
 * path is hit, again and again. {@code -Dgap.faults=100} for how often, {@code -Dgap.attemptTimeoutMillis=2000} for the
 * deadline of silent paths, {@code -Dgap.strict=true} to hold it to what is promised on a machine that does nothing else.
 * Writes what it measured to {@code target/failover-gaps.md}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverGapTest {
    private static final int FAULTS = Integer.getInteger("gap.faults", 4);
    private static final Duration ATTEMPT_TIMEOUT =
            Duration.ofMillis(Integer.getInteger("gap.attemptTimeoutMillis", 300));

    /** What is promised over that of a dead path, and over the attempt's deadline of a silent one. */
    private static final Duration PROMISE = Duration.ofMillis(100);

    /** What a busy machine is granted instead. */
    private static final Duration SLACK = Boolean.getBoolean("gap.strict") ? PROMISE : Duration.ofSeconds(2);

    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int WARM_UP = 100;

    private final StringBuilder table = new StringBuilder(
            "| fault | attemptTimeout ms | faults | gap ms p50 | p99 | max | longest read or flush ms p50 | p99 | max |\n"
                    + "|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");

    /** What the faults of one kind cost, in nanoseconds. */
    private record Costs(List<Long> gaps, List<Long> slowest) {
        static long percentile(List<Long> values, int percent) {
            List<Long> sorted = values.stream().sorted().toList();
            return sorted.get((sorted.size() * percent + 99) / 100 - 1);
        }
    }

    @AfterAll
    void writeTable() throws IOException {
        System.out.println(table);
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("failover-gaps.md"), table);
    }

    @ParameterizedTest
    @EnumSource(names = {"REFUSED", "RESET", "KILLED"})
    void aDeadPathCostsNoLongGap(Fault fault) throws Exception {
        Costs costs = measure(fault, Policies.DEFAULT);

        assertThat(Duration.ofNanos(Costs.percentile(costs.gaps, 99))).isLessThanOrEqualTo(SLACK);
    }

    @ParameterizedTest
    @EnumSource(names = {"STOPPED", "BLACK_HOLE"})
    void aSilentPathCostsTheDeadlineOfAnAttempt(Fault fault) throws Exception {
        Costs costs = measure(fault, Policies.DEFAULT.withAttemptTimeout(ATTEMPT_TIMEOUT));

        assertThat(Duration.ofNanos(Costs.percentile(costs.gaps, 100)))
                .isLessThanOrEqualTo(ATTEMPT_TIMEOUT.plus(SLACK));
    }

    private Costs measure(Fault fault, Policies policies) throws Exception {
        Tools.require("nbdkit");
        Costs costs = new Costs(new ArrayList<>(), new ArrayList<>());
        try (ScratchFolder scratch = ScratchFolder.named("gap")) {
            Path store = Rig.store(scratch.path(), 8 << 20);
            try (FaultyPath path = new FaultyPath(scratch.path(), store, fault.entrance);
                    Rig rig = new Rig(
                            scratch.path(), Mode.ACTIVE_PASSIVE, policies, Duration.ofMillis(100), path.servers())) {
                VerifyingClient client =
                        new VerifyingClient(rig.geom, rig.loops().loops().getLast(), fault.ordinal());
                client.start();
                for (int i = 0; i < FAULTS; i++) {
                    hit(fault, path, rig, client, costs);
                }
                client.stop().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
                assertThat(client.model().complaints()).as("wrong bytes").isEmpty();
            }
        }
        add(fault, policies, costs);
        return costs;
    }

    private static void hit(Fault fault, FaultyPath path, Rig rig, VerifyingClient client, Costs costs)
            throws Exception {
        rig.geom.prefer("a");
        awaitAnswers(client, WARM_UP);
        client.measure();
        fault.inject(path);
        await("path a fails", () -> rig.path(0).state() == PathState.FAIL);
        awaitAnswers(client, WARM_UP);
        VerifyingClient.Report report = client.report();
        fault.heal(path);
        await("path a is back, nothing is held", () -> isWell(rig));
        costs.gaps.add(report.longestGapNanos());
        costs.slowest.add(report.longestNanos(false));
        assertThat(report.accounts().values())
                .as("errors")
                .allSatisfy(account -> assertThat(account.errors()).isEmpty());
    }

    /** So many failures in a row are flapping; here it is an operator who vouches for the path. */
    private static boolean isWell(Rig rig) throws Exception {
        PathReport path = rig.path(0);
        if (path.reason() == FailReason.FLAPPING) {
            rig.geom.restore(path.device(), RestoreTrigger.OPERATOR);
        }
        return rig.geom.report().state() == GeomState.OPTIMAL
                && rig.geom.stats().heldWrites() == 0;
    }

    private static void awaitAnswers(VerifyingClient client, int more) {
        long enough = client.answers() + more;
        await("answers", () -> client.answers() >= enough);
    }

    private static void await(String what, java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    private void add(Fault fault, Policies policies, Costs costs) {
        table.append(String.format(
                Locale.ROOT,
                "| %s | %d | %d |%s%s%n",
                fault.title,
                policies.attemptTimeout().toMillis(),
                costs.gaps.size(),
                cells(costs.gaps),
                cells(costs.slowest)));
    }

    private static String cells(List<Long> nanos) {
        return String.format(
                Locale.ROOT,
                " %.1f | %.1f | %.1f |",
                Costs.percentile(nanos, 50) / 1e6,
                Costs.percentile(nanos, 99) / 1e6,
                Costs.percentile(nanos, 100) / 1e6);
    }
}
