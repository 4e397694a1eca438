package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Why a path was chosen, failed, held back, restored. */
class PathExplanationTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final Inventory inventory = fixture.inventory;

    @AfterEach
    void close() {
        fixture.close();
    }

    private List<String> decisions(String path) {
        return inventory.explainPath("disk", path).decisions().stream()
                .map(decision -> decision.kind() + " " + decision.why())
                .toList();
    }

    private String why(String path) {
        return inventory.explainPath("disk", path).why();
    }

    private void twoPaths() {
        fixture.devices("a", "b");
        fixture.create("disk", "a", "b");
    }

    @Test
    void theFirstPathWasChosenBecauseThereWasNone() {
        twoPaths();

        assertThat(decisions("a"))
                .containsExactly(
                        "ADDED Its device is there and fits, as asked for by operator.",
                        "CHOSEN It became the active path, as asked for by operator.");
        assertThat(why("a")).isEqualTo("It is the active path: every request goes here.");
        assertThat(why("b"))
                .isEqualTo(
                        "It is usable and waits: every request goes to a. When that fails, it is number 1 of 1 in line,"
                                + " the path added last being the first.");
    }

    @Test
    void whoFailedAPathAndWhatFollowed() {
        twoPaths();

        inventory.failPath("disk", "a", "cable swap", Terms.NONE.withActor("ann"));

        assertThat(decisions("a"))
                .endsWith(
                        "STOOD_DOWN b became the active path, as asked for by ann (cable swap).",
                        "FAILED OPERATOR: cable swap, as asked for by ann (cable swap).");
        assertThat(decisions("b")).endsWith("CHOSEN It became the active path, as asked for by ann (cable swap).");
        assertThat(why("a")).startsWith("It is out of use, OPERATOR: cable swap. Checks do not restore it;");
        assertThat(why("b")).isEqualTo("It is the active path: every request goes here. It is the only usable path.");
    }

    @Test
    void anErrorFailsAPathAndACheckRestoresIt() {
        twoPaths();

        fixture.factory.device("a").failWith(Kind.DISCONNECTED);
        eventually(() -> assertThat(fixture.stateOf("disk", "a")).isEqualTo(PathState.FAIL));
        assertThat(why("a")).contains("It comes back when it passes a check");
        fixture.factory.device("a").failWith(null);
        eventually(() -> assertThat(decisions("a"))
                .contains("STOOD_DOWN b became the active path, as a failed: CHECKER.")
                .endsWith("RESTORED It passed its check."));
        assertThat(decisions("b")).endsWith("CHOSEN It became the active path, as a failed: CHECKER.");
    }

    @Test
    void aPathThatIsHeldBackSaysWhyOnce() {
        twoPaths();

        fixture.factory.without(uri("a")).device("a").vanish();
        eventually(() -> assertThat(why("a")).contains("Nothing answers"));
        assertThat(decisions("a"))
                .filteredOn(decision -> decision.startsWith("HELD_BACK Nothing answers"))
                .hasSize(1);

        fixture.factory.with(uri("a"), 2 * SIZE, 512);
        eventually(() -> assertThat(decisions("a").getLast()).startsWith("HELD_BACK Device a has 2097152 bytes"));
        assertThat(why("a")).endsWith("It comes back when it leads to the geom's disk again.");

        fixture.factory.with(uri("a"), SIZE, 512);
        fixture.factory.device("a").vanish();
        eventually(() -> assertThat(decisions("a").getLast()).isEqualTo("ADDED Its device is there and fits."));
    }

    @Test
    void theOtherModesSayHowTheyChoose() {
        twoPaths();
        for (Mode mode : new Mode[] {Mode.ACTIVE_ACTIVE, Mode.ACTIVE_READ}) {
            inventory.configureGeom("disk", now -> new GeomSettings(mode, now.policies()), Terms.NONE);
            assertThat(why("a")).contains("the least in flight");
            assertThat(why("b")).contains("the least in flight");
        }
        assertThat(why("b")).endsWith("changes to a.");
    }

    @Test
    void decisionsAreBounded() {
        twoPaths();
        for (int i = 0; i < PathHistory.MOST_DECISIONS; i++) {
            inventory.rotateGeom("disk", Terms.NONE);
        }

        assertThat(decisions("a")).hasSize(PathHistory.MOST_DECISIONS).noneMatch(one -> one.startsWith("ADDED"));
        assertThat(inventory.explainPath("disk", "a").decisions())
                .extracting(PathDecision::time)
                .isSorted();
    }

    @Test
    void whatIsNotThereIsNotExplained() {
        twoPaths();

        assertRefused(Problem.GEOM_NOT_FOUND, () -> inventory.explainPath("no", "a"));
        assertRefused(Problem.PATH_NOT_FOUND, () -> inventory.explainPath("disk", "c"));
    }
}
