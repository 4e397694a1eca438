package io.ropewalk.nbd;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that all sessions together may hold. First come, first served: while somebody waits nobody overtakes, so a
 * long request is not starved by short ones. Any thread; the lock is taken only when somebody has to wait.
 */
final class NbdServerBudget {
    private final long totalBytes;
    private final AtomicLong takenBytes = new AtomicLong();
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private volatile boolean contended;

    private record Waiting(long bytes, LongConsumer granted) {}

    /** A budget of {@code totalBytes}, at least what is ever taken at once. */
    NbdServerBudget(long totalBytes) {
        this.totalBytes = totalBytes;
    }

    /**
     * Takes {@code bytes}, or queues for them.
     *
     * @param granted told, once, that they are the caller's now, where they could not be had at once; on any thread and
     *     under a lock, so it must only pass the news on
     * @return whether they were to be had at once
     */
    boolean take(long bytes, LongConsumer granted) {
        if (!contended && tryTake(bytes)) {
            return true;
        }
        synchronized (waiting) {
            waiting.add(new Waiting(Math.min(bytes, totalBytes), granted));
            contended = true;
            serveWaiting();
        }
        return false;
    }

    /** Takes {@code bytes} even where that exceeds the total: for what is there already. */
    void takeAnyway(long bytes) {
        takenBytes.addAndGet(bytes);
    }

    void give(long bytes) {
        takenBytes.addAndGet(-bytes);
        if (contended) {
            synchronized (waiting) {
                serveWaiting();
            }
        }
    }

    /** Whether somebody waits. */
    boolean isContended() {
        return contended;
    }

    long takenBytes() {
        return takenBytes.get();
    }

    /** Under the lock. Whoever gives looks at {@code contended} afterwards, so no grant is lost between the two. */
    private void serveWaiting() {
        @Nullable Waiting first = waiting.peek();
        while (first != null && tryTake(first.bytes())) {
            waiting.remove();
            first.granted().accept(first.bytes());
            first = waiting.peek();
        }
        contended = first != null;
    }

    private boolean tryTake(long bytes) {
        long taken = takenBytes.get();
        while (taken + bytes <= totalBytes) {
            if (takenBytes.compareAndSet(taken, taken + bytes)) {
                return true;
            }
            taken = takenBytes.get();
        }
        return false;
    }
}
