package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExportsTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;
    private final List<SessionView> open = new ArrayList<>();
    private final List<String> reviewed = new ArrayList<>();

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
        public void review(String export) {
            reviewed.add(export);
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
        SessionView session = new SessionView(id, "disk", "127.0.0.1:4711", Instant.EPOCH, false, false, 0, 0, 0, 0, 0);
        open.add(session);
        inventory.sessionOpened(session);
        return session;
    }

    private static final Consumer<ExportView> REPLACE = export -> {};

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
                        .isSameAs(inventory.runningGeoms().getFirst().geom()));
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

    // ---- more names, and what they allow

    private static final ExportSettings READ_ONLY =
            new ExportSettings(true, List.of(ClientNetwork.parse("192.0.2.0/24")));

    private ExportSettings settings(String export) {
        return ExportSettings.of(inventory.export(export));
    }

    @Test
    void aGeomMayHaveMoreNames() {
        inventory.bindSessions(port);
        fixture.devices("a");
        fixture.create("disk", "a");

        ExportPut made = inventory.putExport("alias", "disk", READ_ONLY, REPLACE, Terms.NONE);

        assertThat(made.created()).isTrue();
        assertThat(made.export().generation()).isEqualTo(1);
        assertThat(settings("alias")).isEqualTo(READ_ONLY);
        assertThat(inventory.findExport("alias")).hasValueSatisfying(found -> {
            assertThat(found.readOnly()).isTrue();
            assertThat(found.allowedClients()).containsExactly("192.0.2.0/24");
        });
        assertThat(settings("disk")).isEqualTo(ExportSettings.DEFAULT);
        EventView event = Objects.requireNonNull(fixture.lastEvent("export.created"));
        assertThat(event.geom()).isEqualTo("disk");
        assertThat(event.detail())
                .containsEntry("export", "alias")
                .containsEntry("readOnly", "true")
                .containsEntry("actor", "operator");
    }

    @Test
    void whatIsPutAgainChangesOnlyWhereItDiffers() {
        inventory.bindSessions(port);
        fixture.devices("a");
        fixture.create("disk", "a");

        assertThat(inventory
                        .putExport("disk", "disk", READ_ONLY, REPLACE, Terms.NONE)
                        .created())
                .isFalse();
        assertThat(inventory
                        .putExport("disk", "disk", READ_ONLY, REPLACE, Terms.NONE)
                        .export()
                        .generation())
                .isEqualTo(2);
        inventory.configureExport(
                "disk", now -> new ExportSettings(false, now.allowedClients()), Terms.NONE.withIfGeneration(2L));

        assertThat(settings("disk")).isEqualTo(new ExportSettings(false, READ_ONLY.allowedClients()));
        assertThat(fixture.eventTypes())
                .filteredOn("export.changed"::equals)
                .as("one for each change, none for what was so already")
                .hasSize(2);
        assertThat(reviewed).as("sessions were looked at").containsExactly("disk", "disk");
        assertRefused(
                Problem.STALE_ETAG,
                () -> inventory.configureExport("disk", now -> now, Terms.NONE.withIfGeneration(2L)));
        assertRefused(
                Problem.STALE_ETAG,
                () -> inventory.putExport("other", "disk", READ_ONLY, REPLACE, Terms.NONE.withIfGeneration(1L)));
        assertRefused(Problem.STALE_ETAG, () -> inventory.deleteExport("disk", false, Terms.NONE.withIfGeneration(1L)));
    }

    @Test
    void aVerbMeantForAnExportThatBoreTheNameBeforeIsRefused() {
        fixture.devices("a");
        fixture.create("disk", "a");
        inventory.deleteExport("disk", false, Terms.NONE);
        inventory.putExport("disk", "disk", READ_ONLY, REPLACE, Terms.NONE);

        assertRefused(Problem.STALE_ETAG, () -> inventory.deleteExport("disk", false, Terms.NONE.withIfGeneration(1L)));
    }

    @Test
    void aDryRunChangesNothing() {
        fixture.devices("a");
        fixture.create("disk", "a");
        Terms dry = Terms.NONE.withDryRun(true);

        assertThat(inventory.putExport("alias", "disk", READ_ONLY, REPLACE, dry).created())
                .isTrue();
        assertThat(inventory.configureExport("disk", now -> READ_ONLY, dry).generation())
                .isEqualTo(2);
        inventory.deleteExport("disk", false, dry);

        assertThat(inventory.exports()).extracting(ExportView::name).containsExactly("disk");
        assertThat(settings("disk")).isEqualTo(ExportSettings.DEFAULT);
    }

    @Test
    void exportsOutliveARestartAndGoWithTheirGeom() {
        fixture.devices("a");
        fixture.create("disk", "a");
        inventory.putExport("alias", "disk", READ_ONLY, REPLACE, Terms.NONE);
        inventory.deleteExport("disk", false, Terms.NONE);

        Inventory again = fixture.restart().inventory;

        assertThat(again.exports()).extracting(ExportView::name).containsExactly("alias");
        assertThat(ExportSettings.of(again.export("alias"))).isEqualTo(READ_ONLY);
        assertThat(again.geom("disk").export()).isNull();
        again.destroyGeom("disk", false, Terms.NONE);
        assertThat(again.exports()).isEmpty();
    }

    @Test
    void anExportInUseIsDeletedByForceOnly() {
        inventory.bindSessions(port);
        fixture.devices("a");
        fixture.create("disk", "a");
        connect("s1");

        InventoryException e =
                assertRefused(Problem.EXPORT_IN_USE, () -> inventory.deleteExport("disk", false, Terms.NONE));
        assertThat(e.detail()).contains("1 session is");
        inventory.deleteExport("disk", true, Terms.NONE);

        assertThat(reviewed).as("its sessions are ended").endsWith("disk");
        assertThat(inventory.findExport("disk")).isEmpty();
        assertThat(inventory.geoms()).hasSize(1);
        assertRefused(Problem.EXPORT_NOT_FOUND, () -> inventory.deleteExport("disk", true, Terms.NONE));
        assertThat(fixture.eventTypes()).contains("export.deleted");
    }

    @Test
    void whatCannotBeExportedIsRefused() {
        fixture.devices("a", "b");
        fixture.create("disk", "a");
        fixture.create("other", "b");
        inventory.putExport("alias", "disk", READ_ONLY, REPLACE, Terms.NONE);

        assertRefused(
                Problem.INVALID_NAME,
                () -> inventory.putExport("-x", "disk", ExportSettings.DEFAULT, REPLACE, Terms.NONE));
        assertRefused(
                Problem.GEOM_NOT_FOUND,
                () -> inventory.putExport("x", "nothing", ExportSettings.DEFAULT, REPLACE, Terms.NONE));
        assertRefused(
                Problem.EXPORT_EXISTS,
                () -> inventory.putExport("alias", "other", ExportSettings.DEFAULT, REPLACE, Terms.NONE));
        inventory.deleteExport("other", false, Terms.NONE);
        assertRefused(
                Problem.GEOM_EXISTS,
                () -> inventory.putExport("other", "disk", ExportSettings.DEFAULT, REPLACE, Terms.NONE));
        assertRefused(Problem.EXPORT_NOT_FOUND, () -> inventory.configureExport("nothing", now -> now, Terms.NONE));
    }

    @Test
    void whoHasNotSeenAnExportDoesNotReplaceIt_howeverLateItCame() {
        fixture.devices("seen");
        fixture.create("seen", "seen");
        Consumer<ExportView> unseen = export -> {
            throw new IllegalStateException(export.name() + " would be replaced");
        };

        assertThat(inventory
                        .putExport("late", "seen", READ_ONLY, unseen, Terms.NONE)
                        .created())
                .isTrue();
        assertThat(inventory
                        .putExport("late", "seen", READ_ONLY, unseen, Terms.NONE)
                        .created())
                .as("it is as it should be")
                .isFalse();
        assertThatThrownBy(() -> inventory.putExport("late", "seen", ExportSettings.DEFAULT, unseen, Terms.NONE))
                .hasMessage("late would be replaced");
        assertThat(inventory.export("late").readOnly()).isTrue();
    }

    @Test
    void aSessionThatOpensWhileItsExportChangesIsLookedAtAgain() {
        inventory.bindSessions(port);
        fixture.devices("a");
        fixture.create("disk", "a");

        connect("s1");

        assertThat(reviewed).containsExactly("disk");
    }
}
