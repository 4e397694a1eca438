package io.ropewalk.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.Shape;
import io.ropewalk.inventory.DesiredDevice;
import io.ropewalk.inventory.DesiredExport;
import io.ropewalk.inventory.DesiredGeom;
import io.ropewalk.inventory.DesiredPath;
import io.ropewalk.inventory.DesiredState;
import io.ropewalk.inventory.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcInventoryStoreTest {
    private static final Shape SHAPE = new Shape(
            new Geometry(1L << 40, 512, 4096, 32 << 20), Capabilities.of(Capability.WRITE, Capability.MULTI_CHANNEL));
    private static final Policies ODD = new Policies(
            Duration.ofNanos(123_456_789),
            Duration.ofMinutes(3),
            Policies.Cache.PER_PATH,
            Policies.Restore.MANUAL,
            Duration.ZERO,
            Duration.ofMillis(7),
            new Policies.NoPath(Duration.ofHours(1), 3, 4));

    private static final String UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    @TempDir
    Path folder;

    private TestDatabase database;

    @BeforeEach
    void open() {
        database = TestDatabase.in(folder);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static DesiredState state(
            List<DesiredDevice> devices, List<DesiredGeom> geoms, List<DesiredExport> exports) {
        TreeMap<String, DesiredDevice> byDevice = new TreeMap<>();
        devices.forEach(device -> byDevice.put(device.name(), device));
        TreeMap<String, DesiredGeom> byGeom = new TreeMap<>();
        geoms.forEach(geom -> byGeom.put(geom.name(), geom));
        TreeMap<String, DesiredExport> byExport = new TreeMap<>();
        exports.forEach(export -> byExport.put(export.name(), export));
        return new DesiredState(byDevice, byGeom, byExport, 0);
    }

    private static DesiredDevice device(String name) {
        return new DesiredDevice(name, "mem://host/" + name);
    }

    private static DesiredGeom geom(String name, Policies policies, boolean stopped, DesiredPath... paths) {
        return new DesiredGeom(
                name, GeomType.MANUAL, null, Mode.ACTIVE_READ, policies, SHAPE, List.of(paths), stopped, 3);
    }

    private static final DesiredState FULL = state(
            List.of(device("a"), device("b"), device("c")),
            List.of(
                    geom("disk", ODD, false, new DesiredPath("b", ""), new DesiredPath("a", "cable")),
                    geom("old", Policies.DEFAULT, true, new DesiredPath("b"))),
            List.of(
                    new DesiredExport("alias", "disk", true, List.of("::1", "10.0.0.0/8"), 2),
                    new DesiredExport("disk", "disk", false, List.of(), 1)));

    @Test
    void anEmptyStoreHasNothing() throws Exception {
        assertThat(database.store().load()).isEqualTo(DesiredState.EMPTY);
    }

    @Test
    void whatIsSavedIsLoaded() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);

        assertThat(database.store().load()).isEqualTo(FULL);
    }

    @Test
    void whatChangesIsReplacedAndWhatIsGoneIsDeleted() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);
        DesiredState next = state(
                List.of(device("a"), device("d")),
                List.of(geom("disk", Policies.DEFAULT, false, new DesiredPath("d"), new DesiredPath("a"))),
                List.of(new DesiredExport("disk", "disk", true, List.of("127.0.0.1"), 2)));

        database.store().save(FULL, next, null);
        assertThat(database.store().load()).isEqualTo(next);

        database.store().save(next, DesiredState.EMPTY, null);
        assertThat(database.store().load()).isEqualTo(DesiredState.EMPTY);
    }

    @Test
    void aDeviceThatChangesKeepsThePathsThatSpeakOfIt() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);
        DesiredState next = state(
                List.of(device("a"), new DesiredDevice("b", "mem://host/b", UUID), device("c")),
                List.copyOf(FULL.geoms().values()),
                List.copyOf(FULL.exports().values()));

        database.store().save(FULL, next, null);

        assertThat(database.store().load()).isEqualTo(next);
    }

    @Test
    void whatLabelsNeedToBeRememberedIs() throws Exception {
        DesiredGeom labelled = new DesiredGeom(
                "disk-x7q2",
                GeomType.AUTOMATIC,
                UUID,
                "disk",
                Mode.ACTIVE_ACTIVE,
                ODD,
                SHAPE,
                List.of(new DesiredPath("a")),
                false,
                1);
        DesiredState state = state(List.of(device("a")), List.of(labelled), List.of());

        database.store().save(DesiredState.EMPTY, state, null);

        assertThat(database.store().load()).isEqualTo(state);
    }

    @Test
    void theGenerationsThatAreNoMoreAreRemembered() throws Exception {
        DesiredState empty = DesiredState.EMPTY;
        DesiredState third = new DesiredState(empty.devices(), empty.geoms(), empty.exports(), 3);
        DesiredState ninth = new DesiredState(empty.devices(), empty.geoms(), empty.exports(), 9);

        database.store().save(empty, third, null);
        database.store().save(third, ninth, null);

        assertThat(database.store().load()).isEqualTo(ninth);
    }

    @Test
    void aGeomThatChangesKeepsItsExports() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);
        TreeMap<String, DesiredGeom> geoms = new TreeMap<>(FULL.geoms());
        geoms.put("disk", geom("disk", Policies.DEFAULT, false, new DesiredPath("a")));
        DesiredState next = new DesiredState(FULL.devices(), geoms, FULL.exports(), 0);

        database.store().save(FULL, next, null);

        assertThat(database.store().load()).isEqualTo(next);
    }

    @Test
    void aSaveWhoseOutcomeWasLostCanBeMadeAgain() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);

        database.store().save(DesiredState.EMPTY, FULL, null);

        assertThat(database.store().load()).isEqualTo(FULL);
    }

    @Test
    void aSaveThatFailsHalfwayLeavesWhatWas() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);
        DesiredState impossible = state(
                List.of(device("a"), device("b"), device("z")),
                List.of(geom("disk", ODD, false, new DesiredPath("no-such-device"))),
                List.of());

        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> database.store().save(FULL, impossible, null))
                .withMessageStartingWith("The inventory's database cannot be written: ");

        assertThat(database.store().load()).isEqualTo(FULL);
    }

    @Test
    void aDatabaseThatIsGoneIsAProperFailure() {
        database.pool().dispose();

        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> database.store().load());
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> database.store().save(DesiredState.EMPTY, FULL, null));
        database = TestDatabase.in(folder);
    }

    @Test
    void whatWasWrittenByAnotherVersionIsAProperFailure() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);
        try (var connection = database.pool().getConnection();
                var statement = connection.createStatement()) {
            statement.executeUpdate("update geom set mode = 'ACTIVE_UNHEARD_OF'");
        }

        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> database.store().load())
                .withMessageContaining("another version");
    }

    @Test
    void whatWasAcknowledgedSurvivesAProcessThatIsKilled() throws Exception {
        database.store().save(DesiredState.EMPTY, FULL, null);
        Path copy = Files.createDirectory(folder.resolve("copy"));

        // The bytes as the kernel has them now, with the database still open: all that a killed process leaves.
        Files.copy(folder.resolve("inventory.mv.db"), copy.resolve("inventory.mv.db"));

        try (TestDatabase after = TestDatabase.in(copy)) {
            assertThat(after.store().load()).isEqualTo(FULL);
        }
    }
}
