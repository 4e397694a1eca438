package io.ropewalk.inventory;

import io.ropewalk.engine.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The latest events, in order. Any thread; guarded by its own lock, a leaf: nothing else is locked, called or waited
 * for while it is held (but for the readers who wait for more). {@link #append} is quick enough for callbacks under a
 * geom's mutex.
 */
final class EventLog {
    private final EngineClock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    /** Each event in the place of its seq, modulo the capacity: who reads on from somewhere need not look for it. */
    private final @Nullable EventView[] ring;

    private final long firstSeq;
    private long nextSeq;
    private boolean ended;

    /**
     * An empty log.
     *
     * @param capacity how many events are kept, 1 or more
     */
    EventLog(EngineClock clock, int capacity) {
        this.clock = clock;
        this.ring = new @Nullable EventView[capacity];
        // Microseconds, so that a reader who resumes after a restart is behind us, never ahead: we would have to make a
        // million events a second to catch up with the clock. Below 2^53 for two centuries, so exact in any JSON
        // reader.
        this.firstSeq = Math.multiplyExact(clock.now().toEpochMilli(), 1000);
        this.nextSeq = firstSeq;
    }

    /** The time that events bear. */
    Instant now() {
        return clock.now();
    }

    void append(String type, @Nullable String geom, @Nullable String path, Map<String, String> detail) {
        Map<String, String> more = VerbContext.addTo(detail);
        lock.lock();
        try {
            ring[placeOf(nextSeq)] = new EventView(nextSeq, clock.now(), type, geom, path, more);
            nextSeq++;
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    EventPage after(long seq, int limit) {
        lock.lock();
        try {
            return page(seq, limit);
        } finally {
            lock.unlock();
        }
    }

    EventPage awaitAfter(long seq, int limit, Duration timeout) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = timeout.toNanos();
            // A reader who is ahead of us (seq of another life) is answered at once, too.
            while (left > 0 && seq == nextSeq - 1 && !ended) {
                left = grown.awaitNanos(left);
            }
            return page(seq, limit);
        } finally {
            lock.unlock();
        }
    }

    /** The seq to ask after for what is yet to come. */
    long lastSeq() {
        lock.lock();
        try {
            return nextSeq - 1;
        } finally {
            lock.unlock();
        }
    }

    private EventPage page(long seq, int limit) {
        long last = nextSeq - 1;
        long oldest = Math.max(firstSeq, nextSeq - ring.length);
        boolean compacted = seq > last || (seq != 0 && seq < oldest - 1) || (seq == 0 && oldest > firstSeq);
        long from = Math.clamp(seq, oldest - 1, last) + 1;
        long to = Math.min(from + Math.max(1, limit), nextSeq);
        List<EventView> items = new ArrayList<>();
        for (long each = from; each < to; each++) {
            items.add(Objects.requireNonNull(ring[placeOf(each)]));
        }
        return new EventPage(items, compacted, last);
    }

    private int placeOf(long seq) {
        return (int) (seq % ring.length);
    }

    /** Nobody waits any more: there is nothing to come, or too little to wait for. */
    void end() {
        lock.lock();
        try {
            ended = true;
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
