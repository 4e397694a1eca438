package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A store that cannot write refuses the verb, and nothing has changed, in the store or here. */
class StoreFailureTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;
    private List<GeomView> geomsBefore;
    private DesiredState stored;

    @BeforeEach
    void aGeomAndThenTheStoreFails() {
        fixture.devices("a", "b", "spare");
        fixture.create("disk", "a", "b");
        geomsBefore = inventory.geoms();
        stored = fixture.memory().state;
        fixture.memory().failing = true;
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void assertRefusedWithoutEffect(ThrowingCallable verb) {
        long lastSeq = fixture.events().getLast().seq();

        InventoryException e = assertRefused(Problem.STORE_FAILED, verb);

        assertThat(e.detail()).contains("The disk is full");
        assertThat(inventory.geoms()).isEqualTo(geomsBefore);
        assertThat(inventory.devices()).extracting(DeviceView::name).containsExactly("a", "b", "spare");
        assertThat(inventory.device("spare").geom()).isNull();
        assertThat(fixture.memory().state).isEqualTo(stored);
        assertThat(inventory.eventsAfter(lastSeq, 10).items()).isEmpty();
    }

    @Test
    void aRegisteredDeviceIsClosedAgain() {
        fixture.factory.with(uri("new"), SIZE, 512);

        assertRefusedWithoutEffect(() -> inventory.registerDevice(new DeviceSpec("new", uri("new")), Terms.NONE));

        assertThat(fixture.factory.device("new").closed).isTrue();
    }

    @Test
    void aDeviceIsNotRemoved() {
        assertRefusedWithoutEffect(() -> inventory.removeDevice("spare", Terms.NONE));
        assertThat(fixture.factory.device("spare").closed).isFalse();
    }

    @Test
    void aGeomIsNotCreated() {
        assertRefusedWithoutEffect(() -> fixture.create("other", "spare"));
    }

    @Test
    void aGeomIsNotConfigured() {
        assertRefusedWithoutEffect(() -> inventory.configureGeom(
                "disk", now -> new GeomSettings(Mode.ACTIVE_ACTIVE, now.policies()), Terms.NONE));
    }

    @Test
    void aGeomIsNotStoppedNorDestroyed() {
        assertRefusedWithoutEffect(() -> inventory.stopGeom("disk", Terms.NONE));
        assertRefusedWithoutEffect(() -> inventory.destroyGeom("disk", true, Terms.NONE));
    }

    @Test
    void aPathIsNeitherAddedNorRemovedNorFailed() {
        assertRefusedWithoutEffect(() -> inventory.addPath("disk", "spare", Terms.NONE));
        assertRefusedWithoutEffect(() -> inventory.removePath("disk", "a", LastPath.REFUSE, Terms.NONE));
        assertRefusedWithoutEffect(() -> inventory.failPath("disk", "a", null, Terms.NONE));
    }

    @Test
    void whatNeedsNoStoreGoesOn() {
        inventory.preferPath("disk", "b", null, Terms.NONE);
        inventory.rotateGeom("disk", Terms.NONE);

        assertThat(inventory.activePaths("disk")).containsExactly("a");
        fixture.factory.device("a").vanish();
        eventually(() -> assertThat(fixture.eventTypes()).contains("device.opened"));
        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.PASSIVE));
    }

    @Test
    void whenTheStoreWorksAgainSoDoTheVerbs() {
        assertRefused(Problem.STORE_FAILED, () -> inventory.failPath("disk", "a", null, Terms.NONE));
        fixture.memory().failing = false;

        assertThat(inventory.failPath("disk", "a", null, Terms.NONE).state()).isEqualTo(PathState.FAIL);
        assertThat(fixture.memory().state.geoms().get("disk").paths().getFirst().isFailedByOperator())
                .isTrue();
    }

    @Test
    void thatChangesCannotBeStoredIsKnownUntilOneIs() {
        assertThat(inventory.unstoredSince()).isEmpty();

        assertRefused(Problem.STORE_FAILED, () -> inventory.failPath("disk", "a", null, Terms.NONE));
        Optional<Instant> since = inventory.unstoredSince();
        assertRefused(Problem.STORE_FAILED, () -> inventory.stopGeom("disk", Terms.NONE));

        assertThat(since).isPresent();
        assertThat(inventory.unstoredSince()).as("since the first").isEqualTo(since);
        fixture.memory().failing = false;
        inventory.failPath("disk", "a", null, Terms.NONE);
        assertThat(inventory.unstoredSince()).isEmpty();
    }

    @Test
    void aRefusedChangeThatWasStoredAllTheSame_isGoneWithTheNextChange() {
        fixture.memory().failing = false;
        fixture.memory().losingAnswers = true;
        fixture.factory.with(uri("new"), SIZE, 512);
        assertRefused(
                Problem.STORE_FAILED, () -> inventory.registerDevice(new DeviceSpec("new", uri("new")), Terms.NONE));
        assertThat(fixture.memory().state.devices()).as("what was stored").containsKey("new");
        assertRefused(Problem.STORE_FAILED, () -> fixture.create("other", "spare"));
        assertThat(fixture.memory().state.geoms()).as("what was stored").containsKey("other");

        fixture.memory().losingAnswers = false;
        inventory.removeDevice("spare", Terms.NONE);

        assertThat(fixture.memory().state.devices()).containsOnlyKeys("a", "b");
        assertThat(fixture.memory().state.geoms()).containsOnlyKeys("disk");
        fixture.restart();
        assertThat(fixture.inventory.devices()).extracting(DeviceView::name).containsExactly("a", "b");
    }

    @Test
    void whoTakesBackAChangeThatWasRefused_hasItTakenOutOfTheStore() {
        fixture.memory().failing = false;
        fixture.memory().losingAnswers = true;
        assertRefused(Problem.STORE_FAILED, () -> inventory.failPath("disk", "a", null, Terms.NONE));
        fixture.memory().losingAnswers = false;

        inventory.restorePath("disk", "a", null, Terms.NONE);

        assertThat(fixture.memory().state.geoms().get("disk").paths().getFirst().isFailedByOperator())
                .isFalse();
        assertThat(inventory.unstoredSince()).isEmpty();
    }

    @Test
    void aChangeThatIsAskedForAgainIsStored_whateverCameOfTheFirst() {
        fixture.memory().failing = false;
        fixture.memory().losingAnswers = true;
        assertRefused(Problem.STORE_FAILED, () -> inventory.failPath("disk", "a", null, Terms.NONE));
        fixture.memory().losingAnswers = false;

        inventory.failPath("disk", "a", null, Terms.NONE);

        assertThat(fixture.memory().state.geoms().get("disk").paths().getFirst().isFailedByOperator())
                .isTrue();
        assertThat(fixture.memory().state.geoms().get("disk").generation())
                .isEqualTo(inventory.geom("disk").generation());
    }
}
