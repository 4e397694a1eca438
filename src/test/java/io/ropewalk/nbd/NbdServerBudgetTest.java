package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NbdServerBudgetTest {
    private final NbdServerBudget budget = new NbdServerBudget(100);
    private final List<Long> granted = new ArrayList<>();

    @Test
    void whatIsThere_isTakenAtOnce() {
        assertThat(budget.take(60, granted::add)).isTrue();
        assertThat(budget.take(40, granted::add)).isTrue();
        assertThat(budget.takenBytes()).isEqualTo(100);
        assertThat(budget.isContended()).isFalse();
        assertThat(granted).isEmpty();
    }

    @Test
    void whoCannotHaveItNow_isToldLater() {
        budget.take(60, granted::add);
        assertThat(budget.take(50, granted::add)).isFalse();
        assertThat(budget.isContended()).isTrue();
        budget.give(5);
        assertThat(granted).isEmpty();
        budget.give(5);
        assertThat(granted).containsExactly(50L);
        assertThat(budget.takenBytes()).isEqualTo(100);
        assertThat(budget.isContended()).isFalse();
    }

    @Test
    void nobodyOvertakesWhoWaits() {
        budget.take(60, granted::add);
        budget.take(90, granted::add);
        assertThat(budget.take(1, granted::add)).isFalse();
        budget.give(60);
        assertThat(granted).containsExactly(90L, 1L);
    }

    @Test
    void whatIsThereAlready_mayOverdraw() {
        budget.takeAnyway(150);
        assertThat(budget.take(1, granted::add)).isFalse();
        budget.give(150);
        assertThat(granted).containsExactly(1L);
    }

    @Test
    void moreThanTheTotal_isCutToTheTotalRatherThanWaitForEver() {
        assertThat(budget.take(500, granted::add)).isFalse();
        assertThat(granted).containsExactly(100L);
    }

    @Test
    void manyThreads_loseNothingAndNobodyWaitsForEver() throws InterruptedException {
        AtomicInteger most = new AtomicInteger();
        AtomicInteger held = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int seed = 0; seed < 4; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            threads.add(Thread.ofPlatform().start(() -> {
                LinkedBlockingQueue<Long> mine = new LinkedBlockingQueue<>();
                for (int i = 0; i < 20_000; i++) {
                    int bytes = random.nextInt(1, 60);
                    if (!budget.take(bytes, mine::add)) {
                        takeUninterruptibly(mine);
                    }
                    most.accumulateAndGet(held.addAndGet(bytes), Math::max);
                    held.addAndGet(-bytes);
                    budget.give(bytes);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join(20_000);
            assertThat(thread.isAlive()).isFalse();
        }
        assertThat(most.get()).isLessThanOrEqualTo(100);
        assertThat(budget.takenBytes()).isZero();
        assertThat(budget.isContended()).isFalse();
    }

    private static void takeUninterruptibly(LinkedBlockingQueue<Long> queue) {
        try {
            queue.take();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
