package io.ropewalk.engine;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ropewalk.block.IoLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One virtual clock, several event loops on it, and the world around them. One task runs at a time; which one is next
 * follows from the seed alone.
 *
 * <p>As on real loops, what one loop executes keeps its order, what comes from elsewhere arrives a little later, and a
 * loop may stall while the others go on. Tasks are never interrupted in the middle: races inside one task are for other
 * tests.
 */
final class SimScheduler {
    private final SimRandom random;
    private final long wakeUpNanos;
    private final PriorityQueue<Task> queue = new PriorityQueue<>();
    private final List<Loop> loops = new ArrayList<>();
    private final ByteBufAllocator allocator;

    /** What {@link IoLoop#nanoTime} counts from: anything, as the real one; also just before it overflows. */
    private final long epochNanos;

    private long nowNanos;
    private long moments;
    private long created;
    private @Nullable Loop current;

    /** @param wakeUpNanos how long a task from elsewhere takes to reach a loop at most */
    SimScheduler(SimRandom random, long wakeUpNanos) {
        this.random = random;
        this.wakeUpNanos = wakeUpNanos;
        this.epochNanos = random.chance(0.1) ? Long.MAX_VALUE - 1_000_000_000L : random.any();
        this.allocator = new UnpooledByteBufAllocator(false, true);
    }

    Loop newLoop() {
        Loop loop = new Loop(loops.size());
        loops.add(loop);
        return loop;
    }

    List<Loop> loops() {
        return loops;
    }

    /** Virtual nanoseconds since the world began. */
    long nowNanos() {
        return nowNanos;
    }

    /** A number larger than every one before: what happened first has the smaller one, also within a nanosecond. */
    long nextMoment() {
        return ++moments;
    }

    /** Bytes in buffers that nobody has released. */
    long bytesInBuffers() {
        var metric = ((UnpooledByteBufAllocator) allocator).metric();
        return metric.usedHeapMemory() + metric.usedDirectMemory();
    }

    /** Something that happens in the world, on no loop. */
    void after(long delayNanos, Runnable task) {
        enqueue(new Task(nowNanos + delayNanos, created++, null, task));
    }

    /** Runs the next task; false when nothing is left to happen. */
    boolean step() {
        Task task = queue.poll();
        if (task == null) {
            return false;
        }
        if (task.loop != null && task.loop.stalledUntil > task.atNanos) {
            task.atNanos = task.loop.stalledUntil;
            queue.add(task);
            return true;
        }
        nowNanos = Math.max(nowNanos, task.atNanos);
        if (!task.cancelled) {
            run(task);
        }
        return true;
    }

    private void run(Task task) {
        current = task.loop;
        task.action.run();
        if (task.loop != null) {
            task.loop.endTurn();
        }
        current = null;
    }

    private Task enqueue(Task task) {
        queue.add(task);
        return task;
    }

    private static final class Task implements Comparable<Task> {
        private final long order;
        private final @Nullable Loop loop;
        private final Runnable action;
        private long atNanos;
        private boolean cancelled;

        Task(long atNanos, long order, @Nullable Loop loop, Runnable action) {
            this.atNanos = atNanos;
            this.order = order;
            this.loop = loop;
            this.action = action;
        }

        @Override
        public int compareTo(Task other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** One event loop of the world. */
    final class Loop implements IoLoop {
        private final int index;
        private final Queue<Runnable> endOfTurn = new ArrayDeque<>();
        private long latestExecuteNanos;
        private long stalledUntil;

        Loop(int index) {
            this.index = index;
        }

        /** Nothing runs on this loop for that long. */
        void stall(long nanos) {
            stalledUntil = nowNanos + nanos;
        }

        @Override
        public boolean inLoop() {
            return current == this;
        }

        @Override
        public long nanoTime() {
            return epochNanos + nowNanos;
        }

        @Override
        public void execute(Runnable task) {
            long wakeUp = inLoop() ? 0 : random.between(0, wakeUpNanos);
            latestExecuteNanos = Math.max(latestExecuteNanos, nowNanos + wakeUp);
            enqueue(new Task(latestExecuteNanos, created++, this, task));
        }

        @Override
        public Timer schedule(Runnable task, long delayNanos) {
            Task scheduled = enqueue(new Task(nowNanos + Math.max(0, delayNanos), created++, this, task));
            return () -> scheduled.cancelled = true;
        }

        @Override
        public void atEndOfTurn(Runnable task) {
            endOfTurn.add(task);
        }

        private void endTurn() {
            for (Runnable task = endOfTurn.poll(); task != null; task = endOfTurn.poll()) {
                task.run();
            }
        }

        @Override
        public ByteBufAllocator allocator() {
            return allocator;
        }

        /** The engine keeps its lanes in a hash map: their order there must follow from the seed, too. */
        @Override
        public int hashCode() {
            return index;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public String toString() {
            return "loop" + index;
        }
    }
}
