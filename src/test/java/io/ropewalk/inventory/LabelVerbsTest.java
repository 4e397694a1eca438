package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.Settlement;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelMode;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.net.NettyLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Labelled geoms: the verbs that write labels, or that a label decides. */
class LabelVerbsTest {
    private static final byte[] BLANK = new byte[512];
    private static final Terms DRY = Terms.NONE.withDryRun(true);

    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;
    private final MemoryDisk disk = new MemoryDisk(SIZE);
    private final MemoryDisk other = new MemoryDisk(SIZE);

    @AfterEach
    void close() {
        fixture.close();
    }

    private static Label labelOn(MemoryDisk disk) {
        return ((Decoded) LabelCodec.decode(disk.lastSector())).label();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    // ---- create

    @Test
    @DisplayName("R20, U1: a label over several paths is on their one disk, and the geom shows all but that sector")
    void aLabelledGeomHasALabelOnItsDiskAndShowsAllButThatSector() {
        fixture.paths(disk, "a", "b");

        GeomView view = fixture.label("disk1", "a", "b");

        assertThat(view.type()).isEqualTo(GeomType.AUTOMATIC);
        assertThat(view.state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(view.sizeBytes()).isEqualTo(SIZE - 512);
        assertThat(view.activePaths()).containsExactly("a");
        Label label = labelOn(disk);
        assertThat(label)
                .isEqualTo(new Label("disk1", String.valueOf(view.uuid()), 512, SIZE, LabelMode.ACTIVE_PASSIVE));
        assertThat(disk.lastSector()).isEqualTo(LabelCodec.encode(label));
        assertThat(inventory.label("b"))
                .isEqualTo(new LabelView("disk1", label.uuid(), 1, 512, SIZE, Mode.ACTIVE_PASSIVE));
        assertThat(fixture.memory().state.geoms().get("disk1").uuid()).isEqualTo(view.uuid());
        assertThat(fixture.eventTypes()).containsSubsequence("geom.created", "path.added", "label.written");
    }

    @Test
    @DisplayName("A label whose write was given up has landed, or never will, before the next change of labels")
    void aLabelThatWasGivenUpDoesNotComeBack() throws Exception {
        fixture.paths(disk, "a", "b");
        Settlement lost = new Settlement();
        fixture.factory.device("a").loseWrites(lost);
        fixture.label("disk1", "a", "b");
        byte[] label = disk.lastSector();

        CompletableFuture<Void> destroyed =
                CompletableFuture.runAsync(() -> inventory.destroyGeom("disk1", true, Terms.NONE));
        assertThat(destroyed).failsWithin(Duration.ofMillis(500)).withThrowableOfType(TimeoutException.class);
        disk.write(SIZE - 512, label);
        lost.settle();

        destroyed.get(10, TimeUnit.SECONDS);
        assertThat(disk.lastSector()).isEqualTo(BLANK);
    }

    @Test
    @DisplayName("A geom is destroyed when the zeros that were given up on a path cannot land on other data any more")
    void aDestroyedGeomLeavesTheDiskAlone() throws Exception {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        Settlement lost = new Settlement();
        fixture.factory.device("a").loseWrites(lost);

        CompletableFuture<Void> destroyed =
                CompletableFuture.runAsync(() -> inventory.destroyGeom("disk1", true, Terms.NONE));
        eventually(() -> assertThat(disk.lastSector()).isEqualTo(BLANK));
        assertThat(destroyed).failsWithin(Duration.ofMillis(500)).withThrowableOfType(TimeoutException.class);
        lost.settle();
        destroyed.get(10, TimeUnit.SECONDS);
    }

    @Test
    void twoGeomsHaveDifferentUuids() {
        fixture.paths(disk, "a").paths(other, "b");

        assertThat(fixture.label("one", "a").uuid())
                .isNotEqualTo(fixture.label("two", "b").uuid());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sixteen-letters-", "-a", "a/b"})
    void q19_aNameThatDoesNotFitIntoALabelIsRefused(String name) {
        fixture.paths(disk, "a");

        assertRefused(Problem.INVALID_NAME, () -> fixture.label(name, "a"));
        assertThat(disk.lastSector()).isEqualTo(BLANK);
    }

    @Test
    void q29_aDeviceThatLeadsToAnotherDiskIsNamedAndTheLabelIsTakenBack() {
        fixture.paths(disk, "a", "b").paths(other, "stranger");

        InventoryException e =
                assertRefused(Problem.LABEL_MISMATCH, () -> fixture.label("disk1", "a", "stranger", "b"));

        assertThat(e.detail()).contains("\"stranger\" does not show the label").contains("taken back");
        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(other.lastSector()).isEqualTo(BLANK);
        assertThat(inventory.geoms()).isEmpty();
        assertThat(fixture.memory().state.geoms()).isEmpty();
        assertThat(fixture.label("disk1", "a", "b").state()).isEqualTo(GeomState.OPTIMAL);
    }

    @Test
    void q29_whatIsNotOursIsLabelledOverOnlyWithForce() {
        disk.write(SIZE - 512, text("EFI PART"));
        fixture.paths(disk, "a");

        InventoryException e = assertRefused(Problem.FOREIGN_DATA, () -> fixture.label("disk1", "a"));
        assertThat(e.detail()).contains("a GPT backup header");
        assertThat(disk.lastSector()).startsWith(text("EFI PART"));
        assertThat(inventory.geoms()).isEmpty();

        GeomView view = inventory.createGeom(fixture.labelled("disk1", "a"), true, Terms.NONE);
        assertThat(labelOn(disk).uuid()).isEqualTo(view.uuid());
    }

    @Test
    void aDryRunSaysWhatWouldHappenAndWritesNothing() {
        fixture.paths(disk, "a", "b").paths(other, "stranger");

        assertThat(inventory
                        .createGeom(fixture.labelled("disk1", "a", "b"), DRY)
                        .sizeBytes())
                .isEqualTo(SIZE - 512);
        other.write(SIZE - 512, text("x"));
        assertRefused(Problem.FOREIGN_DATA, () -> inventory.createGeom(fixture.labelled("d", "stranger"), DRY));

        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(inventory.geoms()).isEmpty();
        assertThat(inventory.device("a").geom()).isNull();
        assertThat(fixture.memory().state.geoms()).isEmpty();
    }

    @Test
    void aDeviceThatTakesNoWriteIsPassedOver() {
        fixture.paths(disk, "a", "b");
        fixture.factory.device("a").failWritesWith(Kind.IO);

        assertThat(fixture.label("disk1", "a", "b").state()).isEqualTo(GeomState.OPTIMAL);

        fixture.paths(other, "c");
        fixture.factory.device("c").failWritesWith(Kind.IO);
        assertRefused(Problem.LABEL_NOT_WRITTEN, () -> fixture.label("disk2", "c"));
        assertThat(inventory.geoms()).extracting(GeomView::name).containsExactly("disk1");
    }

    @Test
    void devicesThatDifferAreRefusedBeforeAnythingIsWritten() {
        fixture.paths(disk, "a").paths(new MemoryDisk(2 * SIZE), "large");
        fixture.factory.with(uri("coarse"), other, 4096);
        inventory.registerDevice(new DeviceSpec("coarse", uri("coarse")), Terms.NONE);
        fixture.paths(new MemoryDisk(512), "tiny");

        assertRefused(Problem.SIZE_MISMATCH, () -> fixture.label("disk1", "a", "large"));
        assertRefused(Problem.SECTOR_SIZE_MISMATCH, () -> fixture.label("disk1", "a", "coarse"));
        assertRefused(Problem.UNSUITABLE_DEVICE, () -> fixture.label("disk1", "tiny"));
        assertRefused(Problem.PATH_EXISTS, () -> fixture.label("disk1", "a", "a"));
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> fixture.label("disk1", "a", "nobody"));
        assertThat(disk.lastSector()).isEqualTo(BLANK);
    }

    @Test
    void aGeomThatCannotBeStoredLeavesNoLabel() {
        fixture.paths(disk, "a");
        fixture.memory().failing = true;

        assertRefused(Problem.STORE_FAILED, () -> fixture.label("disk1", "a"));

        fixture.memory().failing = false;
        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(fixture.label("disk1", "a").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void whileADiskIsLabelledItsDevicesAndTheNameAreTakenAndOtherVerbsGoOn() throws Exception {
        fixture.paths(disk, "a").paths(other, "b", "c");
        fixture.create("plain", "b");
        MemoryDevice slow = fixture.factory.device("a");
        slow.silent(true);
        CountDownLatch labelled = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> {
            fixture.label("disk1", "a");
            labelled.countDown();
        });
        eventually(() -> assertRefused(Problem.DEVICE_IN_USE, () -> inventory.removeDevice("a", Terms.NONE)));

        assertRefused(Problem.DEVICE_IN_USE, () -> fixture.create("mine", "a"));
        assertRefused(Problem.GEOM_EXISTS, () -> fixture.create("disk1", "c"));
        assertRefused(Problem.DEVICE_IN_USE, () -> inventory.addPath("plain", "a", Terms.NONE));
        inventory.addPath("plain", "c", Terms.NONE);

        onLoop(slow::answerPending);
        labelled.await();
        assertThat(inventory.device("a").geom()).isEqualTo("disk1");
    }

    private void onLoop(Runnable task) {
        NettyLoop loop = fixture.loops.next();
        loop.execute(task);
    }

    // ---- restart

    @Test
    @DisplayName("R51: the end of the service ends geoms and erases nothing; they come back by wish and label")
    void aRestartBringsALabelledGeomBackByTheDesiredStateAndItsLabel() {
        fixture.paths(disk, "a", "b");
        GeomView before = fixture.label("disk1", "a", "b");

        fixture.restart();

        assertThat(fixture.inventory.geom("disk1"))
                .usingRecursiveComparison()
                .ignoringFields("paths.since")
                .isEqualTo(before);
        assertThat(fixture.eventTypes()).doesNotContain("label.refused", "geom.broken");
    }

    @Test
    void aPathThatShowsAnotherDiskAfterARestartStaysOutUntilItIsTheRightOneAgain() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        fixture.factory.with(uri("b"), other, 512);

        fixture.restart();

        PathView path = fixture.inventory.path("disk1", "b");
        assertThat(path.reason()).isEqualTo(FailReason.IDENTITY);
        assertThat(path.detail()).isEqualTo("it holds no label");
        assertThat(fixture.inventory.geom("disk1").state()).isEqualTo(GeomState.DEGRADED);
        assertThat(fixture.lastEvent("label.refused")).isNotNull();

        other.write(SIZE - 512, disk.lastSector());
        eventually(() -> assertThat(fixture.stateOf("disk1", "b")).isEqualTo(PathState.PASSIVE));
    }

    @Test
    void swappedDisksAreEachRefusedByTheOthersGeom() {
        fixture.paths(disk, "a", "b").paths(other, "c", "d");
        fixture.label("one", "a", "b");
        fixture.label("two", "c", "d");
        fixture.factory.with(uri("b"), other, 512).with(uri("c"), disk, 512);

        fixture.restart();

        assertThat(fixture.inventory.path("one", "b").detail()).contains("the label of two");
        assertThat(fixture.inventory.path("two", "c").detail()).contains("the label of one");
        assertThat(fixture.inventory.activePaths("one")).containsExactly("a");
        assertThat(fixture.inventory.activePaths("two")).containsExactly("d");
    }

    @Test
    void aConfigureThatWasCutOffBehindTheLabelCountsAfterARestart() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        disk.write(SIZE - 512, LabelCodec.encode(labelOn(disk).withMode(LabelMode.ACTIVE_READ)));

        fixture.restart();

        assertThat(fixture.inventory.geom("disk1").mode()).isEqualTo(Mode.ACTIVE_READ);
        assertThat(fixture.memory().state.geoms().get("disk1").mode()).isEqualTo(Mode.ACTIVE_READ);
    }

    // ---- add

    @Test
    void r40_aPathIsAddedWhenItShowsTheLabelAndNothingIsWritten() {
        fixture.paths(disk, "a", "b", "c").paths(other, "stranger");
        fixture.label("disk1", "a", "b");
        byte[] label = disk.lastSector();

        PathAdded added = inventory.addPath("disk1", "c", Terms.NONE);
        InventoryException e =
                assertRefused(Problem.LABEL_MISMATCH, () -> inventory.addPath("disk1", "stranger", Terms.NONE));

        assertThat(added.added()).isTrue();
        assertThat(added.path().state()).isEqualTo(PathState.PASSIVE);
        assertThat(inventory.addPath("disk1", "c", Terms.NONE).added()).isFalse();
        assertThat(e.detail()).contains("stranger").contains("it holds no label");
        assertThat(disk.lastSector()).isEqualTo(label);
        assertThat(other.lastSector()).isEqualTo(BLANK);
        assertThat(inventory.geom("disk1").generation()).isEqualTo(2);
    }

    @Test
    void r40_aPathOfALabelledGeomHasTheSizeOfTheDiskNotOfTheExport() {
        fixture.paths(disk, "a").paths(new MemoryDisk(SIZE - 512), "small");
        fixture.label("disk1", "a");

        InventoryException e =
                assertRefused(Problem.SIZE_MISMATCH, () -> inventory.addPath("disk1", "small", Terms.NONE));

        assertThat(e.detail()).contains("1048064").contains("1048576");
    }

    @Test
    void aPathWhoseLabelCannotBeReadIsRefused() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a");
        fixture.factory.device("b").failWith(Kind.IO);

        assertRefused(Problem.LABEL_MISMATCH, () -> inventory.addPath("disk1", "b", Terms.NONE));
        assertRefused(Problem.LABEL_MISMATCH, () -> inventory.addPath("disk1", "b", DRY));
    }

