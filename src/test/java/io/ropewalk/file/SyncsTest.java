package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.file.Syncs.Sync;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SyncsTest {
    private final Syncs syncs = new Syncs();
    private final Sync good = syncs.new Sync();
    private final Sync bad = syncs.new Sync();
    private final CompletableFuture<Void> heard = new CompletableFuture<>();

    @Test
    void failuresAreCountedAndTheLastIsKept() {
        assertThat(bad.call(() -> Errno.EIO)).isEqualTo(Errno.EIO);
        assertThat(good.call(() -> Errno.NONE)).isEqualTo(Errno.NONE);
        assertThat(syncs.failures()).isOne();
        assertThat(syncs.lastErrno()).isEqualTo(Errno.EIO);
        assertThat(good.toldToOthers()).isEqualTo(Errno.EIO);
        assertThat(syncs.new Sync().toldToOthers()).isEqualTo(Errno.NONE);
    }

    @Test
    void whoHadNothingToMakeDurable_wasToldOfNothing() {
        assertThat(bad.call(() -> -Errno.ENOSPC)).isEqualTo(Errno.ENOSPC);
        assertThat(syncs.failures()).isZero();
    }

    @Test
    void theGoodNewsWaitsForTheBad() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Integer> told = underWay(bad, goOn, Errno.EIO);

        assertThat(good.call(() -> Errno.NONE)).isEqualTo(Errno.NONE);
        good.whenOthersAreHeard(() -> heard.complete(null));

        assertThat(heard).isNotDone();
        goOn.countDown();
        assertThat(told.get()).isEqualTo(Errno.EIO);
        heard.get(30, TimeUnit.SECONDS);
        assertThat(good.toldToOthers()).isEqualTo(Errno.EIO);
    }

    @Test
    void theBadNewsThatHasComeMeanwhile_needsNoWaiting() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Integer> told = underWay(bad, goOn, Errno.EIO);
        assertThat(good.call(() -> Errno.NONE)).isEqualTo(Errno.NONE);
        goOn.countDown();
        assertThat(told.get()).isEqualTo(Errno.EIO);

        good.whenOthersAreHeard(() -> heard.complete(null));

        assertThat(heard).isDone();
        assertThat(good.toldToOthers()).isEqualTo(Errno.EIO);
    }

    @Test
    void whoBeganLater_isNotWaitedFor() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        assertThat(good.call(() -> Errno.NONE)).isEqualTo(Errno.NONE);
        CompletableFuture<Integer> later = underWay(bad, goOn, Errno.NONE);

        good.whenOthersAreHeard(() -> heard.complete(null));

        assertThat(heard).isDone();
        goOn.countDown();
        assertThat(later.get()).isEqualTo(Errno.NONE);
    }

    @Test
    void whoCannotBeToldInItsStead_isNotWaitedFor() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Integer> told = underWay(bad, goOn, Errno.NONE);

        assertThat(good.callAlone(() -> Errno.NONE)).isEqualTo(Errno.NONE);
        good.whenOthersAreHeard(() -> heard.complete(null));

        assertThat(heard).isDone();
        goOn.countDown();
        assertThat(told.get()).isEqualTo(Errno.NONE);
    }

    /** Begins {@code sync} on a thread of its own; it ends with {@code errno} after {@code goOn}. */
    private static CompletableFuture<Integer> underWay(Sync sync, CountDownLatch goOn, int errno) {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Integer> result = CompletableFuture.supplyAsync(
                () -> sync.call(() -> {
                    begun.countDown();
                    await(goOn);
                    return errno;
                }),
                Thread::startVirtualThread);
        await(begun);
        return result;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
