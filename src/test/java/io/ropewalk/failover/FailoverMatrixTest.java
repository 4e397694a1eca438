package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.failover.VerifyingClient.Account;
import io.ropewalk.failover.VerifyingClient.Operation;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault in every mode, on real servers, under a load of all operations whose client verifies all it reads. One of
 * two paths is hit for about a second and heals. Writes what it measured to {@code target/failover-matrix.md}.
 *
 * <p>A build tries every fault in one mode, so that every mode has its share; {@code -Dmatrix.faults=all} tries all in all
 * modes, {@code -Dmatrix.faults=STOPPED,BLACK_HOLE} some.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverMatrixTest {
    /** Empty for every fault once, {@code all}, or some of them by name. */
    private static final String FAULTS = System.getProperty("matrix.faults", "");

    private static final long STORE_BYTES = 8 << 20;
    private static final int WARM_UP = 300;
    private static final Duration FAULT_LASTS = Duration.ofSeconds(1);
    private static final Duration CHECK_EVERY = Duration.ofMillis(200);
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    /** Generous: what users are promised is measured apart, on a machine that does nothing else. */
    private static final Duration SLACK = Duration.ofSeconds(2);

    private final MatrixTable table = new MatrixTable();

    static Stream<Arguments> cells() {
        Mode[] modes = Mode.values();
        if (FAULTS.isEmpty()) {
            return Stream.of(Fault.values()).map(fault -> Arguments.of(fault, modes[fault.ordinal() % modes.length]));
        }
        Stream<Fault> faults = FAULTS.equals("all")
                ? Stream.of(Fault.values())
                : Stream.of(FAULTS.split(",")).map(Fault::valueOf);
        return faults.flatMap(fault -> Stream.of(modes).map(mode -> Arguments.of(fault, mode)));
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
        Policies policies = Policies.DEFAULT.withAttemptTimeout(fault.attemptTimeout());
        try (ScratchFolder scratch = ScratchFolder.named("matrix")) {
            Path store = Rig.store(scratch.path(), STORE_BYTES);
            try (FaultyPath path = new FaultyPath(scratch.path(), store, fault.entrance);
                    Stand stand = new Stand(mode, policies, CHECK_EVERY, path.servers())) {
                path.isReportedBy(() -> stand.path("a").orElseThrow());
                VerifyingClient client = new VerifyingClient(
                        stand.geom, stand.loops().loops().getLast(), fault.ordinal() * 3L + mode.ordinal());
                client.start();
                awaitAnswers(client, WARM_UP);
                run(new Cell(fault, mode, path, stand, client, store));
            }
        }
    }

    private record Cell(Fault fault, Mode mode, FaultyPath path, Stand stand, VerifyingClient client, Path store) {}

    private void run(Cell cell) throws Exception {
        cell.client.measure();
        long start = System.nanoTime();
        cell.fault.inject(cell.path);
        awaitTheFault(cell, start);
        Optional<PathReport> meanwhile = cell.stand.path("a");
        VerifyingClient.Report during = cell.client.report();
        cell.fault.heal(cell.path);
        if (cell.fault == Fault.ANOTHER_DISK) {
            bringBackByHand(cell);
        }
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
                cell.stand,
                meanwhile,
                cell.client.model().verifiedBytes());
        assertThat(cell.client.model().complaints()).as("wrong bytes").isEmpty();
        assertErrors(cell.fault, report);
        assertTimes(cell, report, lastedNanos);
        CellEnd.of(cell.fault, cell.mode, cell.stand).assertAll(report);
        assertThat(cell.client.model().verifiedBytes()).as("bytes verified").isGreaterThan(STORE_BYTES);
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
                        && (!cell.fault.makesPathFail() || CellEnd.hasFailed(cell.fault, cell.stand)));
    }

    /** While it was another disk, it was taken for that again; now that it is not, the operator may say so. */
    private static void bringBackByHand(Cell cell) throws Exception {
        assertThat(cell.stand.path("a").orElseThrow().reason()).isEqualTo(FailReason.IDENTITY);
        cell.stand.geom.restore("a", RestoreTrigger.OPERATOR);
    }

    private static void awaitTheEnd(Cell cell) {
        Awaitility.await("the path is back, nothing is fenced")
                .atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> cell.stand.geom.stats().heldWrites() == 0
                        && (cell.fault == Fault.FLAPPING
                                ? cell.stand.path("a").orElseThrow().reason() == FailReason.FLAPPING
                                : cell.stand.geom.report().state() == GeomState.OPTIMAL));
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
}
