package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.PathState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeclarationsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final List<DeviceSpec> devices = List.of(new DeviceSpec("a", uri("a")), new DeviceSpec("b", uri("b")));
    private final List<GeomSpec> geoms = List.of(fixture.spec("disk", "a", "b"));

    @AfterEach
    void close() {
        fixture.close();
    }

    private void declare() {
        fixture.inventory.declare(devices, geoms);
    }

    @Test
    void whatIsDeclaredIsMade() {
        fixture.factory.with(uri("a"), SIZE, 512).with(uri("b"), SIZE, 512);

        declare();

        assertThat(fixture.inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(fixture.lastEvent("geom.created"))
                .satisfies(event -> assertThat(event.detail()).containsEntry("actor", "configuration"));
    }

    @Test
    void whatIsThereStaysAsItIs() {
        fixture.factory.with(uri("a"), SIZE, 512).with(uri("b"), SIZE, 512);
        declare();
        fixture.inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE);
        GeomView before = fixture.inventory.geom("disk");

        declare();

        assertThat(fixture.inventory.geom("disk")).isEqualTo(before);
    }

    @Test
    void whatIsNoLongerDeclaredStays() {
        fixture.factory.with(uri("a"), SIZE, 512).with(uri("b"), SIZE, 512);
        declare();

        fixture.inventory.declare(List.of(), List.of());

        assertThat(fixture.inventory.geoms()).hasSize(1);
    }

    @Test
    void q26_aDeclaredGeomThatWasStoppedStaysStopped() {
        fixture.factory.with(uri("a"), SIZE, 512).with(uri("b"), SIZE, 512);
        declare();
        fixture.inventory.stopGeom("disk", Terms.NONE);
        fixture.restart();

        declare();

        assertThat(fixture.inventory.geoms()).isEmpty();
    }

    @Test
    void aDeclaredGeomBeginsWithTheDevicesThatOpenAndTheOthersJoin() {
        fixture.factory.with(uri("b"), SIZE, 512);

        declare();

        assertThat(fixture.statesOf("disk")).containsExactly(PathState.LOST, PathState.ACTIVE);
        fixture.factory.with(uri("a"), SIZE, 512);
        eventually(() -> assertThat(fixture.statesOf("disk")).containsExactly(PathState.PASSIVE, PathState.ACTIVE));
    }

    @Test
    void aDeclaredGeomWithoutAnyDeviceWaitsForTheFirst() {
        declare();

        assertThat(fixture.inventory.geoms()).isEmpty();
        assertThat(fixture.inventory.devices()).extracting(DeviceView::state).containsOnly(DeviceState.UNREACHABLE);
        assertThat(fixture.inventory.unmadeGeoms()).containsOnlyKeys("disk");

        fixture.factory.with(uri("a"), SIZE, 512);
        eventually(() -> assertThat(fixture.inventory.geoms()).hasSize(1));
        assertThat(fixture.inventory.unmadeGeoms()).isEmpty();
        fixture.factory.with(uri("b"), SIZE, 512);
        eventually(() -> assertThat(fixture.inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(fixture.inventory.paths("disk")).extracting(PathView::device).containsExactly("a", "b");
    }

    @Test
    void aDeclarationThatIsWrongInItselfMakesNothing() {
        fixture.factory.with(uri("a"), SIZE, 512).with(uri("b"), SIZE, 512);
        Inventory inventory = fixture.inventory;

        assertRefused(
                Problem.DEVICE_NOT_FOUND, () -> inventory.declare(devices, List.of(fixture.spec("disk", "a", "typo"))));
        assertRefused(Problem.INVALID_NAME, () -> inventory.declare(devices, List.of(fixture.spec("a/b", "a"))));
        assertRefused(
                Problem.INVALID_URI, () -> inventory.declare(List.of(new DeviceSpec("a", "ftp://x/y")), List.of()));
        assertRefused(Problem.INVALID_NAME, () -> inventory.declare(List.of(new DeviceSpec("-", uri("a"))), List.of()));
        assertRefused(
                Problem.DEVICE_EXISTS,
                () -> inventory.declare(
                        List.of(new DeviceSpec("x", uri("a")), new DeviceSpec("y", uri("a"))), List.of()));

        assertThat(inventory.devices()).isEmpty();
        assertThat(inventory.geoms()).isEmpty();
    }

    @Test
    void devicesThatDoNotMatchAreLoggedAndTheRestIsMade() {
        fixture.factory.with(uri("a"), SIZE, 512).with(uri("b"), 2 * SIZE, 512);

        fixture.inventory.declare(devices, List.of(fixture.spec("disk", "a", "b"), fixture.spec("other", "b")));

        assertThat(fixture.inventory.geoms()).extracting(GeomView::name).containsExactly("other");
        assertThat(fixture.inventory.unmadeGeoms())
                .containsOnlyKeys("disk")
                .hasEntrySatisfying("disk", why -> assertThat(why).isNotBlank());
        fixture.inventory.createGeom(fixture.spec("disk", "a"), Terms.NONE);
        assertThat(fixture.inventory.unmadeGeoms()).isEmpty();
    }

    @Test
    void aDeviceDeclaredWithoutNameIsFoundAgainByItsUri() {
        List<DeviceSpec> nameless = List.of(new DeviceSpec(null, uri("a")));
        fixture.inventory.declare(nameless, List.of());
        fixture.inventory.declare(nameless, List.of());

        assertThat(fixture.inventory.devices()).extracting(DeviceView::name).containsExactly("host-a");
    }
}
