package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SyncsTest {
    private final Syncs syncs = new Syncs();

    @Test
    void failuresAreCountedAndTheLastIsKept() {
        assertThat(syncs.call(() -> Errno.EIO)).isEqualTo(Errno.EIO);
        assertThat(syncs.callAndWaitForOthers(() -> Errno.NONE)).isEqualTo(Errno.NONE);
        assertThat(syncs.failures()).isOne();
        assertThat(syncs.lastErrno()).isEqualTo(Errno.EIO);
    }

    @Test
    @DisplayName("Who was told that all is well hears of it only when the one who was told otherwise has said so")
    void theGoodNewsWaitsForTheBad() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Integer> bad = onThreadOfItsOwn(() -> syncs.call(() -> {
            told.countDown();
            await(goOn);
            return Errno.EIO;
        }));
        await(told);
        CountDownLatch wellDone = new CountDownLatch(1);
        CompletableFuture<Integer> failuresSeen = onThreadOfItsOwn(() -> {
            syncs.callAndWaitForOthers(() -> {
                wellDone.countDown();
                return Errno.NONE;
            });
            return syncs.failures();
        });
        await(wellDone);
        TimeUnit.MILLISECONDS.sleep(50);
        assertThat(failuresSeen).isNotDone();
        goOn.countDown();
        assertThat(bad.get()).isEqualTo(Errno.EIO);
        assertThat(failuresSeen.get()).isOne();
    }

    private static CompletableFuture<Integer> onThreadOfItsOwn(Supplier<Integer> task) {
        return CompletableFuture.supplyAsync(task, Thread::startVirtualThread);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
