package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.PathEntry.Failure;
import io.ropewalk.engine.PathTable.Change;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.ScriptedDevice.Disk;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The rules on path states, as pure functions. Paths A, B, C were added in this order, so the list is C, B, A. */
class PathTableTest {
    private static final Instant NOW = Instant.EPOCH;
    private static final Failure BROKEN =
            Failure.of(FailReason.DISCONNECTED, IoError.of(Kind.DISCONNECTED, "reset by peer"));

    private final IoPath a = path("A", 0);
    private final IoPath b = path("B", 1);
    private final IoPath c = path("C", 2);
    private final PathTable three = table(Mode.ACTIVE_PASSIVE, a, b, c);

    @Test
    @DisplayName("R23: the first path added becomes active, later ones do not")
    void firstAddedIsActive() {
        assertThat(three.active()).isSameAs(a);
        assertThat(three.newestFirst()).extracting(PathEntry::path).containsExactly(c, b, a);
    }

    @Test
    @DisplayName("R4: while another path is usable nothing is restored")
    void faultWithOthersUsableRestoresNothing() {
        Change change = three.fault(a, BROKEN, NOW);
        assertThat(change.events()).containsExactly(new PathEvent.Failed(a, BROKEN), new PathEvent.ActiveChanged(c));
    }

    @Test
    @DisplayName("R4: when the last usable path is faulted all others come back, it stays FAIL")
    void lastPathFailing_restoresTheOthersOnce() {
        PathTable two =
                three.fault(a, BROKEN, NOW).table().fault(c, BROKEN, NOW).table();
        Change change = two.fault(b, BROKEN, NOW);
        assertThat(change.events())
                .containsExactly(
                        new PathEvent.Failed(b, BROKEN),
                        new PathEvent.Restored(c, RestoreTrigger.ALL_FAILED),
                        new PathEvent.Restored(a, RestoreTrigger.ALL_FAILED),
                        new PathEvent.ActiveChanged(c));
        assertThat(states(change.table())).containsExactly("A PASSIVE", "B FAIL", "C ACTIVE");
    }

    @Test
    @DisplayName("R4: a path failed by an operator comes back as well, Q6: it said OPERATOR until then")
    void allFailedRestoreIncludesOperatorFailed() {
        PathTable failed = three.failByOperator(a, "by hand", false, NOW).table();
        assertThat(failed.find(a).orElseThrow().failure().reason()).isEqualTo(FailReason.OPERATOR);
        PathTable after =
                failed.fault(b, BROKEN, NOW).table().fault(c, BROKEN, NOW).table();
        assertThat(states(after)).containsExactly("A PASSIVE", "B ACTIVE", "C FAIL");
    }

    @Test
    @DisplayName("R4, R45: a path that is alone never stays FAIL")
    void singlePathIsRestoredAtOnce() {
        PathTable single = table(Mode.ACTIVE_PASSIVE, a);
        Change change = single.fault(a, BROKEN, NOW);
        assertThat(states(change.table())).containsExactly("A ACTIVE");
        assertThat(change.events())
                .containsExactly(new PathEvent.Failed(a, BROKEN), new PathEvent.Restored(a, RestoreTrigger.ALL_FAILED));
        assertThat(states(single.failByOperator(a, "by hand", false, NOW).table()))
                .containsExactly("A ACTIVE");
    }

    @Test
    @DisplayName("R5: the new active path is the first usable one in list order, not the next after it")
    void newActiveIsTheNewestUsable() {
        assertThat(three.fault(a, BROKEN, NOW).table().active()).isSameAs(c);
        PathTable onB = three.prefer(b).table();
        assertThat(onB.fault(b, BROKEN, NOW).table().active()).isSameAs(c);
    }

    @Test
    @DisplayName("R5: the fault of a path that is not active leaves the active one")
    void faultOfPassivePathKeepsTheActive() {
        Change change = three.fault(b, BROKEN, NOW);
        assertThat(change.table().active()).isSameAs(a);
        assertThat(change.events()).containsExactly(new PathEvent.Failed(b, BROKEN));
    }

    @Test
    @DisplayName("R6: with an attached path there is a usable one after any fault")
    void someAttachedPathIsAlwaysUsable() {
        PathTable table = three;
        for (IoPath path : List.of(a, b, c, a, c, b, b, a)) {
            if (table.find(path).orElseThrow().isUsable()) {
                table = table.fault(path, BROKEN, NOW).table();
            }
            assertThat(table.usableCount()).isPositive();
            assertThat(table.active()).isNotNull();
        }
    }

    @Test
    @DisplayName("Q1: a path that departs while it is removed is counted once")
    void departingTwiceCountsOnce() {
        PathTable table =
                three.depart(a, "removed", NOW).table().depart(a, "gone", NOW).table();
        assertThat(table.attachedCount()).isEqualTo(2);
        assertThat(table.state()).isEqualTo(GeomState.OPTIMAL);
        PathTable single = table.depart(b, "gone", NOW).table();
        assertThat(single.fault(c, BROKEN, NOW).table().active()).isSameAs(c);
    }