    // ---- configure

    private GeomView configure(Mode mode) {
        return inventory.configureGeom("disk1", now -> new GeomSettings(mode, now.policies()), Terms.NONE);
    }

    @Test
    @DisplayName("R43, U8: configure writes the mode to the label")
    void r43_configureWritesTheModeToTheLabel() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");

        assertThat(configure(Mode.ACTIVE_ACTIVE).mode()).isEqualTo(Mode.ACTIVE_ACTIVE);

        assertThat(labelOn(disk).mode()).isEqualTo(LabelMode.ACTIVE_ACTIVE);
        assertThat(inventory.activePaths("disk1")).containsExactly("b", "a");
    }

    @Test
    void q24_configureTriesEveryPathAndChangesNothingWhenNoneTakesTheLabel() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        fixture.factory.device("a").failWritesWith(Kind.IO);

        configure(Mode.ACTIVE_READ);
        assertThat(labelOn(disk).mode()).isEqualTo(LabelMode.ACTIVE_READ);

        fixture.factory.device("b").failWritesWith(Kind.IO);
        InventoryException e = assertRefused(Problem.LABEL_NOT_WRITTEN, () -> configure(Mode.ACTIVE_ACTIVE));
        assertThat(e.detail()).contains("\"a\" could not be written").contains("\"b\" could not be written");
        assertThat(inventory.geom("disk1").mode()).isEqualTo(Mode.ACTIVE_READ);
        assertThat(inventory.geom("disk1").generation()).isEqualTo(2);
    }

    @Test
    void aModeThatCannotBeStoredIsTakenBackFromTheLabel() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.memory().failing = true;

        assertRefused(Problem.STORE_FAILED, () -> configure(Mode.ACTIVE_READ));

        fixture.memory().failing = false;
        assertThat(labelOn(disk).mode()).isEqualTo(LabelMode.ACTIVE_PASSIVE);
        assertThat(inventory.geom("disk1").mode()).isEqualTo(Mode.ACTIVE_PASSIVE);
    }

    @Test
    void policiesAloneDoNotTouchTheLabel() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.factory.device("a").failWritesWith(Kind.IO);

        GeomView view = inventory.configureGeom(
                "disk1", now -> new GeomSettings(now.mode(), now.policies().withFailback(Duration.ZERO)), Terms.NONE);

        assertThat(view.generation()).isEqualTo(2);
        assertRefused(
                Problem.STALE_ETAG,
                () -> inventory.configureGeom("disk1", now -> now, Terms.NONE.withIfGeneration(1L)));
    }

    // ---- stop and destroy

    @Test
    void r47_stopLeavesTheLabelAndR48_destroyErasesIt() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        byte[] label = disk.lastSector();

        inventory.stopGeom("disk1", Terms.NONE);
        assertThat(disk.lastSector()).isEqualTo(label);

        inventory.destroyGeom("disk1", false, Terms.NONE);
        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(fixture.memory().state.geoms()).isEmpty();
        assertThat(fixture.eventTypes()).containsSubsequence("geom.stopped", "label.erased", "geom.destroyed");
    }

    @Test
    void r48_destroyErasesTheLabelOfAGeomThatRuns() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        fixture.factory.device("a").failWritesWith(Kind.IO);

        inventory.destroyGeom("disk1", false, DRY);
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        inventory.destroyGeom("disk1", false, Terms.NONE);

        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(inventory.geoms()).isEmpty();
        assertThat(fixture.memory().state.geoms()).isEmpty();
        assertThat(inventory.device("a").geom()).isNull();
    }

    @Test
    void q25_aLabelThatIsNotOursIsNotErased() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        disk.write(SIZE - 512, text("somebody's data"));

        inventory.destroyGeom("disk1", false, Terms.NONE);

        assertThat(disk.lastSector()).startsWith(text("somebody's data"));
        assertThat(inventory.geoms()).isEmpty();
    }

    @Test
    void q25_aLabelThatCannotBeErasedKeepsTheGeomUnlessForced() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.factory.device("a").failWritesWith(Kind.IO);

        assertRefused(Problem.LABEL_NOT_WRITTEN, () -> inventory.destroyGeom("disk1", false, Terms.NONE));
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.DEGRADED);
        assertThat(fixture.memory().state.geoms().get("disk1").stopped()).isFalse();

        inventory.destroyGeom("disk1", true, Terms.NONE);
        assertThat(inventory.geoms()).isEmpty();
        assertThat(labelOn(disk).name()).isEqualTo("disk1");
        assertThat(fixture.eventTypes()).contains("label.left");

        assertThat(inventory.rescan(Terms.NONE))
                .extracting(TasteView::outcome)
                .containsExactly(TasteView.Outcome.REFUSED);
        assertThat(inventory.geoms()).isEmpty();
        assertThat(inventory.tasteDevice("a", Terms.NONE).outcome()).isEqualTo(TasteView.Outcome.GEOM_CREATED);
    }

    @Test
    void aDestroyThatTheStoreDoesNotTakeChangesNothing() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.memory().failing = true;

        assertRefused(Problem.STORE_FAILED, () -> inventory.destroyGeom("disk1", false, Terms.NONE));

        fixture.memory().failing = false;
        assertThat(labelOn(disk).name()).isEqualTo("disk1");
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void aDestroyThatWasCutOffLeavesAStoppedGeomAndCanBeAskedForAgain() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        inventory.close();
        DesiredState stored = fixture.memory().state;
        fixture.memory().state = stored.mapGeom("disk1", geom -> geom.withStopped(true));

        fixture.restart();
        assertThat(fixture.inventory.geoms()).isEmpty();
        fixture.inventory.destroyGeom("disk1", false, Terms.NONE);
        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(fixture.memory().state.geoms()).isEmpty();

        fixture.inventory.close();
        fixture.memory().state = stored.mapGeom("disk1", geom -> geom.withStopped(true));
        fixture.restart();
        fixture.inventory.destroyGeom("disk1", false, Terms.NONE);
        assertThat(fixture.memory().state.geoms()).isEmpty();
    }

    @Test
    void destroyOfAStoppedGeomWhoseDevicesAreAwayNeedsForce() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        inventory.stopGeom("disk1", Terms.NONE);
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(inventory.device("a").state()).isEqualTo(DeviceState.UNREACHABLE));

        assertRefused(Problem.LABEL_NOT_WRITTEN, () -> inventory.destroyGeom("disk1", false, Terms.NONE));
        inventory.destroyGeom("disk1", true, Terms.NONE);

        fixture.factory.with(uri("a"), disk, 512);
        eventually(() -> assertThat(fixture.lastEvent("label.refused")).isNotNull());
        assertThat(inventory.geoms()).isEmpty();
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.destroyGeom("disk1", true, Terms.NONE));
    }

    @Test
    void destroyOfAStoppedGeomNeedsForceWhileADeviceIsAwayThatMayHaveItsLabel() {
        fixture.paths(disk, "a").paths(disk, "b");
        fixture.label("disk1", "a", "b");
        inventory.stopGeom("disk1", Terms.NONE);
        fixture.factory.without(uri("a")).device("a").vanish();
        fixture.factory.with(uri("b"), other, 512).device("b").vanish();
        eventually(() -> assertThat(inventory.device("a").state()).isEqualTo(DeviceState.UNREACHABLE));
        eventually(() -> assertThat(inventory.device("b").state()).isEqualTo(DeviceState.OPEN));

        assertRefused(Problem.LABEL_NOT_WRITTEN, () -> inventory.destroyGeom("disk1", false, Terms.NONE));
        inventory.destroyGeom("disk1", true, Terms.NONE);

        fixture.factory.with(uri("a"), disk, 512);
        eventually(() -> assertThat(fixture.lastEvent("label.refused")).isNotNull());
        assertThat(inventory.geoms()).isEmpty();
    }

    @Test
    @DisplayName(
            "A destroy that is refused leaves the label: zeros that were given up have landed before, or never will")
    void aDestroyThatIsRefusedLeavesTheLabel() throws Exception {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        Settlement lost = new Settlement();
        fixture.factory.device("a").loseWrites(lost);

        CompletableFuture<Void> destroyed =
                CompletableFuture.runAsync(() -> inventory.destroyGeom("disk1", false, Terms.NONE));
        assertThat(destroyed).failsWithin(Duration.ofMillis(500)).withThrowableOfType(TimeoutException.class);
        disk.write(SIZE - 512, BLANK);
        fixture.factory.device("a").loseWrites(null);
        lost.settle();

        destroyed.get(20, TimeUnit.SECONDS);
        assertThat(inventory.geoms()).isEmpty();
    }

    @Test
    void r46_removingTheLastPathLeavesTheLabel() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");

        inventory.removePath("disk1", "a", LastPath.DESTROY, Terms.NONE);

        assertThat(inventory.geoms()).isEmpty();
        assertThat(labelOn(disk).name()).isEqualTo("disk1");
        assertThat(inventory.rescan(Terms.NONE))
                .extracting(TasteView::outcome)
                .containsExactly(TasteView.Outcome.REFUSED);
    }

    // ---- clear, label

    @Test
    @DisplayName("U9: clear erases a label that nobody uses")
    void clearErasesALabelThatNobodyUses() {
        fixture.paths(disk, "a", "b");
        assertRefused(Problem.NO_LABEL, () -> inventory.label("a"));
        assertRefused(Problem.NO_LABEL, () -> inventory.clearLabel("a", Terms.NONE));
        fixture.label("disk1", "a");

        assertRefused(Problem.DEVICE_IN_USE, () -> inventory.clearLabel("a", Terms.NONE));
        assertRefused(Problem.DEVICE_IN_USE, () -> inventory.clearLabel("b", Terms.NONE));
        inventory.stopGeom("disk1", Terms.NONE);
        inventory.clearLabel("b", DRY);
        assertThat(labelOn(disk).name()).isEqualTo("disk1");
        inventory.clearLabel("b", Terms.NONE);

        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertRefused(Problem.NO_LABEL, () -> inventory.label("b"));
    }

    @Test
    void clearErasesADamagedLabelButNothingElse() {
        disk.write(SIZE - 512, text("GEOM::MULTIPATH\0garbage"));
        other.write(SIZE - 512, text("EFI PART"));
        fixture.paths(disk, "a").paths(other, "b");

        assertThat(assertRefused(Problem.NO_LABEL, () -> inventory.label("a")).detail())
                .contains("version");
        inventory.clearLabel("a", Terms.NONE);
        assertRefused(Problem.NO_LABEL, () -> inventory.clearLabel("b", Terms.NONE));

        assertThat(disk.lastSector()).isEqualTo(BLANK);
        assertThat(other.lastSector()).startsWith(text("EFI PART"));
    }

    @Test
    void aLabelThatCannotBeReadIsNoAnswerAboutIt() {
        fixture.paths(disk, "a");
        fixture.factory.device("a").failWith(Kind.IO);

        assertRefused(Problem.DEVICE_UNREACHABLE, () -> inventory.label("a"));
        assertRefused(Problem.DEVICE_UNREACHABLE, () -> inventory.clearLabel("a", Terms.NONE));
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> inventory.label("nobody"));
    }

    // ---- declared

    @Test
    void aDeclaredLabelledGeomIsLabelledOnceAndStaysAsItIs() {
        fixture.factory.with(uri("a"), disk, 512).with(uri("b"), disk, 512);
        List<DeviceSpec> devices = List.of(new DeviceSpec("a", uri("a")), new DeviceSpec("b", uri("b")));

        inventory.declare(devices, List.of(fixture.labelled("disk1", "a", "b")));
        byte[] label = disk.lastSector();
        inventory.declare(devices, List.of(fixture.labelled("disk1", "a", "b")));

        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(disk.lastSector()).isEqualTo(label);
    }

    @Test
    void aDeclaredLabelledGeomWaitsForItsFirstDeviceAndTakesTheOthersWhenTheyCome() {
        fixture.factory.with(uri("a"), disk, 512).without(uri("a"));
        List<DeviceSpec> devices = List.of(new DeviceSpec("a", uri("a")), new DeviceSpec("b", uri("b")));
        inventory.declare(devices, List.of(fixture.labelled("disk1", "a", "b")));
        assertThat(inventory.geoms()).isEmpty();

        fixture.factory.with(uri("b"), disk, 512);
        eventually(() ->
                assertThat(inventory.geoms()).extracting(GeomView::activePaths).containsExactly(List.of("b")));
        fixture.factory.with(uri("a"), disk, 512);

        eventually(() -> assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(inventory.paths("disk1")).extracting(PathView::device).containsExactly("a", "b");
    }

    // ---- a store that hangs, and others at work meanwhile

    private InventoryFixture impatient() {
        InventoryFixture impatient = new InventoryFixture();
        impatient.settings = new InventorySettings(
                InventoryFixture.QUICK.policies(),
                Duration.ofMillis(300),
                InventoryFixture.QUICK.checkInterval(),
                InventoryFixture.QUICK.retryFirst(),
                InventoryFixture.QUICK.retryMost(),
                InventoryFixture.QUICK.startWait(),
                InventoryFixture.QUICK.eventCapacity());
        return impatient.restart();
    }

    @Test
    void aLabelIsNotTakenBackWhileItsGeomMayStillComeToBe() {
        try (InventoryFixture impatient = impatient()) {
            impatient.paths(disk, "a", "b");
            CountDownLatch gate = new CountDownLatch(1);
            impatient.memory().gate = gate;

            InventoryException e = assertRefused(Problem.BUSY, () -> impatient.label("disk1", "a", "b"));
            impatient.memory().gate = null;
            gate.countDown();

            assertThat(e.isUndecided()).isTrue();
            eventually(
                    () -> assertThat(impatient.inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
            assertThat(labelOn(disk).uuid())
                    .isEqualTo(impatient.inventory.geom("disk1").uuid());
        }
    }

    @Test
    @DisplayName("A geom whose destruction was given up before it began is not stored as stopped")
    void aGeomThatIsNotDestroyedAfterAllIsThereAfterARestart() {
        try (InventoryFixture impatient = impatient()) {
            impatient.paths(disk, "a", "b");
            impatient.label("disk1", "a", "b");
            int saves = impatient.memory().saves;
            CountDownLatch gate = new CountDownLatch(1);
            impatient.memory().gate = gate;

            assertRefused(Problem.BUSY, () -> impatient.inventory.destroyGeom("disk1", false, Terms.NONE));
            impatient.memory().gate = null;
            gate.countDown();

            eventually(() -> assertThat(impatient.memory().saves).isEqualTo(saves + 2));
            eventually(() -> assertThat(
                            impatient.memory().state.geoms().get("disk1").stopped())
                    .isFalse());
            impatient.restart();
            eventually(
                    () -> assertThat(impatient.inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        }
    }

    @Test
    @DisplayName("A mode that was refused because its label's write was given up is not on the disk when that lands")
    void aModeThatWasRefusedDoesNotComeWithTheNextStart() throws Exception {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        Label before = labelOn(disk);
        Settlement lost = new Settlement();
        fixture.factory.device("a").loseWrites(lost);

        CompletableFuture<Void> refused = CompletableFuture.runAsync(() -> assertRefused(
                Problem.LABEL_NOT_WRITTEN,
                () -> inventory.configureGeom(
                        "disk1", now -> new GeomSettings(Mode.ACTIVE_READ, now.policies()), Terms.NONE)));
        assertThat(refused).failsWithin(Duration.ofMillis(500)).withThrowableOfType(TimeoutException.class);
        disk.write(SIZE - 512, LabelCodec.encode(new Label("disk1", before.uuid(), 512, SIZE, LabelMode.ACTIVE_READ)));
        fixture.factory.device("a").loseWrites(null);
        lost.settle();

        refused.get(10, TimeUnit.SECONDS);
        assertThat(labelOn(disk)).isEqualTo(before);
    }

    @Test
    void aModeIsNotTakenBackFromTheLabelWhileTheGeomMayStillGetIt() {
        try (InventoryFixture impatient = impatient()) {
            impatient.paths(disk, "a", "b");
            impatient.label("disk1", "a", "b");
            CountDownLatch gate = new CountDownLatch(1);
            impatient.memory().gate = gate;

            assertRefused(
                    Problem.BUSY,
                    () -> impatient.inventory.configureGeom(
                            "disk1", now -> new GeomSettings(Mode.ACTIVE_READ, now.policies()), Terms.NONE));
            impatient.memory().gate = null;
            gate.countDown();

            eventually(
                    () -> assertThat(impatient.inventory.geom("disk1").mode()).isEqualTo(Mode.ACTIVE_READ));
            assertThat(labelOn(disk).mode()).isEqualTo(LabelMode.ACTIVE_READ);
        }
    }

    @Test
    void aChangeOfAGeomThatIsBeingDestroyedDoesNotBringItBackAfterACrash() throws Exception {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        fixture.factory.device("a").silent(true);
        fixture.factory.device("b").silent(true);
        Thread destroyer = Thread.ofVirtual().start(() -> inventory.destroyGeom("disk1", true, Terms.NONE));
        eventually(() -> assertThat(fixture.memory().state.geoms().get("disk1").stopped())
                .isTrue());

        assertRefused(Problem.STOPPING, () -> inventory.failPath("disk1", "b", null, Terms.NONE));
        assertRefused(Problem.STOPPING, () -> inventory.removePath("disk1", "b", LastPath.REFUSE, Terms.NONE));

        assertThat(fixture.memory().state.geoms().get("disk1").stopped())
                .as("what a start finds when the label may be erased")
                .isTrue();
        for (String device : List.of("a", "b")) {
            fixture.loops.next().execute(() -> fixture.factory.device(device).answerPending());
        }
        assertThat(destroyer.join(Duration.ofSeconds(60))).isTrue();
        assertThat(inventory.geoms()).isEmpty();
        assertThat(fixture.memory().state.geoms()).isEmpty();
    }
}
