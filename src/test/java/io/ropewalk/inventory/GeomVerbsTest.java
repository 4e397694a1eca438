package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.testing.Ask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeomVerbsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;

    @AfterEach
    void close() {
        fixture.close();
    }

    // ---- create

    @Test
    void r42_aCreatedGeomHasItsPathsInOrderAndTheFirstIsActive() {
        fixture.devices("a", "b", "c");

        GeomView view = fixture.create("disk", "a", "b", "c");

        assertThat(view.state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(view.activePaths()).containsExactly("a");
        assertThat(view.paths()).extracting(PathView::device).containsExactly("a", "b", "c");
        assertThat(view.paths())
                .extracting(PathView::state)
                .containsExactly(PathState.ACTIVE, PathState.PASSIVE, PathState.PASSIVE);
        assertThat(view.sizeBytes()).isEqualTo(SIZE);
        assertThat(view.sectorSize()).isEqualTo(512);
        assertThat(view.generation()).isEqualTo(1);
        assertThat(view.uuid()).isNull();
        assertThat(inventory.geom("disk")).isEqualTo(view);
        assertThat(inventory.geoms()).containsExactly(view);
        assertThat(inventory.activePaths("disk")).containsExactly("a");
        assertThat(inventory.runningGeoms()).hasSize(1);
    }

    @Test
    void aCreatedGeomTellsItsStoryInOrder() {
        fixture.devices("a", "b");

        fixture.create("disk", "a", "b");

        assertThat(fixture.eventTypes().subList(2, 7))
                .containsExactly("geom.created", "path.added", "path.active-changed", "path.added", "geom.optimal");
        assertThat(fixture.events()).extracting(EventView::seq).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void r52_aGeomOfOnePathIsDegraded() {
        fixture.devices("a");

        assertThat(fixture.create("disk", "a").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void aGeomOfThatNameIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");

        assertRefused(Problem.GEOM_EXISTS, () -> fixture.create("disk", "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "disk1:stop", "-x"})
    void anOddNameIsRefused(String name) {
        fixture.devices("a");

        assertRefused(Problem.INVALID_NAME, () -> fixture.create(name, "a"));
    }

    @Test
    void aGeomWithoutPathIsRefused() {
        assertRefused(Problem.INVALID_VALUE, () -> fixture.create("disk"));
    }

    @Test
    void aPathGivenTwiceIsRefused() {
        fixture.devices("a");

        assertRefused(Problem.PATH_EXISTS, () -> fixture.create("disk", "a", "a"));
    }

    @Test
    void moreThan64PathsAreRefused() {
        String[] names = IntStream.range(0, 65).mapToObj(i -> "d" + i).toArray(String[]::new);

        InventoryException e = assertRefused(Problem.TOO_MANY_PATHS, () -> fixture.create("disk", names));

        assertThat(e.detail()).contains("65").contains("64");
    }

    @Test
    void aPathOverAnUnknownDeviceIsRefusedAndNothingIsCreated() {
        fixture.devices("a");

        assertRefused(Problem.DEVICE_NOT_FOUND, () -> fixture.create("disk", "a", "nowhere"));

        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.geom("disk"));
        assertThat(inventory.device("a").geom()).isNull();
    }

    @Test
    void aDeviceOfAnotherGeomIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");

        InventoryException e = assertRefused(Problem.DEVICE_IN_USE, () -> fixture.create("other", "b", "a"));

        assertThat(e.detail()).contains("\"disk\"");
    }

    @Test
    void r40_devicesOfDifferentSizesAreRefusedWithBothNumbers() {
        fixture.devices("a");
        fixture.factory.with(uri("b"), 2 * SIZE, 512);
        inventory.registerDevice(new DeviceSpec("b", uri("b")), Terms.NONE);

        InventoryException e = assertRefused(Problem.SIZE_MISMATCH, () -> fixture.create("disk", "a", "b"));

        assertThat(e.detail()).contains("\"b\" has 2097152").contains("\"a\" has 1048576");
        assertThat(inventory.geoms()).isEmpty();
    }

    @Test
    void r40_devicesOfDifferentSectorSizesAreRefusedWithBothNumbers() {
        fixture.devices("a");
        fixture.factory.with(uri("b"), SIZE, 4096);
        inventory.registerDevice(new DeviceSpec("b", uri("b")), Terms.NONE);

        InventoryException e = assertRefused(Problem.SECTOR_SIZE_MISMATCH, () -> fixture.create("disk", "a", "b"));

        assertThat(e.detail()).contains("512").contains("4096");
    }

    @Test
    void aDryRunChecksEverythingAndCreatesNothing() {
        fixture.devices("a", "b");
        Terms dry = Terms.NONE.withDryRun(true);

        GeomView view = inventory.createGeom(fixture.spec("disk", "a", "b"), dry);

        assertThat(view.name()).isEqualTo("disk");
        assertThat(view.paths()).hasSize(2);
        assertThat(inventory.geoms()).isEmpty();
        assertThat(inventory.device("a").geom()).isNull();
        assertThat(fixture.eventTypes()).containsExactly("device.registered", "device.registered");
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> inventory.createGeom(fixture.spec("disk", "a", "nowhere"), dry));
    }

    // ---- configure

    @Test
    void r43_configureChangesModeAndPoliciesAndBumpsTheGeneration() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        GeomView view = inventory.configureGeom(
                "disk",
                now -> new GeomSettings(Mode.ACTIVE_ACTIVE, now.policies().withAttemptTimeout(Duration.ofSeconds(7))),
                Terms.NONE.withActor("ann"));

        assertThat(view.mode()).isEqualTo(Mode.ACTIVE_ACTIVE);
        assertThat(view.policies().attemptTimeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(view.activePaths()).containsExactly("b", "a");
        assertThat(view.generation()).isEqualTo(2);
        assertThat(fixture.lastEvent("geom.configured"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("actor", "ann"));
    }

    @Test
    void aConfigureThatChangesNothingKeepsTheGeneration() {
        fixture.devices("a");
        fixture.create("disk", "a");

        assertThat(inventory.configureGeom("disk", now -> now, Terms.NONE).generation())
                .isEqualTo(1);
    }

    @Test
    void aValueOutOfRangeIsRefused() {
        fixture.devices("a");
        fixture.create("disk", "a");

        assertRefused(
                Problem.INVALID_VALUE,
                () -> inventory.configureGeom(
                        "disk",
                        now -> new GeomSettings(now.mode(), now.policies().withAttemptTimeout(Duration.ZERO)),
                        Terms.NONE));
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
    }

    @Test
    void aDryRunOfConfigureShowsWhatWouldBe() {
        fixture.devices("a");
        fixture.create("disk", "a");

        GeomView view = inventory.configureGeom(
                "disk", now -> new GeomSettings(Mode.ACTIVE_READ, now.policies()), Terms.NONE.withDryRun(true));

        assertThat(view.mode()).isEqualTo(Mode.ACTIVE_READ);
        assertThat(view.generation()).isEqualTo(2);
        assertThat(inventory.geom("disk").mode()).isEqualTo(Mode.ACTIVE_PASSIVE);
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
    }

    @Test
    void aVerbMeantForAnotherGenerationIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        Terms stale = Terms.NONE.withIfGeneration(7L);

        InventoryException e = assertRefused(Problem.STALE_ETAG, () -> inventory.addPath("disk", "b", stale));

        assertThat(e.detail()).contains("7").contains("1");
        assertRefused(Problem.STALE_ETAG, () -> inventory.stopGeom("disk", stale));
        assertRefused(Problem.STALE_ETAG, () -> inventory.destroyGeom("disk", true, stale));
        assertRefused(Problem.STALE_ETAG, () -> inventory.failPath("disk", "a", null, stale));
        assertThat(inventory
                        .addPath("disk", "b", Terms.NONE.withIfGeneration(1L))
                        .added())
                .isTrue();
    }

    @Test
    void aVerbMeantForAGeomThatBoreTheNameBeforeIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        inventory.addPath("disk", "b", Terms.NONE);
        inventory.destroyGeom("disk", true, Terms.NONE);
        fixture.create("disk", "a");

        assertThat(inventory.geom("disk").generation()).isEqualTo(3);
        for (long before = 1; before <= 2; before++) {
            Terms stale = Terms.NONE.withIfGeneration(before);
            assertRefused(Problem.STALE_ETAG, () -> inventory.destroyGeom("disk", true, stale));
        }
    }

    @Test
    void aVerbMeantForAStoppedGeomIsRefusedByTheOneMadeInItsPlace() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        inventory.stopGeom("disk", Terms.NONE);
        fixture.create("disk", "b");

        assertRefused(Problem.STALE_ETAG, () -> inventory.destroyGeom("disk", true, Terms.NONE.withIfGeneration(1L)));
    }

    // ---- rotate

    @Test
    void t11_rotateGoesRoundNewestFirst() {
        fixture.devices("a", "b", "c");
        fixture.create("disk", "a", "b", "c");
        List<String> active = new ArrayList<>();

        for (int i = 0; i < 3; i++) {
            active.addAll(inventory.rotateGeom("disk", Terms.NONE).activePaths());
        }

        assertThat(active).containsExactly("c", "b", "a");
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
    }

    @Test
    void rotateWithoutUsablePathIsRefused() {
        fixture.devices("a");
        fixture.create("disk", "a");
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.LOST));

        assertRefused(Problem.NO_USABLE_PATH, () -> inventory.rotateGeom("disk", Terms.NONE));
    }

    // ---- stop and destroy

    @Test
    void r47_aStoppedGeomIsGoneAndRememberedAsStopped() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        inventory.stopGeom("disk", Terms.NONE);

        assertThat(inventory.geoms()).isEmpty();
        assertThat(inventory.exports()).isEmpty();
        assertThat(inventory.device("a").geom()).isNull();
        assertThat(fixture.memory().state.geoms().get("disk").stopped()).isTrue();
        assertThat(fixture.eventTypes()).endsWith("geom.stopping", "geom.stopped");
    }

    @Test
    void q2_stopAndDestroyAreIdempotent() {
        fixture.devices("a");
        fixture.create("disk", "a");

        inventory.stopGeom("disk", Terms.NONE);
        inventory.stopGeom("disk", Terms.NONE);
        inventory.destroyGeom("disk", false, Terms.NONE);

        assertThat(fixture.memory().state.geoms()).isEmpty();
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.stopGeom("disk", Terms.NONE));
        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.destroyGeom("disk", false, Terms.NONE));
    }

    @Test
    void r35_theNameAndTheDevicesOfAStoppedGeomAreFree() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        inventory.stopGeom("disk", Terms.NONE);

        GeomView view = fixture.create("disk", "b", "a");

        assertThat(view.paths()).extracting(PathView::device).containsExactly("b", "a");
        assertThat(fixture.memory().state.geoms().get("disk").stopped()).isFalse();
    }

    @Test
    void aDeviceOfAStoppedGeomMayBeRemoved() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        inventory.stopGeom("disk", Terms.NONE);

        inventory.removeDevice("a", Terms.NONE);

        assertThat(fixture.memory().state.geoms().get("disk").devices()).containsExactly("b");
    }

    @Test
    void r48_aDestroyedGeomIsForgotten() {
        fixture.devices("a");
        fixture.create("disk", "a");

        inventory.destroyGeom("disk", false, Terms.NONE);

        assertThat(fixture.memory().state.geoms()).isEmpty();
        assertThat(fixture.memory().state.exports()).isEmpty();
        assertThat(fixture.eventTypes()).endsWith("geom.stopping", "geom.destroyed");
    }

    @Test
    void q25_aGeomInUseIsDestroyedByForceOnly() {
        fixture.devices("a");
        fixture.create("disk", "a");
        AtomicReference<BlockChannel> channel = new AtomicReference<>();
        fixture.loops
                .next()
                .execute(() ->
                        channel.set(inventory.runningGeoms().getFirst().geom().open(fixture.loops.next())));
        eventually(() -> assertThat(channel.get()).isNotNull());

        InventoryException e =
                assertRefused(Problem.GEOM_IN_USE, () -> inventory.destroyGeom("disk", false, Terms.NONE));

        assertThat(e.detail()).contains("1 session");
        inventory.destroyGeom("disk", true, Terms.NONE);
        assertThat(inventory.geoms()).isEmpty();
    }

    @Test
    void aDryRunOfDestroyChecksAndLeavesTheGeom() {
        fixture.devices("a");
        fixture.create("disk", "a");

        inventory.destroyGeom("disk", false, Terms.NONE.withDryRun(true));
        inventory.stopGeom("disk", Terms.NONE.withDryRun(true));

        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void r35_whileAGeomDrainsItIsShownItsNameIsFreeAndItsDevicesAreNot() {
        fixture.devices("a", "b");
        inventory.createGeom(
                GeomSpec.manual(
                        "disk",
                        Mode.ACTIVE_PASSIVE,
                        Policies.DEFAULT.withAttemptTimeout(Duration.ofMinutes(1)),
                        List.of("a")),
                Terms.NONE);
        fixture.factory.device("a").silent(true);
        AtomicReference<Ask> ask = new AtomicReference<>();
        fixture.loops
                .next()
                .execute(() -> ask.set(
                        Ask.read(inventory.runningGeoms().getFirst().geom().open(fixture.loops.next()), 0, 512)));
        eventually(() -> assertThat(ask.get()).isNotNull());

        CompletableFuture<Void> stop = CompletableFuture.runAsync(() -> inventory.stopGeom("disk", Terms.NONE));

        eventually(() -> assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.STOPPING));
        assertThat(stop).isNotDone();
        assertThat(inventory.exports()).isEmpty();
        assertRefused(Problem.DEVICE_IN_USE, () -> fixture.create("disk", "a"));
        assertRefused(Problem.STOPPING, () -> inventory.addPath("disk", "b", Terms.NONE));
        assertThat(fixture.create("disk", "b").activePaths()).containsExactly("b");
        assertThat(inventory.geoms()).extracting(GeomView::state).containsExactly(GeomState.DEGRADED);

        fixture.factory.device("a").failWith(Kind.DISCONNECTED);
        fixture.loops.next().execute(() -> fixture.factory.device("a").answerPending());
        eventually(() -> assertThat(stop).isDone());
        assertThat(inventory.device("a").geom()).isNull();
    }

    @Test
    void listenersHearOfGeomsAndExports() {
        List<String> heard = new ArrayList<>();
        inventory.addListener(new InventoryListener() {
            @Override
            public void onGeomAppeared(io.ropewalk.engine.Geom geom) {
                heard.add("+geom " + geom.name());
            }

            @Override
            public void onGeomVanished(io.ropewalk.engine.Geom geom) {
                heard.add("-geom " + geom.name());
            }

            @Override
            public void onExportAppeared(ExportedDevice export) {
                heard.add("+export " + export.name());
            }

            @Override
            public void onExportVanished(ExportedDevice export) {
                heard.add("-export " + export.name());
            }
        });
        fixture.devices("a");

        fixture.create("disk", "a");
        inventory.destroyGeom("disk", false, Terms.NONE);

        assertThat(heard).containsExactly("+geom disk", "+export disk", "-export disk", "-geom disk");
    }
}
