package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.store.TestDatabase;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restart brings back, by way of a real database. */
class RestartTest {
    @TempDir
    Path folder;

    private TestDatabase database;
    private InventoryFixture fixture;

    @BeforeEach
    void open() {
        database = TestDatabase.in(folder);
        fixture = new InventoryFixture(database.store()).start();
    }

    @AfterEach
    void close() {
        fixture.close();
        database.close();
    }

    private Inventory inventory() {
        return fixture.inventory;
    }

    @Test
    void aRestartBringsEverythingBack() {
        fixture.devices("a", "b", "c", "spare");
        fixture.create("disk", "c", "a", "b");
        inventory().configureGeom("disk", now -> new GeomSettings(Mode.ACTIVE_READ, now.policies()), Terms.NONE);
        GeomView before = inventory().geom("disk");

        fixture.restart();

        GeomView after = inventory().geom("disk");
        assertThat(after)
                .usingRecursiveComparison()
                .ignoringFields("paths.since")
                .isEqualTo(before);
        assertThat(inventory().devices()).extracting(DeviceView::name).containsExactly("a", "b", "c", "spare");
        assertThat(inventory().exports()).extracting(ExportView::name).containsExactly("disk");
        assertThat(fixture.eventTypes()).contains("geom.started").doesNotContain("geom.created");
    }

    @Test
    void seqsOfEventsIncreaseOverARestart() {
        fixture.devices("a");
        long before = fixture.events().getLast().seq();

        fixture.restart();

        assertThat(fixture.events().getFirst().seq()).isGreaterThan(before);
        assertThat(inventory().eventsAfter(before, 10).compacted()).isTrue();
    }

    @Test
    void aGeomComesUpWithNoDeviceInReachAndItsPathsJoinWhenTheyAre() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        fixture.factory.without(uri("a")).without(uri("b"));

        fixture.restart();

        GeomView geom = inventory().geom("disk");
        assertThat(geom.state()).isEqualTo(GeomState.BROKEN);
        assertThat(geom.sizeBytes()).isEqualTo(SIZE);
        assertThat(fixture.statesOf("disk")).containsExactly(PathState.LOST, PathState.LOST);
        assertThat(geom.paths().getFirst().detail()).contains("Nothing answers");
        assertThat(inventory().findExport("disk")).isPresent();

        fixture.factory.with(uri("b"), SIZE, 512);
        eventually(() -> assertThat(inventory().geom("disk").state()).isEqualTo(GeomState.DEGRADED));
        fixture.factory.with(uri("a"), SIZE, 512);
        eventually(() -> assertThat(inventory().geom("disk").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(inventory().paths("disk")).extracting(PathView::device).containsExactly("a", "b");
    }

    @Test
    void aDeviceThatHangsDoesNotHoldUpTheStart() {
        fixture.devices("a");
        fixture.create("disk", "a");
        CountDownLatch gate = new CountDownLatch(1);
        fixture.factory.gate = gate;

        fixture.restart();

        assertThat(fixture.statesOf("disk")).containsExactly(PathState.LOST);
        gate.countDown();
        eventually(() -> assertThat(fixture.statesOf("disk")).containsExactly(PathState.ACTIVE));
    }

    @Test
    void aDeviceThatIsAnotherNowStaysOutAndSaysWhy() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        fixture.factory.with(uri("b"), SIZE * 2, 512);

        fixture.restart();

        assertThat(fixture.statesOf("disk")).containsExactly(PathState.ACTIVE, PathState.FAIL);
        assertThat(inventory().path("disk", "b").reason()).isEqualTo(FailReason.IDENTITY);
        assertThat(inventory().geom("disk").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void q26_aStoppedGeomStaysStopped() {
        fixture.devices("a");
        fixture.create("disk", "a");
        inventory().stopGeom("disk", Terms.NONE);

        fixture.restart();

        assertThat(inventory().geoms()).isEmpty();
        inventory().destroyGeom("disk", false, Terms.NONE);
    }

    @Test
    void q26_aRemovedPathStaysRemoved() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory().removePath("disk", "a", LastPath.REFUSE, Terms.NONE);

        fixture.restart();

        assertThat(inventory().paths("disk")).extracting(PathView::device).containsExactly("b");
    }

    @Test
    void whatAnOperatorFailedIsFailedStill() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory().failPath("disk", "a", "cable swap", Terms.NONE);

        fixture.restart();

        assertThat(fixture.statesOf("disk")).containsExactly(PathState.FAIL, PathState.ACTIVE);
        assertThat(inventory().path("disk", "a").reason()).isEqualTo(FailReason.OPERATOR);
        assertThat(inventory().path("disk", "a").detail()).isEqualTo("cable swap");
    }

    @Test
    void whatIsShownOfAPathThatAnOperatorHasFailedIsTheSameAfterARestart() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        PathView before = inventory().failPath("disk", "a", null, Terms.NONE);

        fixture.restart();

        assertThat(inventory().path("disk", "a"))
                .usingRecursiveComparison()
                .ignoringFields("since")
                .isEqualTo(before);
    }

    @Test
    void whatAnOperatorFailedServesWhileItIsAllThereIsAndIsFailedAgainWhenAnotherComes() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory().failPath("disk", "a", "cable swap", Terms.NONE);
        fixture.factory.without(uri("b"));

        fixture.restart();
        assertThat(fixture.statesOf("disk")).containsExactly(PathState.ACTIVE, PathState.LOST);

        fixture.factory.with(uri("b"), SIZE, 512);
        eventually(() -> assertThat(fixture.statesOf("disk")).containsExactly(PathState.FAIL, PathState.ACTIVE));
    }

    @Test
    void aDestroyedGeomDoesNotComeBack() {
        fixture.devices("a");
        fixture.create("disk", "a");
        inventory().destroyGeom("disk", false, Terms.NONE);

        fixture.restart();

        assertThat(inventory().geoms()).isEmpty();
        assertThat(inventory().devices()).hasSize(1);
    }

    @Test
    void devicesAreClosedAtTheEndAndVerbsAreRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        Inventory ended = inventory();

        ended.close();
        ended.close();

        assertThat(fixture.factory.opened).allMatch(device -> device.closed);
        InventoryFixture.assertRefused(
                Problem.STOPPING, () -> ended.createGeom(fixture.spec("other", "b"), Terms.NONE));
        InventoryFixture.assertRefused(
                Problem.STOPPING,
                () -> ended.registerDevice(new DeviceSpec("c", uri("a").replace("/a", "/c")), Terms.NONE));
    }

    @Test
    void anExportsWishesComeBack() throws StoreException {
        fixture.devices("a");
        fixture.create("disk", "a");
        fixture.inventory.close();
        DesiredState stored = database.store().load();
        database.store()
                .save(
                        stored,
                        stored.withExport(
                                        new DesiredExport("disk", "disk", true, List.of("10.0.0.0/8", "127.0.0.1"), 4))
                                .withExport(new DesiredExport("alias", "disk", false, List.of(), 1)),
                        null);

        fixture.restart();

        assertThat(inventory().findExport("disk")).hasValueSatisfying(export -> {
            assertThat(export.readOnly()).isTrue();
            assertThat(export.allowedClients()).containsExactly("10.0.0.0/8", "127.0.0.1");
        });
        assertThat(inventory().exportedDevices())
                .extracting(ExportedDevice::name)
                .containsExactly("alias", "disk");
        assertThat(inventory().exports()).extracting(ExportView::generation).containsExactly(1L, 4L);
    }
}
