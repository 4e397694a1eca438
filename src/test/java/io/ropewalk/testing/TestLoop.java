package io.ropewalk.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ropewalk.block.IoLoop;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * An {@link IoLoop} on a plain thread. Each task is a turn of its own. Its allocator knows what is still held, and what
 * a task threw is kept for {@link #assertHealthy}.
 */
public final class TestLoop implements IoLoop, AutoCloseable {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
    private final List<Throwable> thrown = new CopyOnWriteArrayList<>();
    private final Queue<Runnable> endOfTurn = new ArrayDeque<>();
    private final ScheduledThreadPoolExecutor executor;
    private volatile @Nullable Thread thread;

    public TestLoop() {
        this("test-loop");
    }

    public TestLoop(String name) {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread created = Thread.ofPlatform().daemon().name(name).unstarted(task);
            thread = created;
            return created;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.prestartAllCoreThreads();
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == thread;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
        executor.execute(() -> turn(task));
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        ScheduledFuture<?> future = executor.schedule(() -> turn(task), delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        if (!inLoop()) {
            throw new IllegalStateException("atEndOfTurn is for the loop itself");
        }
        endOfTurn.add(task);
    }

    @Override
    public ByteBufAllocator allocator() {
        return allocator;
    }

    /** Bytes of this loop's allocator that nobody has released. */
    public long heldBytes() {
        return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
    }

    /** No task has thrown and every buffer comes back. */
    public void assertHealthy() {
        assertThat(thrown).as("thrown by tasks of the loop").isEmpty();
        Awaitility.await("all buffers released")
                .atMost(Requests.DEADLINE)
                .untilAsserted(() -> assertThat(heldBytes()).as("bytes held").isZero());
    }

    /** Stops the thread once it has run what it was given; later tasks are refused with {@link RejectedExecutionException}. */
    @Override
    public void close() {
        executor.shutdown();
    }

    private void turn(Runnable task) {
        run(task);
        for (Runnable last = endOfTurn.poll(); last != null; last = endOfTurn.poll()) {
            run(last);
        }
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable problem) {
            thrown.add(problem);
        }
    }
}
