package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoOp;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.ScriptedDevice.Disk;
import io.ropewalk.testing.VirtualLoop;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PathSelectorTest {
    private static final VirtualLoop LOOP = new VirtualLoop();

    /** Newest first. */
    private final LanePath[] two = {path("B", 1), path("A", 0)};

    private final LanePath[] three = {path("C", 2), path("B", 1), path("A", 0)};

    @Test
    @DisplayName("R7: in Active/Passive every operation goes to the active path")
    void activePassiveUsesTheActivePath() {
        for (IoOp op : IoOp.values()) {
            assertThat(choose(Mode.ACTIVE_PASSIVE, op, three, three[2], 0)).isEqualTo("A");
        }
    }

    @Test
    @DisplayName("R8: in Active/Read reads are balanced, the active path included, all else goes to the active path")
    void activeReadBalancesReadsOnly() {
        for (IoOp op : IoOp.values()) {
            if (op != IoOp.READ) {
                assertThat(choose(Mode.ACTIVE_READ, op, two, two[1], 0)).isEqualTo("A");
            }
        }
        assertThat(sequence(Mode.ACTIVE_READ, two, 4)).isEqualTo("BABA");
    }

    @Test
    @DisplayName("R9: two paths at depth 1 take turns, newest first")
    void twoPathsTakeTurns() {
        assertThat(sequence(Mode.ACTIVE_ACTIVE, two, 6)).isEqualTo("BABABA");
    }

    @Test
    @DisplayName("R9: three paths at depth 1 take turns, newest first")
    void threePathsTakeTurns() {
        assertThat(sequence(Mode.ACTIVE_ACTIVE, three, 7)).isEqualTo("CBACBAC");
    }

    @Test
    @DisplayName("R9: without completions the load spreads evenly")
    void withoutCompletionsTheLoadSpreads() {
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            LanePath chosen = PathSelector.choose(Mode.ACTIVE_ACTIVE, IoOp.WRITE, three, null, 0);
            chosen.inFlight++;
            order.append(chosen.path.name());
        }
        assertThat(order).hasToString("CBACBA");
    }

    @Test
    @DisplayName("R9: the least busy path wins over the longest idle one")
    void leastBusyWins() {
        two[0].inFlight = 1;
        assertThat(choose(Mode.ACTIVE_ACTIVE, IoOp.READ, two, null, 0)).isEqualTo("A");
        assertThat(choose(Mode.ACTIVE_ACTIVE, IoOp.READ, two, null, 0)).isEqualTo("A");
    }

    @Test
    @DisplayName("Q7: a path that was tried is not chosen again, in any mode")
    void triedPathsAreLeftOut() {
        for (Mode mode : Mode.values()) {
            assertThat(choose(mode, IoOp.READ, three, three[0], three[0].bit | three[1].bit))
                    .isEqualTo("A");
            assertThat(PathSelector.choose(mode, IoOp.READ, three, three[0], 7)).isNull();
        }
    }

    @Test
    void withoutUsablePathThereIsNoChoice() {
        for (Mode mode : Mode.values()) {
            assertThat(PathSelector.choose(mode, IoOp.READ, new LanePath[0], null, 0))
                    .isNull();
        }
    }

    private static String choose(Mode mode, IoOp op, LanePath[] usable, LanePath active, long tried) {
        return PathSelector.choose(mode, op, usable, active, tried).path.name();
    }

    private static String sequence(Mode mode, LanePath[] usable, int length) {
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < length; i++) {
            order.append(choose(mode, IoOp.READ, usable, usable[usable.length - 1], 0));
        }
        return order.toString();
    }

    private static LanePath path(String name, int slot) {
        ScriptedDevice device = new ScriptedDevice(name, new Disk(4096));
        return new LanePath(null, new IoPath(device, slot), null, device.open(LOOP), 0);
    }
}
