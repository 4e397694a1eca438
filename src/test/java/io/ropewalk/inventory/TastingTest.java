package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.inventory.TasteView.Outcome;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelMode;
import io.ropewalk.label.LabelReading.Decoded;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R25 to R30: devices that say by their label whose they are. */
class TastingTest {
    private static final Terms DRY = Terms.NONE.withDryRun(true);

    private final InventoryFixture fixture = new InventoryFixture().start();
    private final MemoryDisk disk = new MemoryDisk(SIZE);
    private final MemoryDisk other = new MemoryDisk(SIZE);

    @AfterEach
    void close() {
        fixture.close();
    }

    private Inventory inventory() {
        return fixture.inventory;
    }

    private static Label putLabel(MemoryDisk disk, String name, long uuid) {
        Label label = new Label(name, new UUID(7, uuid).toString(), 512, disk.size(), LabelMode.ACTIVE_READ);
        disk.write(disk.size() - 512, LabelCodec.encode(label));
        return label;
    }

    private TasteView taste(String device) {
        return inventory().tasteDevice(device, Terms.NONE);
    }

    // ---- what a label makes

    @Test
    void r27_aLabelledDiskMakesItsGeomWhenItsFirstDeviceIsRegistered() {
        Label label = putLabel(disk, "disk1", 1);

        fixture.paths(disk, "a");

        GeomView view = inventory().geom("disk1");
        assertThat(view.uuid()).isEqualTo(label.uuid());
        assertThat(view.type()).isEqualTo(GeomType.AUTOMATIC);
        assertThat(view.mode()).isEqualTo(Mode.ACTIVE_READ);
        assertThat(view.sizeBytes()).isEqualTo(SIZE - 512);
        assertThat(view.export()).isNotNull();
        assertThat(fixture.lastEvent("label.tasted"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("uuid", label.uuid()));
        assertThat(fixture.eventTypes()).containsSubsequence("label.tasted", "geom.created", "path.added");
    }

    @Test
    void r26_theNextDevicesJoinAndTheGeomsNameAndModeWin() {
        putLabel(disk, "disk1", 1);
        fixture.paths(disk, "a");
        putLabel(disk, "renamed", 1);

        fixture.paths(disk, "b", "c");

        assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("disk1");
        assertThat(inventory().paths("disk1")).extracting(PathView::device).containsExactly("a", "b", "c");
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(inventory().device("c").geom()).isEqualTo("disk1");
        assertThat(fixture.memory().state.geoms().get("disk1").devices()).containsExactly("a", "b", "c");
    }

    @Test
    void devicesThatComeAtOnceMakeOneGeom() throws Exception {
        putLabel(disk, "disk1", 1);
        List<Thread> threads = IntStream.range(0, 8)
                .mapToObj(i -> Thread.ofVirtual().start(() -> fixture.paths(disk, "p" + i)))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(inventory().geoms()).hasSize(1);
        assertThat(inventory().paths("disk1")).hasSize(8).allMatch(path -> path.state() != PathState.FAIL);
    }

    @Test
    @DisplayName("R28, Q20, U4: a name in use gives a temporary one, which is remembered and never written")
    void r28_aNameInUseGivesATemporaryOneThatIsRememberedAndNeverWritten() {
        Label first = putLabel(disk, "disk1", 1);
        Label second = putLabel(other, "disk1", 2);
        fixture.paths(disk, "a").paths(other, "b");

        String temporary = String.valueOf(inventory().device("b").geom());
        assertThat(temporary).startsWith("disk1-").hasSizeLessThanOrEqualTo(15);
        assertThat(inventory().geom("disk1").uuid()).isEqualTo(first.uuid());
        assertThat(inventory().geom(temporary).uuid()).isEqualTo(second.uuid());
        assertThat(fixture.lastEvent("geom.named-temporarily")).isNotNull();

        fixture.restart();
        inventory().configureGeom(temporary, now -> new GeomSettings(Mode.ACTIVE_ACTIVE, now.policies()), Terms.NONE);

        assertThat(inventory().label("b").name()).isEqualTo("disk1");
        assertThat(inventory().label("b").mode()).isEqualTo(Mode.ACTIVE_ACTIVE);
    }

    @Test
    void aNameThatNoGeomHereCanHaveIsReplaced() {
        putLabel(disk, "a b/c", 1);

        fixture.paths(disk, "a");

        assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("a-b-c");
        assertThat(inventory().label("a").name()).isEqualTo("a b/c");
    }

    @Test
    void aDeviceThatDidNotOpenIsTastedWhenItDoes() {
        putLabel(disk, "disk1", 1);
        inventory().declare(List.of(new DeviceSpec("a", uri("a"))), List.of());
        assertThat(inventory().geoms()).isEmpty();

        fixture.factory.with(uri("a"), disk, 512);

        eventually(
                () -> assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("disk1"));
    }

    @Test
    void aDiskThatWasLabelledElsewhereMeanwhileIsFoundAtTheStartAndByARescan() {
        fixture.paths(disk, "a").paths(other, "b");
        putLabel(disk, "disk1", 1);
        fixture.restart();
        assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("disk1");

        putLabel(other, "disk2", 2);
        List<TasteView> dry = inventory().rescan(DRY);
        assertThat(inventory().geoms()).hasSize(1);
        List<TasteView> views = inventory().rescan(Terms.NONE);

        assertThat(views).extracting(TasteView::device).containsExactly("a", "b");
        assertThat(views).extracting(TasteView::outcome).containsExactly(Outcome.IN_USE, Outcome.GEOM_CREATED);
        assertThat(dry).extracting(TasteView::outcome).containsExactly(Outcome.IN_USE, Outcome.GEOM_CREATED);
        assertThat(inventory().geom("disk2").paths())
                .extracting(PathView::device)
                .containsExactly("b");
    }

    @Test
    void aCrashBetweenTheLabelAndTheStoreLeavesAGeomThatComesByItsLabel() {
        fixture.paths(disk, "a", "b");
        GeomView made = fixture.label("disk1", "a", "b");
        inventory().close();
        DesiredState after = fixture.memory().state;
        fixture.memory().state = after.withoutGeom("disk1");

        fixture.restart();

        assertThat(inventory().geom("disk1").uuid()).isEqualTo(made.uuid());
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
    }

    // ---- what is refused

    @Test
    void r25_whatIsNotOursIsLeftAlone() {
        fixture.paths(disk, "a");

        assertThat(taste("a"))
                .isEqualTo(new TasteView("a", Outcome.NOT_OURS, null, null, "Its last sector holds no label."));
        assertThat(fixture.eventTypes()).doesNotContain("label.tasted", "label.refused");
    }

    @Test
    void r25_aLabelForAnotherSizeIsNotOurs() {
        Label label = putLabel(disk, "disk1", 1).withSize(SIZE * 2);
        disk.write(SIZE - 512, LabelCodec.encode(label));

        fixture.paths(disk, "a");

        assertThat(inventory().geoms()).isEmpty();
        assertThat(taste("a").outcome()).isEqualTo(Outcome.NOT_OURS);
    }

    @Test
    void q18_anEmptyUuidMatchesNothing() {
        fixture.paths(other, "plain");
        fixture.create("manual", "plain");
        byte[] sector = LabelCodec.encode(putLabel(disk, "disk1", 1));
        Arrays.fill(sector, 16, 56, (byte) 0);
        disk.write(SIZE - 512, sector);

        fixture.paths(disk, "a");

        assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("manual");
        assertThat(inventory().paths("manual")).hasSize(1);
        assertThat(fixture.lastEvent("label.refused"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("reason", "DAMAGED"));
    }

    @Test
    void q17_aCloneOfAnotherSizeIsNotAPath() {
        putLabel(disk, "disk1", 1);
        fixture.paths(disk, "a");
        MemoryDisk clone = new MemoryDisk(SIZE * 2);
        putLabel(clone, "disk1", 1);

        fixture.paths(clone, "clone");

        assertThat(inventory().paths("disk1")).extracting(PathView::device).containsExactly("a");
        assertThat(inventory().geoms()).hasSize(1);
        assertThat(fixture.lastEvent("label.refused"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("reason", "OTHER_SHAPE"));
    }

    @Test
    void aDeviceThatTheGeomWillNotHaveIsRefusedAndSaysWhy() {
        putLabel(disk, "disk1", 1);
        fixture.paths(disk, "a");
        fixture.paths(other, "b");
        fixture.factory.device("b").with(Capabilities.NONE);
        putLabel(other, "disk1", 1);

        TasteView view = taste("b");

        assertThat(view.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(view.message()).contains("cannot do");
        assertThat(inventory().paths("disk1")).hasSize(1);
    }

    @Test
    void aDeviceThatServesAGeomIsNotTasted() {
        fixture.paths(disk, "a");
        fixture.create("manual", "a");
        putLabel(disk, "disk1", 1);

        assertThat(taste("a").outcome()).isEqualTo(Outcome.IN_USE);
        assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("manual");
    }

    @Test
    void q27_ourOwnExportsAreNotTasted() {
        fixture.paths(disk, "a");
        fixture.create("loop", "a");
        putLabel(disk, "disk1", 1);
        inventory().bindSessions(new PortOf("mem://host/"));

        fixture.paths(disk, "loop");

        assertThat(taste("loop").outcome()).isEqualTo(Outcome.NOT_OURS);
        assertThat(inventory().geoms()).extracting(GeomView::name).containsExactly("loop");
    }

    @Test
    void aDeviceThatCannotBeTastedIsRefused() {
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> taste("nobody"));
        inventory().declare(List.of(new DeviceSpec("a", uri("a"))), List.of());
        assertRefused(Problem.DEVICE_UNREACHABLE, () -> taste("a"));

        fixture.factory.with(uri("a"), disk, 512);
        putLabel(disk, "disk1", 1);
        taste("a");
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void aDeviceThatCannotBeReadIsNotOursUntilItCan() {
        putLabel(disk, "disk1", 1);
        fixture.paths(other, "b");
        fixture.factory.device("b").failWith(Kind.IO);

        assertThat(taste("b").outcome()).isEqualTo(Outcome.NOT_OURS);
        assertThat(taste("b").message()).contains("cannot be read");
    }

    @Test
    void aDryTasteSaysWhatWouldBeAndDoesNothing() {
        fixture.paths(disk, "a");
        putLabel(disk, "disk1", 1);

        TasteView view = inventory().tasteDevice("a", DRY);

        assertThat(view.outcome()).isEqualTo(Outcome.GEOM_CREATED);
        assertThat(view.geom()).isEqualTo("disk1");
        assertThat(inventory().geoms()).isEmpty();
        assertThat(fixture.eventTypes()).doesNotContain("label.tasted");
    }

    // ---- what an operator has said stays in force (Q26)

    @Test
    void q26_aRemovedPathComesBackOnlyWhenItIsAskedFor() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        inventory().removePath("disk1", "b", LastPath.REFUSE, Terms.NONE);

        inventory().rescan(Terms.NONE);
        fixture.restart();
        fixture.factory.device("b").vanish();
        eventually(() -> assertThat(inventory().device("b").state()).isEqualTo(DeviceState.OPEN));
        inventory().rescan(Terms.NONE);
        assertThat(inventory().paths("disk1")).extracting(PathView::device).containsExactly("a");
        assertThat(fixture.lastEvent("label.refused"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("reason", "REMOVED"));

        assertThat(taste("b").outcome()).isEqualTo(Outcome.JOINED);
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(fixture.memory().state.devices().get("b").keptOutOf()).isNull();
    }

    @Test
    void q26_aRemovedPathCanBeAddedAgain() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        inventory().removePath("disk1", "b", LastPath.REFUSE, Terms.NONE);

        inventory().addPath("disk1", "b", Terms.NONE);

        assertThat(fixture.memory().state.devices().get("b").keptOutOf()).isNull();
    }

    @Test
    void q26_aStoppedGeomStaysStoppedUntilOneOfItsDevicesIsTastedOnPurpose() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        inventory().stopGeom("disk1", Terms.NONE);

        inventory().rescan(Terms.NONE);
        fixture.restart();
        assertThat(inventory().geoms()).isEmpty();
        assertThat(inventory().tasteDevice("b", DRY).outcome()).isEqualTo(Outcome.GEOM_STARTED);
        assertThat(inventory().geoms()).isEmpty();

        assertThat(taste("b").outcome()).isEqualTo(Outcome.GEOM_STARTED);
        eventually(() -> assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(inventory().paths("disk1")).extracting(PathView::device).containsExactly("a", "b");
        assertThat(fixture.memory().state.geoms().get("disk1").stopped()).isFalse();
        assertThat(inventory().exports()).extracting(ExportView::name).containsExactly("disk1");
    }

    @Test
    void aStoppedGeomComesBackWithoutTheDevicesThatOthersHaveNow() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
        inventory().stopGeom("disk1", Terms.NONE);
        fixture.create("manual", "a");

        taste("b");

        assertThat(inventory().paths("disk1")).extracting(PathView::device).containsExactly("b");
        assertThat(inventory().device("a").geom()).isEqualTo("manual");
    }

    @Test
    void q26_aStoppedGeomWhoseNameWasGivenAwayDoesNotComeBackByItself() {
        fixture.paths(disk, "a").paths(other, "b");
        fixture.label("disk1", "a");
        inventory().stopGeom("disk1", Terms.NONE);

        fixture.label("disk1", "b");
        inventory().rescan(Terms.NONE);

        assertThat(inventory().geoms()).hasSize(1);
        assertThat(inventory().paths("disk1")).extracting(PathView::device).containsExactly("b");
        assertThat(taste("a").outcome()).isEqualTo(Outcome.GEOM_CREATED);
        assertThat(inventory().geoms()).hasSize(2);
    }

    // ---- departure and arrival

    @Test
    void t4_aPathThatDepartsComesBackByItself() {
        fixture.paths(disk, "a", "b");
        fixture.label("m", "a");
        inventory().addPath("m", "b", Terms.NONE);

        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(fixture.statesOf("m")).containsExactly(PathState.LOST, PathState.ACTIVE));
        assertThat(inventory().geom("m").state()).isEqualTo(GeomState.DEGRADED);

        fixture.factory.with(uri("a"), disk, 512);
        eventually(() -> assertThat(fixture.statesOf("m")).containsExactly(PathState.PASSIVE, PathState.ACTIVE));
        assertThat(inventory().geom("m").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(fixture.eventTypes())
                .containsSubsequence("path.lost", "path.removed", "device.opened", "path.added");
    }

    @Test
    void aPathThatComesBackAsAnotherDiskStaysOut() {
        fixture.paths(disk, "a", "b");
        fixture.label("m", "a", "b");

        fixture.factory.with(uri("a"), other, 512).device("a").vanish();

        eventually(() -> assertThat(inventory().path("m", "a").detail()).isEqualTo("it holds no label"));
        assertThat(inventory().device("a").geom()).isEqualTo("m");
        assertThat(inventory().activePaths("m")).containsExactly("b");
    }

    @Test
    void aPathThatCannotBeReadWhenItComesBackJoinsWhenItCan() {
        fixture.paths(disk, "a", "b");
        fixture.label("m", "a", "b");
        fixture.restart();
        fixture.factory.device("a").vanish();
        eventually(() -> assertThat(fixture.stateOf("m", "a")).isEqualTo(PathState.PASSIVE));

        MemoryDevice before = fixture.factory.device("a");
        fixture.factory.failNextWith(Kind.IO);
        before.vanish();
        eventually(() -> assertThat(inventory().path("m", "a").detail()).contains("cannot be read"));
        fixture.factory.failNextWith(null);
        fixture.factory.device("a").failWith(null);

        eventually(() -> assertThat(fixture.stateOf("m", "a")).isEqualTo(PathState.PASSIVE));
    }

    @Test
    void whatAnOperatorFailedIsFailedAgainWhenItComesBack() {
        fixture.paths(disk, "a", "b");
        fixture.label("m", "a", "b");
        inventory().failPath("m", "a", "cable swap", Terms.NONE);

        fixture.restart();

        assertThat(fixture.statesOf("m")).containsExactly(PathState.FAIL, PathState.ACTIVE);
    }

    // ---- paths that lead elsewhere while they serve

    @Test
    void aPathThatShowsAnotherGeomsLabelLeavesAtOnceAndComesBackWithItsOwn() {
        fixture.paths(disk, "a", "b").paths(other, "c");
        fixture.label("one", "a", "b");
        fixture.label("two", "c");

        fixture.factory.device("a").leadTo(other);
        eventually(() -> assertThat(inventory().path("one", "a").reason()).isEqualTo(FailReason.IDENTITY));
        assertThat(inventory().path("one", "a").detail()).contains("the label of two");
        assertThat(inventory().activePaths("one")).containsExactly("b");

        fixture.factory.device("a").leadTo(disk);
        eventually(() -> assertThat(inventory().geom("one").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(fixture.eventTypes())
                .containsSubsequence("label.refused", "path.lost", "path.removed", "path.added");
    }

    @Test
    void aFailedPathThatLeadsToAnotherDiskIsNotRestoredByACheck() {
        fixture.paths(disk, "a", "b");
        fixture.label("m", "a", "b");
        putLabel(other, "n", 2);
        MemoryDevice a = fixture.factory.device("a");
        a.failWith(Kind.DISCONNECTED);
        eventually(() -> assertThat(fixture.stateOf("m", "a")).isEqualTo(PathState.FAIL));
        long failed = inventory().eventsAfter(0, 1).lastSeq();

        a.leadTo(other);
        a.failWith(null);

        eventually(() -> assertThat(inventory().path("m", "a").reason()).isEqualTo(FailReason.IDENTITY));
        assertThat(inventory().eventsAfter(failed, 100).items())
                .extracting(EventView::type)
                .contains("label.refused", "path.lost")
                .doesNotContain("path.restored");
    }

    @Test
    void aPathFailedByHandThatLeadsToAnotherDiskIsNotRestoredByHand() {
        fixture.paths(disk, "a", "b");
        fixture.label("m", "a", "b");
        putLabel(other, "n", 2);
        inventory().failPath("m", "a", "cable swap", Terms.NONE);
        fixture.factory.device("a").leadTo(other);
        long failed = inventory().eventsAfter(0, 1).lastSeq();

        inventory().restorePath("m", "a", null, Terms.NONE);

        assertThat(inventory().path("m", "a").reason()).isEqualTo(FailReason.IDENTITY);
        assertThat(inventory().eventsAfter(failed, 100).items())
                .extracting(EventView::type)
                .doesNotContain("path.restored");
    }

    @Test
    void theOnlyPathLeavesWhenItShowsAnotherGeomsLabel() {
        fixture.paths(disk, "a").paths(other, "c");
        fixture.label("one", "a");
        fixture.label("two", "c");

        fixture.factory.device("a").leadTo(other);

        eventually(() -> assertThat(inventory().geom("one").state()).isEqualTo(GeomState.BROKEN));
    }

    @Test
    void aLabelThatNoPathShowsAnyMoreDoesNotTakeTheLastPathAway() {
        fixture.paths(disk, "a", "b");
        fixture.label("one", "a", "b");
        fixture.awaitChecks("one", "a", 2);
        fixture.awaitChecks("one", "b", 2);

        disk.write(SIZE - 512, new byte[512]);

        eventually(() -> assertThat(fixture.lastEvent("label.missing")).isNotNull());
        fixture.awaitChecks(
                "one", String.valueOf(fixture.lastEvent("label.missing").path()), 3);
        assertThat(inventory().geom("one").state()).isEqualTo(GeomState.DEGRADED);
        assertThat(inventory().activePaths("one")).hasSize(1);
    }

    @Test
    void theLabelStaysWhereFreeBsdWouldLookForIt() {
        fixture.paths(disk, "a");
        GeomView view = fixture.label("disk1", "a");

        assertThat(LabelCodec.decode(disk.lastSector()))
                .isEqualTo(new Decoded(
                        new Label("disk1", String.valueOf(view.uuid()), 512, SIZE, LabelMode.ACTIVE_PASSIVE)));
    }

    /** Says that every export is reached at one URI. */
    private record PortOf(String prefix) implements SessionPort {
        @Override
        public List<SessionView> sessions(String export) {
            return List.of();
        }

        @Override
        public int count(String export) {
            return 0;
        }

        @Override
        public boolean disconnect(String export, String id) {
            return false;
        }

        @Override
        public void review(String export) {
            // There is nobody.
        }

        @Override
        public String uri(String export) {
            return prefix + export;
        }
    }
}
