package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomStats;
import io.ropewalk.engine.LatencyHistogram;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.failover.VerifyingClient.Account;
import io.ropewalk.failover.VerifyingClient.Operation;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault in every mode, on real servers, under a load of all operations whose client verifies all it reads. One of
 * two paths is hit for about a second and heals. Writes what it measured to {@code target/failover-matrix.md}.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverMatrixTest {
    /** Which ones; {@code -Dmatrix.faults=STOPPED,BLACK_HOLE} for a few. */
    private static final String FAULTS = System.getProperty(
            "matrix.faults", Stream.of(Fault.values()).map(Fault::name).collect(Collectors.joining(",")));

    private static final long STORE_BYTES = 8 << 20;
    private static final int WARM_UP = 300;
    private static final Duration FAULT_LASTS = Duration.ofSeconds(1);
    private static final Duration CHECK_EVERY = Duration.ofMillis(200);
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    /** Generous: what users are promised is measured apart, on a machine that does nothing else. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private final MatrixTable table = new MatrixTable();

    static Stream<Arguments> cells() {
        return Arrays.stream(FAULTS.split(","))
                .map(Fault::valueOf)
                .flatMap(fault -> Stream.of(Mode.values()).map(mode -> Arguments.of(fault, mode)));
    }

    @AfterAll
    void writeTable() throws IOException {
        String text = table.text();
        System.out.println(text);
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("failover-matrix.md"), text);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("cells")
    void aFaultOfOnePath_costsTheClientNoErrorAndNoWrongByte(Fault fault, Mode mode) throws Exception {
        Tools.require("nbdkit");
        Path folder = folder();
        Path store = Rig.store(folder, STORE_BYTES);
        Policies policies = Policies.DEFAULT.withAttemptTimeout(fault.attemptTimeout());
        Failures failures = new Failures();
        try (FaultyPath path = new FaultyPath(folder, store, fault.entrance);
                Rig rig = new Rig(folder, mode, policies, CHECK_EVERY, path.servers(), failures)) {
            path.isReportedBy(() -> rig.path(0));
            VerifyingClient client =
                    new VerifyingClient(rig.geom, rig.loops().loops().getLast(), fault.ordinal() * 3L + mode.ordinal());
            client.start();
            awaitAnswers(client, WARM_UP);
            run(new Cell(fault, mode, path, rig, client, store, failures));
        } finally {
            delete(folder);
        }
    }

    private record Cell(
            Fault fault, Mode mode, FaultyPath path, Rig rig, VerifyingClient client, Path store, Failures failures) {}

    private void run(Cell cell) throws Exception {
        cell.client.measure();
        long start = System.nanoTime();
        cell.fault.inject(cell.path);
        awaitTheFault(cell, start);
        PathReport meanwhile = cell.rig.path(0);
        VerifyingClient.Report during = cell.client.report();
        cell.fault.heal(cell.path);
        long lastedNanos = System.nanoTime() - start;

        awaitTheEnd(cell);
        awaitAnswers(cell.client, cell.client.answers() + WARM_UP);
        VerifyingClient.Report report = cell.client.report();
        cell.client.stop().get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        verifyStore(cell);

        table.add(
                cell.fault,
                cell.mode,
                report,
                cell.rig.geom,
                meanwhile,
                cell.client.model().verifiedBytes());
        assertThat(cell.client.model().complaints()).as("wrong bytes").isEmpty();
        assertErrors(cell.fault, report);
        assertTimes(cell, report, lastedNanos);
        assertPaths(cell);
        for (Operation operation : Operation.values()) {
            Account account = during.of(operation);
            boolean refused = cell.fault.mayShow(IoError.Kind.NO_SPACE, operation);
            assertThat(refused ? account.errors().size() : account.done())
                    .as("%s during the fault: %s", operation, account)
                    .isPositive();
        }
    }

    private static void awaitTheFault(Cell cell, long startNanos) {
        Awaitility.await("the fault has lasted and is noticed")
                .atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> System.nanoTime() - startNanos >= FAULT_LASTS.toNanos()
                        && (!cell.fault.makesPathFail()
                                || cell.fault.reasons.contains(cell.rig.path(0).reason())));
    }

    private static void awaitTheEnd(Cell cell) {
        Awaitility.await("the path is back, nothing is fenced")
                .atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> cell.rig.geom.stats().heldWrites() == 0
                        && (cell.fault == Fault.FLAPPING
                                ? cell.rig.path(0).reason() == FailReason.FLAPPING
                                : cell.rig.geom.report().state() == GeomState.OPTIMAL));
    }

    private static void awaitAnswers(VerifyingClient client, long count) {
        Awaitility.await("answers")
                .atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> client.answers() >= count);
    }

    private static void verifyStore(Cell cell) throws IOException {
        var whole = io.netty.buffer.Unpooled.wrappedBuffer(Files.readAllBytes(cell.store));
        cell.client.model().verify(0, (int) (STORE_BYTES / BlockModel.BLOCK_BYTES), whole);
    }

    private static void assertErrors(Fault fault, VerifyingClient.Report report) {
        report.accounts()
                .forEach((operation, account) -> assertThat(account.errors().keySet())
                        .as("errors of %s", operation)
                        .allMatch(kind -> fault.mayShow(kind, operation)));
    }

    /** A change of a fenced range waits until the fault is over, nothing else does. */
    private static void assertTimes(Cell cell, VerifyingClient.Report report, long faultNanos) {
        long bound = cell.fault.attemptTimeout().plus(SLACK).toNanos();
        assertThat(report.longestGapNanos()).as("longest gap").isLessThan(bound);
        assertThat(report.longestNanos(false)).as("longest read or flush").isLessThan(bound);
        assertThat(report.longestNanos(true)).as("longest change").isLessThan(faultNanos + bound);
    }

    private static void assertPaths(Cell cell) {
        GeomStats stats = cell.rig.geom.stats();
        long failovers = stats.failovers().values().stream()
                .mapToLong(LatencyHistogram.Snapshot::count)
                .sum();
        assertThat(stats.unfencedWrites()).as("writes without proof").isZero();
        assertThat(stats.allPathsFailed()).as("requests that no path could do").isZero();
        if (cell.fault.makesPathFail()) {
            assertThat(cell.failures.of("a")).containsAnyElementsOf(cell.fault.reasons);
            // A check that comes first spares requests the failover.
            assertThat(failovers > 0 || cell.failures.of("a").contains(FailReason.CHECKER))
                    .as("failovers counted: %s", stats.failovers())
                    .isTrue();
        } else {
            assertThat(cell.failures.of("a")).isEmpty();
            assertThat(failovers).isZero();
        }
        assertThat(cell.rig.path(1).state()).as("the good path").isNotEqualTo(PathState.FAIL);
    }

    /** In memory where that is possible, so that a busy disk's FLUSH is not taken for a fault. */
    private static Path folder() throws IOException {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "matrix")
                : Files.createTempDirectory("matrix");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Which paths failed, and why. */
    private static final class Failures implements EngineObserver {
        private record Failure(String path, FailReason reason) {}

        private final Queue<Failure> all = new ConcurrentLinkedQueue<>();

        List<FailReason> of(String path) {
            return all.stream()
                    .filter(failure -> failure.path.equals(path))
                    .map(Failure::reason)
                    .toList();
        }

        @Override
        public void onPathFailed(Geom geom, String path, FailReason reason, String detail, @Nullable IoError error) {
            all.add(new Failure(path, reason));
        }
    }
}
