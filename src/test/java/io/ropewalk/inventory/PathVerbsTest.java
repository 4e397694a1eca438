package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.testing.Ask;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PathVerbsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;

    @AfterEach
    void close() {
        fixture.close();
    }

    // ---- add

    @Test
    void t1_anAddedPathIsPassiveAndListedLast() {
        fixture.devices("a", "b", "c");
        fixture.create("disk", "a", "b");

        PathAdded added = inventory.addPath("disk", "c", Terms.NONE);

        assertThat(added.added()).isTrue();
        assertThat(added.path().state()).isEqualTo(PathState.PASSIVE);
        assertThat(inventory.paths("disk")).extracting(PathView::device).containsExactly("a", "b", "c");
        assertThat(inventory.geom("disk").generation()).isEqualTo(2);
        assertThat(inventory.device("c").geom()).isEqualTo("disk");
    }

    @Test
    void aPathThatIsThereIsNotAddedAgain() {
        fixture.devices("a");
        fixture.create("disk", "a");

        assertThat(inventory.addPath("disk", "a", Terms.NONE).added()).isFalse();
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
    }

    @Test
    void r40_aDeviceOfAnotherSizeIsRefusedWithBothNumbers() {
        fixture.devices("a");
        fixture.create("disk", "a");
        fixture.factory.with(uri("b"), SIZE / 2, 512);
        inventory.registerDevice(new DeviceSpec("b", uri("b")), Terms.NONE);

        InventoryException e = assertRefused(Problem.SIZE_MISMATCH, () -> inventory.addPath("disk", "b", Terms.NONE));

        assertThat(e.detail()).contains("524288").contains("1048576");
        assertThat(inventory.paths("disk")).hasSize(1);
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
    }

    @Test
    void r40_aDeviceOfAnotherSectorSizeIsRefusedWithBothNumbers() {
        fixture.devices("a");
        fixture.create("disk", "a");
        fixture.factory.with(uri("b"), SIZE, 4096);
        inventory.registerDevice(new DeviceSpec("b", uri("b")), Terms.NONE);

        InventoryException e =
                assertRefused(Problem.SECTOR_SIZE_MISMATCH, () -> inventory.addPath("disk", "b", Terms.NONE));

        assertThat(e.detail()).contains("4096").contains("512");
    }

    @Test
    void aDeviceThatCanDoLessIsRefusedAndNotStored() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        fixture.factory.device("b").with(Capabilities.NONE);

        InventoryException e =
                assertRefused(Problem.CAPABILITY_MISMATCH, () -> inventory.addPath("disk", "b", Terms.NONE));

        assertThat(e.detail()).contains("WRITE");
        assertThat(fixture.memory().state.geoms().get("disk").devices()).containsExactly("a");
    }

    @Test
    void aPathToNowhereOrOfAnotherGeomIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        fixture.create("other", "b");

        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.addPath("nowhere", "a", Terms.NONE));
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> inventory.addPath("disk", "nowhere", Terms.NONE));
        assertRefused(Problem.DEVICE_IN_USE, () -> inventory.addPath("disk", "b", Terms.NONE));
    }

    @Test
    void aDryRunAddsNothing() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");

        PathAdded added = inventory.addPath("disk", "b", Terms.NONE.withDryRun(true));

        assertThat(added.added()).isTrue();
        assertThat(added.path().state()).isEqualTo(PathState.NEW);
        assertThat(inventory.paths("disk")).hasSize(1);
    }

    // ---- remove

    @Test
    void r46_aRemovedPathIsGoneAndItsDeviceIsFree() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE);

        assertThat(inventory.paths("disk")).extracting(PathView::device).containsExactly("b");
        assertThat(inventory.activePaths("disk")).containsExactly("b");
        assertThat(inventory.device("a").geom()).isNull();
        assertThat(fixture.eventTypes()).contains("path.lost").endsWith("path.removed");
        assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE));
        assertThat(inventory.addPath("disk", "a", Terms.NONE).added()).isTrue();
    }

    @Test
    void theLastPathIsNotRemovedUnlessTheGeomMayGoWithIt() {
        fixture.devices("a");
        fixture.create("disk", "a");

        assertRefused(Problem.LAST_PATH, () -> inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE));
        inventory.removePath("disk", "a", LastPath.DESTROY, Terms.NONE);

        assertThat(inventory.geoms()).isEmpty();
        assertThat(fixture.memory().state.geoms()).isEmpty();
    }

    @Test
    void r31_removeWaitsForWhatIsInFlightAndUntilThenThePathIsLostAndItsDeviceInUse() {
        AtomicReference<Ask> ask = aRequestUnderWayOnA();

        CompletableFuture<Void> remove =
                CompletableFuture.runAsync(() -> inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE));

        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.LOST));
        assertThat(remove).isNotDone();
        assertRefused(Problem.DEVICE_IN_USE, () -> inventory.removeDevice("a", Terms.NONE));
        assertRefused(Problem.DEVICE_IN_USE, () -> inventory.addPath("disk", "a", Terms.NONE));

        fixture.loops.next().execute(() -> fixture.factory.device("a").answerPending());
        eventually(() -> assertThat(remove).isDone());
        assertThat(ask.get().succeeded()).isTrue();
        assertThat(inventory.device("a").geom()).isNull();
    }

    /** Of geom disk over a and b; it is answered when the device is told to. */
    private AtomicReference<Ask> aRequestUnderWayOnA() {
        fixture.devices("a", "b");
        inventory.createGeom(
                GeomSpec.manual(
                        "disk",
                        Mode.ACTIVE_PASSIVE,
                        Policies.DEFAULT.withAttemptTimeout(Duration.ofMinutes(1)),
                        List.of("a", "b")),
                Terms.NONE);
        fixture.factory.device("a").silent(true);
        AtomicReference<Ask> ask = new AtomicReference<>();
        fixture.loops
                .next()
                .execute(() -> ask.set(
                        Ask.read(inventory.runningGeoms().getFirst().geom().open(fixture.loops.next()), 0, 512)));
        eventually(() -> assertThat(inventory.path("disk", "a").inFlight()).isPositive());
        return ask;
    }

    @Test
    void aDryRunRemovesNothing() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE.withDryRun(true));

        assertThat(inventory.paths("disk")).hasSize(2);
    }

    // ---- fail, restore

    @Test
    void t5_aFailedPathSaysWhoAndWhyAndTheOtherTakesOver() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        PathView path = inventory.failPath("disk", "a", "cable swap", Terms.NONE.withActor("ann"));

        assertThat(path.state()).isEqualTo(PathState.FAIL);
        assertThat(path.reason()).isEqualTo(FailReason.OPERATOR);
        assertThat(path.detail()).isEqualTo("cable swap");
        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.DEGRADED);
        assertThat(inventory.activePaths("disk")).containsExactly("b");
        assertThat(inventory.geom("disk").generation()).isEqualTo(2);
        assertThat(fixture.lastEvent("path.failed"))
                .satisfies(event -> assertThat(event.detail())
                        .containsEntry("actor", "ann")
                        .containsEntry("why", "cable swap")
                        .containsEntry("reason", "OPERATOR"));
    }

    @Test
    void failTwiceIsOnce() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        inventory.failPath("disk", "a", null, Terms.NONE);
        inventory.failPath("disk", "a", null, Terms.NONE);

        assertThat(inventory.geom("disk").generation()).isEqualTo(2);
        assertThat(fixture.eventTypes().stream().filter("path.failed"::equals)).hasSize(1);
    }

    @Test
    void q6_noCheckRestoresWhatAnOperatorFailed() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory.failPath("disk", "a", null, Terms.NONE);

        fixture.awaitChecks("disk", "a", 3);

        assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL);
    }

    @Test
    void t9_aRestoredPathComesBackAndTheActiveOneStays() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory.failPath("disk", "a", null, Terms.NONE);

        PathView path = inventory.restorePath("disk", "a", null, Terms.NONE);

        assertThat(path.state()).isEqualTo(PathState.PASSIVE);
        assertThat(inventory.activePaths("disk")).containsExactly("b");
        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(fixture.memory().state.geoms().get("disk").paths()).noneMatch(DesiredPath::isFailedByOperator);
    }

    @Test
    void r45_failingTheOnlyPathSucceedsAndChangesNothingForLong() {
        fixture.devices("a");
        fixture.create("disk", "a");

        PathView path = inventory.failPath("disk", "a", null, Terms.NONE);

        assertThat(path.state()).isEqualTo(PathState.ACTIVE);
        eventually(() -> assertThat(fixture.memory().state.geoms().get("disk").paths())
                .noneMatch(DesiredPath::isFailedByOperator));
    }

    @Test
    void t10_whatAnOperatorFailedServesWhenAllElseFailsAndThatIsRemembered() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory.failPath("disk", "a", null, Terms.NONE);

        inventory.failPath("disk", "b", null, Terms.NONE);

        assertThat(fixture.statesOf("disk")).containsExactly(PathState.ACTIVE, PathState.FAIL);
        eventually(() -> assertThat(fixture.memory().state.geoms().get("disk").paths())
                .extracting(DesiredPath::isFailedByOperator)
                .containsExactly(false, true));
        assertThat(inventory.geom("disk").generation()).isEqualTo(3);
    }

    @Test
    void aReasonThatIsTooLongIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        assertRefused(Problem.INVALID_VALUE, () -> inventory.failPath("disk", "a", "x".repeat(501), Terms.NONE));
    }

    // ---- drain

    @Test
    void aDrainedPathIsOutOfUseAtOnceAndTheVerbAnswersWhenItIsIdle() {
        AtomicReference<Ask> ask = aRequestUnderWayOnA();

        CompletableFuture<PathView> drain = CompletableFuture.supplyAsync(
                () -> inventory.drainPath("disk", "a", "cable swap", false, Terms.NONE.withActor("ann")));

        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL));
        assertThat(inventory.activePaths("disk")).containsExactly("b");
        assertThat(inventory.path("disk", "a").inFlight()).isPositive();
        assertThat(drain).isNotDone();

        fixture.loops.next().execute(() -> fixture.factory.device("a").answerPending());
        eventually(() -> assertThat(drain).isDone());
        assertThat(ask.get().succeeded()).isTrue();
        assertThat(drain.join().inFlight()).isZero();
        assertThat(drain.join().reason()).isEqualTo(FailReason.OPERATOR);
        assertThat(drain.join().detail()).isEqualTo("cable swap");
    }

    @Test
    void q6_noCheckBringsADrainedPathBackAndRestoreDoes() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        assertThat(inventory.drainPath("disk", "a", null, false, Terms.NONE).state())
                .isEqualTo(PathState.FAIL);
        fixture.awaitChecks("disk", "a", 3);
        assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL);
        assertThat(fixture.memory().state.geoms().get("disk").paths())
                .extracting(DesiredPath::isFailedByOperator)
                .containsExactly(true, false);

        inventory.restorePath("disk", "a", null, Terms.NONE);
        assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.PASSIVE);
    }

    @Test
    void aPathThatIsRestoredIsNotWaitedForAnyMore_norSaidToBeDrained() {
        aRequestUnderWayOnA();
        CompletableFuture<PathView> drain =
                CompletableFuture.supplyAsync(() -> inventory.drainPath("disk", "a", null, false, Terms.NONE));
        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL));

        inventory.restorePath("disk", "a", null, Terms.NONE);

        eventually(() -> assertThat(drain).isDone());
        InventoryException e = assertRefused(Problem.PATH_IN_USE, () -> {
            try {
                drain.join();
            } catch (CompletionException refused) {
                throw refused.getCause();
            }
        });
        assertThat(e.resource()).isEqualTo("path disk/a");
        assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.PASSIVE);
        fixture.loops.next().execute(() -> fixture.factory.device("a").answerPending());
    }

    @Test
    @DisplayName(
            "PER_PATH: a path is flushed before it is said to be drained, so nobody sees an error, even if it is removed")
    void aDrainedPathIsFlushed() {
        BlockChannel client = aChangeOnA();

        assertThat(inventory.drainPath("disk", "a", "cable", false, Terms.NONE).state())
                .isEqualTo(PathState.FAIL);
        inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE);

        assertThat(answerTo(() -> Ask.flush(client)).error()).isNull();
    }

    @Test
    @DisplayName("PER_PATH: a path that cannot be flushed stays out, and who drains it hears of what may be lost")
    void aPathThatCannotBeFlushedIsAProblem() {
        BlockChannel client = aChangeOnA();
        fixture.factory.device("a").failWritesWith(Kind.IO);

        InventoryException e =
                assertRefused(Problem.PATH_UNFLUSHED, () -> inventory.drainPath("disk", "a", null, false, Terms.NONE));

        assertThat(e.detail()).contains("\"a\"", "\"disk\"", "512 bytes", "IO from a");
        assertThat(e.resource()).isEqualTo("path disk/a");
        assertThat(fixture.statesOf("disk")).containsExactly(PathState.FAIL, PathState.ACTIVE);
        assertThat(inventory.path("disk", "a").reason()).isEqualTo(FailReason.OPERATOR);
        assertThat(fixture.memory().state.geoms().get("disk").paths().getFirst().isFailedByOperator())
                .isTrue();
        assertThat(answerTo(() -> Ask.flush(client)).kind()).isEqualTo(Kind.IO);
        assertThat(answerTo(() -> Ask.flush(client)).error()).isNull();

        assertRefused(Problem.PATH_UNFLUSHED, () -> inventory.drainPath("disk", "a", null, false, Terms.NONE));
        fixture.factory.device("a").failWritesWith(null);
        inventory.drainPath("disk", "a", null, false, Terms.NONE);
        assertThat(answerTo(() -> Ask.flush(client)).error()).isNull();
    }

    /** Each of the paths of "disk" has a cache of its own, and that of a has something that is not flushed. */
    private BlockChannel aChangeOnA() {
        fixture.devices("a", "b");
        Policies policies = Policies.DEFAULT.withCache(Policies.Cache.PER_PATH);
        inventory.createGeom(GeomSpec.manual("disk", Mode.ACTIVE_PASSIVE, policies, List.of("a", "b")), Terms.NONE);
        BlockChannel channel = inventory.runningGeoms().getFirst().geom().open(fixture.loops.next());
        assertThat(answerTo(() -> Ask.write(channel, 0, new byte[512])).error()).isNull();
        return channel;
    }

    /** What a client on the loop is answered. */
    private Ask answerTo(Supplier<Ask> asking) {
        AtomicReference<Ask> ask = new AtomicReference<>();
        fixture.loops.next().execute(() -> ask.set(asking.get()));
        eventually(() -> assertThat(ask.get()).isNotNull().matches(Ask::isAnswered));
        return ask.get();
    }

    @Test
    void r4_theLastUsablePathIsDrainedByForceOnlyAndTheFailedOnesServe() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory.failPath("disk", "a", null, Terms.NONE);

        assertRefused(Problem.LAST_PATH, () -> inventory.drainPath("disk", "b", null, false, Terms.NONE));
        assertThat(fixture.statesOf("disk")).containsExactly(PathState.FAIL, PathState.ACTIVE);

        inventory.drainPath("disk", "b", null, true, Terms.NONE);
        assertThat(fixture.statesOf("disk")).containsExactly(PathState.ACTIVE, PathState.FAIL);
    }

    @Test
    void r4_aPathThatIsAloneStaysInUseWhateverForce() {
        fixture.devices("a");
        fixture.create("disk", "a");

        InventoryException e =
                assertRefused(Problem.LAST_PATH, () -> inventory.drainPath("disk", "a", null, true, Terms.NONE));

        assertThat(e.correction()).contains("stop the geom");
        assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.ACTIVE);
    }

    @Test
    void aDryRunDrainsNothing() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        inventory.drainPath("disk", "a", null, false, Terms.NONE.withDryRun(true));

        assertThat(fixture.statesOf("disk")).containsExactly(PathState.ACTIVE, PathState.PASSIVE);
    }

    // ---- prefer

    @Test
    void t8_aPreferredPathBecomesActive() {
        fixture.devices("a", "b", "c");
        fixture.create("disk", "a", "b", "c");

        assertThat(inventory.preferPath("disk", "c", null, Terms.NONE).state()).isEqualTo(PathState.ACTIVE);
        assertThat(fixture.statesOf("disk")).containsExactly(PathState.PASSIVE, PathState.PASSIVE, PathState.ACTIVE);
    }

    @Test
    void r41_aFailedPathIsNotPreferred() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory.failPath("disk", "b", null, Terms.NONE);

        InventoryException e =
                assertRefused(Problem.PATH_NOT_USABLE, () -> inventory.preferPath("disk", "b", null, Terms.NONE));

        assertThat(e.detail()).contains("FAIL");
    }

    @Test
    void everyPathVerbNamesWhatItCannotFind() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");

        for (String device : new String[] {"b", "nowhere"}) {
            assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.path("disk", device));
            assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.failPath("disk", device, null, Terms.NONE));
            assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.drainPath("disk", device, null, false, Terms.NONE));
            assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.restorePath("disk", device, null, Terms.NONE));
            assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.preferPath("disk", device, null, Terms.NONE));
        }
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.paths("nowhere"));
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.activePaths("nowhere"));
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.failPath("nowhere", "a", null, Terms.NONE));
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.rotateGeom("nowhere", Terms.NONE));
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.configureGeom("nowhere", now -> now, Terms.NONE));
    }

    // ---- checks

    @Test
    void q8_aPassivePathThatIsDeadIsFoundByItsCheckAndComesBackByAnother() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        fixture.factory.device("b").failWith(Kind.DISCONNECTED);
        eventually(() -> assertThat(fixture.stateOf("disk", "b")).isEqualTo(PathState.FAIL));
        assertThat(inventory.path("disk", "b").reason()).isEqualTo(FailReason.CHECKER);
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);

        fixture.factory.device("b").failWith(null);
        eventually(() -> assertThat(fixture.stateOf("disk", "b")).isEqualTo(PathState.PASSIVE));
        assertThat(fixture.lastEvent("path.restored"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("trigger", "CHECKER"));
    }

    // ---- where paths lead

    @Test
    @DisplayName("T7 physpath: a geom tells where each of its paths leads, and each device which geom it serves")
    void whereThePathsLead() {
        fixture.devices("a", "b", "spare");
        fixture.create("disk", "a", "b");
        inventory.rotateGeom("disk", Terms.NONE);

        assertThat(inventory.paths("disk"))
                .extracting(path -> inventory.device(path.device()).uri())
                .containsExactly(uri("a"), uri("b"));
        assertThat(inventory.device("a").geom()).isEqualTo("disk");
        assertThat(inventory.device("spare").geom()).isNull();
    }
}
