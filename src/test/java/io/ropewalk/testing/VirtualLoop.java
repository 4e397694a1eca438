package io.ropewalk.testing;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ropewalk.block.IoLoop;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;

/** A loop on virtual time: nothing happens until the test says so, and then in an order that never changes. */
public final class VirtualLoop implements IoLoop {
    private record Entry(long atNanos, long order, Runnable task, boolean[] cancelled) {}

    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>(Comparator.comparingLong(Entry::atNanos).thenComparingLong(Entry::order));
    private final Queue<Runnable> endOfTurn = new ArrayDeque<>();
    private long nowNanos;
    private long orders;
    private final ByteBufAllocator allocator;

    public VirtualLoop() {
        this(UnpooledByteBufAllocator.DEFAULT);
    }

    /** With an allocator of the test's own, so that it sees what is left behind. */
    public VirtualLoop(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public long nanoTime() {
        return nowNanos;
    }

    @Override
    public void execute(Runnable task) {
        schedule(task, 0);
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        boolean[] cancelled = {false};
        queue.add(new Entry(nowNanos + delayNanos, orders++, task, cancelled));
        return () -> cancelled[0] = true;
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        endOfTurn.add(task);
    }

    @Override
    public ByteBufAllocator allocator() {
        return allocator;
    }

    /** Runs what is due now. */
    public void run() {
        runFor(0);
    }

    /** Lets {@code nanos} pass. */
    public void runFor(long nanos) {
        long end = nowNanos + nanos;
        while (true) {
            runEndOfTurn();
            Entry next = queue.peek();
            if (next == null || next.atNanos() > end) {
                break;
            }
            runNext();
        }
        nowNanos = end;
    }

    /** Runs the next task, whenever it is due; false when there is none. */
    public boolean runNext() {
        Entry next = queue.poll();
        if (next == null) {
            return false;
        }
        nowNanos = Math.max(nowNanos, next.atNanos());
        if (!next.cancelled()[0]) {
            next.task().run();
        }
        runEndOfTurn();
        return true;
    }

    private void runEndOfTurn() {
        for (Runnable task = endOfTurn.poll(); task != null; task = endOfTurn.poll()) {
            task.run();
        }
    }
}
