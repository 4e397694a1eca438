package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.PathState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens when devices vanish, come back, and change their size. */
class DeviceNewsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void r31_thePathOfAVanishedDeviceIsLostAndJoinsAgainWhenTheDeviceIsBack() {
        fixture.devices("a", "b", "c");
        fixture.create("disk", "a", "b", "c");
        MemoryDevice first = fixture.factory.device("a");

        fixture.factory.without(uri("a"));
        first.vanish();

        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.LOST));
        eventually(() -> assertThat(inventory.path("disk", "a").detail()).contains("Nothing answers"));
        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.DEGRADED);
        assertThat(inventory.device("a").state()).isEqualTo(DeviceState.UNREACHABLE);
        assertThat(inventory.device("a").geom()).isEqualTo("disk");
        eventually(() -> assertThat(first.closed).isTrue());

        fixture.factory.with(uri("a"), SIZE, 512);

        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.PASSIVE));
        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(inventory.paths("disk")).extracting(PathView::device).containsExactly("a", "b", "c");
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
        assertThat(fixture.eventTypes())
                .containsSubsequence(
                        "device.vanished",
                        "path.lost",
                        "path.removed",
                        "device.unreachable",
                        "device.opened",
                        "path.added",
                        "geom.optimal")
                .containsSubsequence("path.lost", "geom.degraded", "geom.optimal");
    }

    @Test
    void aGeomWhoseLastDeviceVanishedIsBrokenAndHealsWhenItIsBack() {
        fixture.devices("a");
        fixture.create("disk", "a");

        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.BROKEN));

        fixture.factory.with(uri("a"), SIZE, 512);
        eventually(() -> assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.DEGRADED));
        assertThat(inventory.activePaths("disk")).containsExactly("a");
    }

    @Test
    void aDeviceThatCameBackAsAnotherDoesNotJoinAndSaysWhy() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        fixture.factory.with(uri("a"), 2 * SIZE, 512).device("a").vanish();

        eventually(() -> assertThat(inventory.path("disk", "a").reason()).isEqualTo(FailReason.IDENTITY));
        assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL);
        assertThat(inventory.path("disk", "a").detail()).contains("2097152").contains("1048576");
        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void anAbsentPathCanBeRemovedFailedAndRestoredButNotPreferred() {
        fixture.devices("a", "b", "c");
        fixture.create("disk", "a", "b", "c");
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.LOST));

        assertRefused(Problem.PATH_NOT_USABLE, () -> inventory.preferPath("disk", "a", null, Terms.NONE));
        assertThat(inventory.failPath("disk", "a", null, Terms.NONE).state()).isEqualTo(PathState.LOST);
        assertThat(inventory.restorePath("disk", "a", null, Terms.NONE).state()).isEqualTo(PathState.LOST);
        inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE);

        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL);
        inventory.removeDevice("a", Terms.NONE);
    }

    @Test
    void anAbsentPathThatAnOperatorFailedIsFailedWhenItJoins() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.LOST));
        inventory.failPath("disk", "a", "not yet", Terms.NONE);

        fixture.factory.with(uri("a"), SIZE, 512);

        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL));
        assertThat(inventory.path("disk", "a").detail()).isEqualTo("not yet");
    }

    @Test
    void aVanishedDeviceCanBeRemovedAndItsUriRegisteredAnew() {
        fixture.devices("a");
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(inventory.device("a").state()).isEqualTo(DeviceState.UNREACHABLE));

        inventory.removeDevice("a", Terms.NONE);
        fixture.devices("a");

        assertThat(inventory.device("a").state()).isEqualTo(DeviceState.OPEN);
    }

    @Test
    void aNewGeomOverAnUnreachableDeviceIsRefused() {
        fixture.devices("a", "b");
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(inventory.device("a").state()).isEqualTo(DeviceState.UNREACHABLE));

        assertRefused(Problem.DEVICE_UNREACHABLE, () -> fixture.create("disk", "b", "a"));
        fixture.create("disk", "b");
        assertRefused(Problem.DEVICE_UNREACHABLE, () -> inventory.addPath("disk", "a", Terms.NONE));
    }

    @Test
    void r36_theGeomGrowsWhenAllItsPathsHave() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        fixture.factory.device("a").resize(2 * SIZE);
        eventually(() -> assertThat(inventory.device("a").sizeBytes()).isEqualTo(2 * SIZE));
        eventually(() -> assertThat(fixture.eventTypes()).contains("device.resized"));
        assertThat(inventory.geom("disk").sizeBytes()).isEqualTo(SIZE);
        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL);

        fixture.factory.device("b").resize(2 * SIZE);
        eventually(() -> assertThat(inventory.geom("disk").sizeBytes()).isEqualTo(2 * SIZE));
        assertThat(inventory.geom("disk").generation()).isEqualTo(1);
        assertThat(fixture.memory().state.geoms().get("disk").shape().geometry().sizeBytes())
                .isEqualTo(2 * SIZE);
    }

    @Test
    void q22_onePathThatShrinksIsThatPathsFaultUntilTheOthersFollow() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");

        fixture.factory.device("a").resize(SIZE / 2);
        eventually(() -> assertThat(inventory.path("disk", "a").reason()).isEqualTo(FailReason.IDENTITY));
        assertThat(inventory.geom("disk").sizeBytes()).isEqualTo(SIZE);
        assertThat(inventory.activePaths("disk")).containsExactly("b");

        fixture.factory.device("b").resize(SIZE / 2);
        eventually(() -> assertThat(inventory.geom("disk").sizeBytes()).isEqualTo(SIZE / 2));
        eventually(() -> assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL));
    }

    @Test
    void aPathThatShrankAndGrewBackJoinsAgain() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
        fixture.factory.device("a").resize(SIZE / 2);
        eventually(() -> assertThat(inventory.path("disk", "a").reason()).isEqualTo(FailReason.IDENTITY));

        fixture.factory.device("a").resize(SIZE);

        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.PASSIVE));
    }
}