    @Test
    @DisplayName("Q1: restore makes the path active when there is none")
    void restoreActivatesWhenThereIsNone() {
        PathTable none = new PathTable(
                Mode.ACTIVE_PASSIVE, List.of(PathEntry.added(a, NOW).failed(BROKEN, NOW)), null, false);
        Change change = none.restore(a, RestoreTrigger.OPERATOR, NOW);
        assertThat(change.table().active()).isSameAs(a);
        assertThat(change.events())
                .containsExactly(new PathEvent.Restored(a, RestoreTrigger.OPERATOR), new PathEvent.ActiveChanged(a));
    }

    @Test
    @DisplayName("Q4: each return into use starts a new epoch")
    void restoreStartsAnEpoch() {
        PathTable back = three.fault(b, BROKEN, NOW)
                .table()
                .restore(b, RestoreTrigger.CHECKER, NOW)
                .table();
        assertThat(back.find(b).orElseThrow().epoch()).isEqualTo(1);
        assertThat(back.find(c).orElseThrow().epoch()).isZero();
    }

    @Test
    @DisplayName("R24: a path that is added again starts clean")
    void readdedPathIsClean() {
        PathTable without = three.fault(b, BROKEN, NOW).table().remove(b).table();
        PathTable again = without.add(path("B", without.freeSlot(0)), NOW).table();
        assertThat(states(again)).containsExactly("A ACTIVE", "C PASSIVE", "B PASSIVE");
        assertThat(without.freeSlot(0)).isEqualTo(1);
        assertThat(without.freeSlot(2)).isEqualTo(3);
        assertThat(without.freeSlot(64)).isEqualTo(1);
    }

    @Test
    @DisplayName("R31: the departure of the last usable path restores the failed ones")
    void departureOfTheLastUsableRestores() {
        PathTable table =
                three.fault(a, BROKEN, NOW).table().fault(b, BROKEN, NOW).table();
        assertThat(states(table.depart(c, "gone", NOW).table())).containsExactly("A PASSIVE", "B ACTIVE", "C LOST");
    }

    @Test
    @DisplayName("R49: rotate goes to the next usable path in list order and wraps")
    void rotateWraps() {
        PathTable table = three.fault(c, BROKEN, NOW).table();
        table = table.rotate().table();
        assertThat(table.active()).isSameAs(b);
        assertThat(table.rotate().table().active()).isSameAs(a);
        assertThat(table(Mode.ACTIVE_PASSIVE, a).rotate().events()).isEmpty();
    }

    @Test
    @DisplayName("R50: in Active/Active every usable path is active, newest first, else the active one")
    void getactive() {
        assertThat(three.activePaths()).containsExactly(a);
        assertThat(three.withMode(Mode.ACTIVE_ACTIVE)
                        .fault(b, BROKEN, NOW)
                        .table()
                        .activePaths())
                .containsExactly(c, a);
        assertThat(PathTable.empty(Mode.ACTIVE_PASSIVE).activePaths()).isEmpty();
    }

    @Test
    @DisplayName("R52: one path is never OPTIMAL, none is BROKEN, a failed one makes DEGRADED")
    void geomStates() {
        assertThat(PathTable.empty(Mode.ACTIVE_PASSIVE).state()).isEqualTo(GeomState.BROKEN);
        assertThat(table(Mode.ACTIVE_PASSIVE, a).state()).isEqualTo(GeomState.DEGRADED);
        assertThat(three.state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(three.fault(b, BROKEN, NOW).table().state()).isEqualTo(GeomState.DEGRADED);
        assertThat(three.withStopping().state()).isEqualTo(GeomState.STOPPING);
    }

    @Test
    @DisplayName("R52: path states by mode")
    void pathStates() {
        assertThat(states(three)).containsExactly("A ACTIVE", "B PASSIVE", "C PASSIVE");
        assertThat(states(three.withMode(Mode.ACTIVE_READ))).containsExactly("A ACTIVE", "B READ", "C READ");
        assertThat(states(three.withMode(Mode.ACTIVE_ACTIVE))).containsExactly("A ACTIVE", "B ACTIVE", "C ACTIVE");
    }

    @Test
    @DisplayName("R53: an automatic failure is told before the restores it causes, one by hand after them")
    void orderOfEvents() {
        PathTable two = table(Mode.ACTIVE_PASSIVE, a, b).fault(b, BROKEN, NOW).table();
        assertThat(two.fault(a, BROKEN, NOW).events().getFirst()).isInstanceOf(PathEvent.Failed.class);
        assertThat(two.failByOperator(a, "by hand", false, NOW).events().getLast())
                .isInstanceOf(PathEvent.Failed.class);
    }

    private static List<String> states(PathTable table) {
        return table.newestFirst().reversed().stream()
                .map(entry -> entry.path() + " " + table.stateOf(entry))
                .toList();
    }

    private static PathTable table(Mode mode, IoPath... paths) {
        PathTable table = PathTable.empty(mode);
        for (IoPath path : paths) {
            table = table.add(path, NOW).table();
        }
        return table;
    }

    private static IoPath path(String name, int slot) {
        return new IoPath(new ScriptedDevice(name, new Disk(4096)), slot);
    }
}
