package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NbdSessionMemoryTest {
    private static final long KIB = 1 << 10;
    private static final long MIB = 1 << 20;

    private final NbdServerBudget budget = new NbdServerBudget(4 * MIB);
    private final List<Long> granted = new ArrayList<>();
    private final NbdSessionMemory memory = new NbdSessionMemory(64 * MIB, budget, granted::add);

    @Test
    void whoHasWaitedOnce_isAdmitted_whateverElseHasEndedMeanwhile() {
        budget.take(3 * MIB, bytes -> {});
        assertThat(memory.admit(100, 0, true)).isTrue();
        long small = memory.startAnswer();
        assertThat(memory.admit(768 * KIB, 0, false)).isTrue();
        memory.endAnswer(memory.startAnswer());
        memory.settle(0);

        assertThat(memory.admit(MIB, 0, false)).isFalse();
        List<Long> others = new ArrayList<>();
        budget.take(MIB, others::add);
        memory.endAnswer(small);
        memory.settle(0);
        budget.give(MIB);

        assertThat(granted).hasSize(1);
        memory.grant(granted.getFirst());
        assertThat(memory.admit(MIB, 0, true)).isTrue();
    }

    @Test
    void whatIsSpare_isGivenBack_andInTheEndEverything() {
        assertThat(memory.admit(2 * MIB, 0, true)).isTrue();
        memory.endAnswer(memory.startAnswer());
        memory.settle(0);
        assertThat(budget.takenBytes()).isZero();
        assertThat(memory.admit(5, 0, true)).isTrue();
        memory.close();
        assertThat(budget.takenBytes()).isZero();
    }
}
