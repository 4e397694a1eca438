package io.ropewalk.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.AuditStore.Wanted;
import io.ropewalk.inventory.DesiredDevice;
import io.ropewalk.inventory.DesiredState;
import io.ropewalk.inventory.StoreException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcAuditStoreTest {
    private static final Wanted ALL = new Wanted(null, null, null, null, null, null);
    private static final Instant NOON = Instant.parse("2026-01-02T12:00:00.123456Z");

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

    @Test
    void anEntryComesBackAsItWasWritten() throws StoreException {
        AuditEntry entry = new AuditEntry(
                0, NOON, "night-shift", "192.0.2.7", "failPath", "path demo/demo-a", 7L, 8L, "k-1", AuditEntry.DONE);
        database.audit().add(entry);

        assertThat(database.audit().find(ALL, 10))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("seq")
                .containsExactly(entry);
    }

    @Test
    void entriesAreFound_newestFirst_byWhatIsAskedFor() throws StoreException {
        database.audit().add(entry("ann", "geom a", "done", NOON));
        database.audit().add(entry("bob", "geom a", "forbidden", NOON.plusSeconds(1)));
        database.audit().add(entry("ann", "geom b", "done", NOON.plusSeconds(2)));

        assertThat(resources(new Wanted(null, "ann", null, null, null, null))).containsExactly("geom b", "geom a");
        assertThat(resources(new Wanted(null, null, "geom a", null, null, null)))
                .hasSize(2);
        assertThat(resources(new Wanted(null, null, null, null, "forbidden", null)))
                .containsExactly("geom a");
        assertThat(resources(new Wanted(null, null, null, "nothing", null, null)))
                .isEmpty();
        assertThat(resources(new Wanted(null, null, null, null, null, NOON.plusSeconds(2))))
                .containsExactly("geom b");
        long newest = database.audit().find(ALL, 1).getFirst().seq();
        assertThat(resources(new Wanted(newest, null, null, null, null, null))).containsExactly("geom a", "geom a");
    }

    @Test
    void onlyTheNewestAreKept() throws StoreException {
        for (int i = 0; i < 640; i++) {
            database.audit().add(entry("ann", "geom " + i, "done", NOON));
        }

        assertThat(resources(ALL)).hasSize(100).startsWith("geom 639").endsWith("geom 540");
    }

    @Test
    void anEntryIsThereExactlyWhenItsChangeIs() throws StoreException {
        DesiredState good = devices(new DesiredDevice("a", "file:///a", null));
        DesiredState bad = devices(new DesiredDevice("b", "file:///" + "x".repeat(5000), null));

        database.store().save(DesiredState.EMPTY, good, entry("ann", "device a", "done", NOON));
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> database.store().save(good, bad, entry("ann", "device b", "done", NOON)));

        assertThat(resources(ALL)).containsExactly("device a");
        assertThat(database.store().load()).isEqualTo(good);
    }

    @Test
    void whatSomebodySentIsTamed() throws StoreException {
        database.audit().add(entry("evil\nline", "geom " + "x".repeat(1000), "done", NOON));

        AuditEntry found = database.audit().find(ALL, 1).getFirst();
        assertThat(found.actor()).isEqualTo("evil?line");
        assertThat(found.resource()).hasSize(255);
    }

    private List<String> resources(Wanted wanted) throws StoreException {
        return database.audit().find(wanted, 1000).stream()
                .map(AuditEntry::resource)
                .toList();
    }

    private static DesiredState devices(DesiredDevice device) {
        TreeMap<String, DesiredDevice> devices = new TreeMap<>();
        devices.put(device.name(), device);
        return new DesiredState(devices, new TreeMap<>(), new TreeMap<>(), 0);
    }

    private static AuditEntry entry(String actor, String resource, String outcome, Instant time) {
        @Nullable Long none = null;
        return new AuditEntry(0, time, actor, "192.0.2.7", "createGeom", resource, none, none, null, outcome);
    }
}
