package io.ropewalk.file;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that wait for one disk, and for no other: when it hangs they hang, and nobody else. Platform threads,
 * started on demand, gone after a while without work. What waits for them is bounded by who asks: each session bounds
 * its requests in flight. Any thread.
 */
final class IoThreads {
    /** As many calls as a disk is given at once. */
    static final int MOST = 8;

    /**
     * Shorter than the interval of checks: else each check of an idle disk starts one more, for a pool starts threads until
     * it has them all, and many idle disks have thousands.
     */
    private static final Duration IDLE = Duration.ofSeconds(1);

    private final ThreadPoolExecutor executor;
    private final AtomicInteger started = new AtomicInteger();

    IoThreads(String name) {
        executor = new ThreadPoolExecutor(
                MOST,
                MOST,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new LinkedBlockingQueue<>(),
                task -> Thread.ofPlatform()
                        .daemon()
                        .name("file-" + name + "-" + started.incrementAndGet())
                        .unstarted(task));
        executor.allowCoreThreadTimeOut(true);
    }

    /** How many threads there have been. */
    int started() {
        return started.get();
    }

    /** @throws java.util.concurrent.RejectedExecutionException after {@link #finish} */
    void execute(Runnable call) {
        executor.execute(call);
    }

    /** Takes no more work; {@code last} is the last of it. Does not wait. */
    void finish(Runnable last) {
        executor.execute(last);
        executor.shutdown();
    }
}
