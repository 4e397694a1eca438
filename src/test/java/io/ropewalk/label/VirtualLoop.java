package io.ropewalk.label;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ropewalk.block.IoLoop;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A loop that runs in the test's own thread and whose time passes when there is nothing else to do. */
final class VirtualLoop implements IoLoop {
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Entry> timers =
            new PriorityQueue<>(Comparator.comparingLong(Entry::at).thenComparingLong(Entry::number));
    private long now;
    private long number;

    private record Entry(long at, long number, Runnable task) {}

    /** Runs until {@code future} is done; a future that never will be is a failure. */
    <T> T await(CompletableFuture<T> future) {
        while (!future.isDone()) {
            Runnable task = next();
            if (task == null) {
                throw new AssertionError("nothing left to do, and no answer");
            }
            task.run();
        }
        return future.join();
    }

    /** Runs all there is to do now. */
    void settle() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    int pendingTimers() {
        return timers.size();
    }

    private @Nullable Runnable next() {
        if (!tasks.isEmpty()) {
            return tasks.remove();
        }
        Entry entry = timers.poll();
        if (entry == null) {
            return null;
        }
        now = entry.at();
        return entry.task();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        Entry entry = new Entry(now + delayNanos, number++, task);
        timers.add(entry);
        return () -> timers.remove(entry);
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        tasks.add(task);
    }

    @Override
    public ByteBufAllocator allocator() {
        return UnpooledByteBufAllocator.DEFAULT;
    }
}
