package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.Mode;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelMode;
import io.ropewalk.testing.Ask;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What the original says on the console (R54) and through its probes (R53), one by one, and the events that say it here,
 * in the same order. The words in quotation marks are the original's.
 */
class ConsoleMessagesTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;
    private final MemoryDisk disk = new MemoryDisk(SIZE);

    @AfterEach
    void close() {
        fixture.close();
    }

    /** What is told from {@code before} on. */
    private List<EventView> toldSince(long before) {
        return inventory.eventsAfter(before, 1000).items();
    }

    private List<String> wordsSince(long before) {
        return toldSince(before).stream()
                .map(event -> event.path() == null ? event.type() : event.type() + " " + event.path())
                .toList();
    }

    private long now() {
        return inventory.eventsAfter(0, 1).lastSeq();
    }

    private EventView one(long since, String type) {
        return toldSince(since).stream()
                .filter(event -> event.type().equals(type))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + type + " in " + wordsSince(since)));
    }

    private void twoPaths() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
    }

    private static void putLabel(MemoryDisk disk, String name, long uuid) {
        Label label = new Label(name, new UUID(7, uuid).toString(), 512, disk.size(), LabelMode.ACTIVE_PASSIVE);
        disk.write(disk.size() - 512, LabelCodec.encode(label));
    }

    // ---- geoms come

    @Test
    @DisplayName(
            "R54: \"created\", \"added to\", \"is now active path in\": geom.created, path.added, path.active-changed")
    void created() {
        fixture.devices("a", "b");
        long before = now();
        fixture.create("disk", "a", "b");
        assertThat(wordsSince(before))
                .containsExactly(
                        "geom.created", "path.added a", "path.active-changed a", "path.added b", "geom.optimal");
    }

    @Test
    @DisplayName("R20, R54: \"name already exists\": the caller is told, nobody else, and nothing is made")
    void alreadyExists() {
        twoPaths();
        fixture.devices("c");
        long before = now();
        assertRefused(Problem.GEOM_EXISTS, () -> fixture.create("disk", "c"));
        assertThat(wordsSince(before)).isEmpty();
    }

    @Test
    @DisplayName(
            "Q31, Q32, R54: \"provider already attached\": everything is checked first, nothing appears and vanishes")
    void alreadyAttached() {
        twoPaths();
        fixture.devices("c");
        long before = now();
        assertRefused(Problem.DEVICE_IN_USE, () -> fixture.create("second", "c", "b"));
        assertThat(wordsSince(before)).isEmpty();
        assertThat(inventory.geoms()).hasSize(1);
    }

    // ---- paths fail and come back

    @Test
    @DisplayName("R53, R54: \"is marked FAIL\" by hand: the new active path first, then the failure")
    void failedByHand() {
        twoPaths();
        long before = now();
        inventory.failPath("disk", "a", "test", Terms.NONE);
        assertThat(wordsSince(before)).containsExactly("path.active-changed b", "path.failed a", "geom.degraded");
        assertThat(one(before, "path.failed").detail()).containsEntry("reason", "OPERATOR");
    }

    @Test
    @DisplayName("R53, R54: \"is marked OK\": path.restored, and no word of another active path")
    void restoredByHand() {
        twoPaths();
        inventory.failPath("disk", "a", "test", Terms.NONE);
        long before = now();
        inventory.restorePath("disk", "a", null, Terms.NONE);
        assertThat(wordsSince(before)).containsExactly("path.restored a", "geom.optimal");
        assertThat(one(before, "path.restored").detail()).containsEntry("trigger", "OPERATOR");
    }

    @Test
    @DisplayName("R53, R54: \"Error, marked FAIL\": path.failed with the error, before the path that is active now")
    void failedByError() {
        twoPaths();
        long before = now();
        fixture.factory.device("a").failWith(Kind.DISCONNECTED);
        eventually(() -> assertThat(wordsSince(before)).contains("path.failed a"));
        assertThat(wordsSince(before)).startsWith("path.failed a", "path.active-changed b", "geom.degraded");
        assertThat(one(before, "path.failed").detail()).containsEntry("error", "DISCONNECTED");
    }

    @Test
    @DisplayName("R53, R54: \"all paths were marked FAIL, restore\": the failure, each restore, then the active path")
    void allFailed() {
        twoPaths();
        inventory.failPath("disk", "a", "test", Terms.NONE);
        long before = now();
        inventory.failPath("disk", "b", "test", Terms.NONE);
        assertThat(wordsSince(before)).startsWith("path.restored a", "path.active-changed a", "path.failed b");
        assertThat(one(before, "path.restored").detail()).containsEntry("trigger", "ALL_FAILED");
    }

    @Test
    @DisplayName("R45, R53, Q35: failing the only path is told as what it is: restored at once, the failure after it")
    void theOnlyPath() {
        fixture.devices("a");
        fixture.create("disk", "a");
        long before = now();
        inventory.failPath("disk", "a", "test", Terms.NONE);
        assertThat(wordsSince(before)).startsWith("path.restored a", "path.failed a");
    }

    // ---- paths come and go

    @Test
    @DisplayName("R54: \"removing\", \"removed from\": path.lost, path.removed, each once")
    void removed() {
        twoPaths();
        long before = now();
        inventory.removePath("disk", "b", LastPath.REFUSE, Terms.NONE);
        assertThat(wordsSince(before)).containsExactly("path.lost b", "geom.degraded", "path.removed b");
        assertThat(one(before, "path.lost").detail()).containsEntry("cause", "removed");
    }

    @Test
    @DisplayName(
            "R31, R53, R54: \"was disconnected\": path.lost with the cause, another active path, then path.removed")
    void disconnected() {
        twoPaths();
        long before = now();
        fixture.factory.device("a").vanish();
        eventually(() -> assertThat(wordsSince(before)).contains("path.removed a"));
        assertThat(wordsSince(before))
                .containsSubsequence("path.lost a", "path.active-changed b", "geom.degraded", "path.removed a");
        assertThat(one(before, "path.lost").detail()).containsEntry("cause", "the cable was pulled");
    }

    @Test
    @DisplayName("R54: \"out of providers\": path.active-changed to none, and geom.broken")
    void outOfProviders() {
        fixture.devices("a");
        fixture.create("disk", "a");
        long before = now();
        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(wordsSince(before)).contains("geom.broken"));
        assertThat(wordsSince(before)).containsSubsequence("path.lost a", "path.active-changed", "geom.broken");
    }

    @Test
    @DisplayName("R41, R49, R54: \"is now active path in\" after prefer and rotate: path.active-changed")
    void activeByHand() {
        twoPaths();
        long before = now();
        inventory.preferPath("disk", "b", null, Terms.NONE);
        inventory.rotateGeom("disk", Terms.NONE);
        assertThat(wordsSince(before)).containsExactly("path.active-changed b", "path.active-changed a");
    }

    // ---- geoms go

    @Test
    @DisplayName(
            "R34, R54: \"destroying\", \"destroyed\": geom.stopping, then geom.stopped or geom.destroyed when it has drained")
    void destroying() {
        twoPaths();
        long before = now();
        inventory.stopGeom("disk", Terms.NONE);
        inventory.destroyGeom("disk", false, Terms.NONE);
        assertThat(wordsSince(before)).containsExactly("geom.stopping", "geom.stopped", "geom.destroyed");
    }

    @Test
    @DisplayName("R48, R54: \"Can't erase metadata\": the caller is told, and label.left when it was forced")
    void notErased() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.factory.device("a").failWritesWith(Kind.IO);
        long before = now();
        assertRefused(Problem.LABEL_NOT_WRITTEN, () -> inventory.destroyGeom("disk1", false, Terms.NONE));
        inventory.destroyGeom("disk1", true, Terms.NONE);
        assertThat(wordsSince(before)).containsSubsequence("label.left", "geom.stopping", "geom.destroyed");
    }

    // ---- sizes

    @Test
    @DisplayName("R37, R54: \"size changed from to\": geom.resized with both sizes")
    void resized() {
        twoPaths();
        long before = now();
        fixture.factory.device("a").resize(2 * SIZE);
        fixture.factory.device("b").resize(2 * SIZE);
        eventually(() -> assertThat(wordsSince(before)).contains("geom.resized"));
        assertThat(one(before, "geom.resized").detail())
                .containsEntry("beforeBytes", Long.toString(SIZE))
                .containsEntry("nowBytes", Long.toString(2 * SIZE));
    }

    @Test
    @DisplayName("R39, R54: \"Can't update metadata\" after a resize: geom.not-resized, and the size stays")
    void notResized() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.factory.device("a").failWritesWith(Kind.IO);
        long before = now();
        fixture.factory.device("a").resize(2 * SIZE);
        eventually(() -> assertThat(wordsSince(before)).contains("geom.not-resized"));
        assertThat(inventory.geom("disk1").sizeBytes()).isEqualTo(SIZE - 512);
    }

    @Test
    @DisplayName("R43, R54: \"Can't update metadata\" after configure: the caller is told, and nothing has changed")
    void notConfigured() {
        fixture.paths(disk, "a");
        fixture.label("disk1", "a");
        fixture.factory.device("a").failWritesWith(Kind.IO);
        long before = now();
        assertRefused(
                Problem.LABEL_NOT_WRITTEN,
                () -> inventory.configureGeom(
                        "disk1", settings -> new GeomSettings(Mode.ACTIVE_ACTIVE, settings.policies()), Terms.NONE));
        assertThat(wordsSince(before)).doesNotContain("geom.configured");
        assertThat(inventory.geom("disk1").mode()).isEqualTo(Mode.ACTIVE_PASSIVE);
    }

    // ---- tasting

    @Test
    @DisplayName("R25, R53: the taste probe: label.tasted with name and UUID, before what is made of it")
    void tasted() {
        putLabel(disk, "disk1", 1);
        long before = now();
        fixture.paths(disk, "a");
        assertThat(wordsSince(before))
                .containsSubsequence("device.registered a", "label.tasted a", "geom.created", "path.added a");
        assertThat(one(before, "label.tasted").detail())
                .containsEntry("name", "disk1")
                .containsKey("uuid");
    }

    @Test
    @DisplayName("R25, R54: \"rejecting\" another version: label.refused")
    void otherVersion() {
        putLabel(disk, "disk1", 1);
        disk.write(SIZE - 512 + 72, new byte[] {2, 0, 0, 0});
        long before = now();
        fixture.paths(disk, "a");
        assertThat(one(before, "label.refused").detail()).containsEntry("reason", "WRONG_VERSION");
    }

    @Test
    @DisplayName(
            "R28, R54: \"exists already\", \"will be (temporarily)\": geom.named-temporarily with the name on disk")
    void namedTemporarily() {
        putLabel(disk, "disk", 1);
        twoPaths();
        long before = now();
        fixture.paths(disk, "c");
        EventView event = one(before, "geom.named-temporarily");
        assertThat(event.detail()).containsEntry("name", "disk");
        assertThat(event.geom()).startsWith("disk-");
    }

    @Test
    @DisplayName("R29, R54: \"cannot create geom\" from a label: label.refused, and nothing is left of it")
    void cannotCreate() {
        fixture.paths(disk, "a");
        putLabel(disk, "disk1", 1);
        fixture.memory().failing = true;
        long before = now();
        TasteView view = inventory.tasteDevice("a", Terms.NONE);
        assertThat(view.outcome()).isEqualTo(TasteView.Outcome.REFUSED);
        assertThat(one(before, "label.refused").detail()).containsEntry("reason", "GEOM_REFUSES");
        assertThat(inventory.geoms()).isEmpty();
        fixture.memory().failing = false;
        assertThat(inventory.tasteDevice("a", Terms.NONE).outcome()).isEqualTo(TasteView.Outcome.GEOM_CREATED);
    }

    // ---- retries

    @Test
    @DisplayName("R14, R53: the restart probe: no event for each request, but a count")
    void restarts() {
        twoPaths();
        Geom geom = inventory.runningGeoms().getFirst().geom();
        IoLoop loop = fixture.loops.next();
        loop.execute(() -> {
            fixture.factory.device("a").failWith(Kind.DISCONNECTED);
            Ask.read(geom.open(loop), 0, 512);
        });
        eventually(() -> assertThat(geom.stats().retries()).isEqualTo(1));
        assertThat(wordsSince(0)).noneMatch(word -> word.contains("retr"));
    }
}
