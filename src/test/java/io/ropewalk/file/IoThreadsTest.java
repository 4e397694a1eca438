package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class IoThreadsTest {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    @Test
    void manyDisksThatAreUsedInTurn_shareAFewThreads() {
        Set<Thread> used = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            used.add(threadOf(new IoThreads("disk" + i)));
        }

        // Two would do; a few more are there when one is not yet free as the next disk asks.
        assertThat(used).hasSizeLessThan(50);
    }

    @Test
    void aDiskThatHangs_hasItsShareOfThreads_andHoldsUpNobodyElse() {
        CountDownLatch thaw = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        IoThreads hanging = new IoThreads("hanging");
        int calls = 3 * IoThreads.MOST;
        for (int i = 0; i < calls; i++) {
            hanging.execute(() -> {
                begun.incrementAndGet();
                await(thaw);
                done.incrementAndGet();
            });
        }
        until(() -> begun.get() == IoThreads.MOST);

        for (int i = 0; i < 100; i++) {
            assertThat(threadOf(new IoThreads("well" + i)).getName()).isEqualTo("file-well" + i);
        }
        assertThat(begun).hasValue(IoThreads.MOST);

        thaw.countDown();
        until(() -> done.get() == calls);
        assertThat(hanging.taken()).isEqualTo(IoThreads.MOST);
    }

    @Test
    void aCallThatThrows_leavesItsPlaceToTheNext() {
        IoThreads threads = new IoThreads("disk");
        AtomicInteger thrown = new AtomicInteger();
        for (int i = 0; i < 3 * IoThreads.MOST; i++) {
            threads.execute(() -> {
                Thread.currentThread().setUncaughtExceptionHandler((thread, e) -> thrown.incrementAndGet());
                throw new IllegalStateException("on purpose");
            });
        }

        assertThat(threadOf(threads)).isNotNull();
        until(() -> thrown.get() == 3 * IoThreads.MOST);
    }

    @Test
    void afterTheLastCall_nothingIsTaken() {
        IoThreads threads = new IoThreads("disk");
        CompletableFuture<Boolean> last = new CompletableFuture<>();

        threads.finish(() -> last.complete(true));

        assertThat(last.orTimeout(30, TimeUnit.SECONDS).join()).isTrue();
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> threads.execute(() -> {}));
    }

    private static Thread threadOf(IoThreads threads) {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        threads.execute(() -> thread.complete(Thread.currentThread()));
        return thread.orTimeout(30, TimeUnit.SECONDS).join();
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(DEADLINE).until(condition);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
