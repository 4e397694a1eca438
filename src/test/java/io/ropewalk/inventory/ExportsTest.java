package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExportsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;
    private final List<SessionView> open = new ArrayList<>();

    private final SessionPort port = new SessionPort() {
        @Override
        public List<SessionView> sessions(String export) {
            return open.stream()
                    .filter(session -> session.export().equals(export))
                    .toList();
        }

        @Override
        public int count(String export) {
            return sessions(export).size();
        }

        @Override
        public boolean disconnect(String export, String id) {
            return open.removeIf(session -> session.id().equals(id));
        }

        @Override
        public String uri(String export) {
            return "nbd://127.0.0.1:10809/" + export;
        }
    };

    @AfterEach
    void close() {
        fixture.close();
    }

    private SessionView connect(String id) {
        SessionView session = new SessionView(id, "disk", "127.0.0.1:4711", Instant.EPOCH, false);
        open.add(session);
        inventory.sessionOpened(session);
        return session;
    }

    @Test
    void aGeomIsExportedUnderItsOwnName() {
        inventory.bindSessions(port);
        fixture.devices("a");

        GeomView geom = fixture.create("disk", "a");

        ExportView export = new ExportView("disk", "disk", false, List.of(), "nbd://127.0.0.1:10809/disk", 0, 1);
        assertThat(geom.export()).isEqualTo(export);
        assertThat(inventory.exports()).containsExactly(export);
        assertThat(inventory.export("disk")).isEqualTo(export);
        assertThat(inventory.findExport("disk"))
                .hasValueSatisfying(found -> assertThat(found.device())
                        .isSameAs(inventory.runningGeoms().getFirst()));
        assertThat(inventory.findExport("other")).isEmpty();
        assertRefused(Problem.EXPORT_NOT_FOUND, () -> inventory.export("other"));
        assertRefused(Problem.EXPORT_NOT_FOUND, () -> inventory.sessions("other"));
    }

    @Test
    void sessionsAreCountedListedAndDisconnected() {
        inventory.bindSessions(port);
        fixture.devices("a");
        fixture.create("disk", "a");
        SessionView session = connect("s1");

        assertThat(inventory.sessions("disk")).containsExactly(session);
        assertThat(inventory.export("disk").sessions()).isEqualTo(1);
        assertRefused(Problem.SESSION_NOT_FOUND, () -> inventory.disconnectSession("disk", "s2", Terms.NONE));
        inventory.disconnectSession("disk", "s1", Terms.NONE.withDryRun(true));
        assertThat(open).hasSize(1);

        inventory.disconnectSession("disk", "s1", Terms.NONE);
        inventory.sessionClosed(session);

        assertThat(open).isEmpty();
        assertThat(fixture.eventTypes()).endsWith("session.opened", "session.disconnected", "session.closed");
        assertThat(fixture.events().getLast().geom()).isEqualTo("disk");
        assertThat(fixture.events().getLast().detail()).containsEntry("client", "127.0.0.1:4711");
    }

    @Test
    void q25_aGeomWithSessionsIsDestroyedByForceOnly() {
        inventory.bindSessions(port);
        fixture.devices("a");
        fixture.create("disk", "a");
        connect("s1");
        connect("s2");

        InventoryException e =
                assertRefused(Problem.GEOM_IN_USE, () -> inventory.destroyGeom("disk", false, Terms.NONE));
        assertThat(e.detail()).contains("2 sessions are");
        assertRefused(Problem.GEOM_IN_USE, () -> inventory.removePath("disk", "a", LastPath.DESTROY, Terms.NONE));

        inventory.destroyGeom("disk", true, Terms.NONE);
        assertThat(inventory.findExport("disk")).isEmpty();
    }

    @Test
    void theNameOfAnotherGeomsExportIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        fixture.memory().state =
                fixture.memory().state.withExport(new DesiredExport("alias", "disk", false, List.of(), 1));
        fixture.restart();

        assertRefused(Problem.EXPORT_EXISTS, () -> fixture.create("alias", "b"));
    }
}
