package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What one session holds in memory, within its own bound and the server's budget. On the session's loop.
 *
 * <p>Three things count. <em>Answers</em>: what each READ or BLOCK_STATUS on its way will bring. <em>Pins</em>: a WRITE's payload is a slice
 * that keeps its whole receive buffer alive, so the buffer counts, once, while any of its WRITEs is on its way.
 * <em>Unsent</em> bytes, which the client has not taken yet; the caller knows them. A request is <em>admitted</em>
 * before its payload is received.
 *
 * <p>The budget is leased in pieces of {@value #LEASE_BYTES} bytes, so that small requests rarely touch it.
 */
final class NbdSessionMemory {
    private static final long LEASE_BYTES = 256 << 10;
    private static final long SPARE_LEASE_BYTES = 1 << 20;
    private static final long NOT_ADMITTED = -1;

    private final long maximumBytes;
    private final NbdServerBudget budget;
    private final LongConsumer granted;

    private long heldBytes;
    private long leasedBytes;
    private long admittedBytes = NOT_ADMITTED;
    private boolean waiting;

    private Pin pin = new Pin();
    private @Nullable Pin freePins;

    /** A receive buffer in use. */
    static final class Pin {
        private @Nullable ByteBuf buffer;
        private long bytes;
        private int uses;
        private @Nullable Pin next;
    }

    /**
     * Memory of one session.
     *
     * @param granted told, on any thread, that a {@link #admit} which had to wait for the budget may go on; calls {@link
     *     #grant} on the session's loop
     */
    NbdSessionMemory(long maximumBytes, NbdServerBudget budget, LongConsumer granted) {
        this.maximumBytes = maximumBytes;
        this.budget = budget;
        this.granted = granted;
    }

    long heldBytes() {
        return heldBytes;
    }

    /** Whether a request was admitted that is not complete yet. */
    boolean isAdmitted() {
        return admittedBytes != NOT_ADMITTED;
    }

    /** Whether the budget is to tell before anything more is admitted. */
    boolean isWaiting() {
        return waiting;
    }

    /**
     * Makes room for a request's {@code bytes}, once per request.
     *
     * @param idle whether the session has nothing else to do: then its own bound does not count
     * @return whether there is room
     */
    boolean admit(long bytes, long unsentBytes, boolean idle) {
        long needed = heldBytes + unsentBytes + bytes;
        if (waiting || (!idle && needed > maximumBytes)) {
            return false;
        }
        if (needed > leasedBytes && !lease(bytes, needed - bytes)) {
            return false;
        }
        admittedBytes = bytes;
        heldBytes += bytes;
        return true;
    }

    /**
     * For the whole of the request, beside what the others need: what is spare now may be given back while it waits, and to
     * wait again for that, having given back the rest, would have no end.
     */
    private boolean lease(long bytes, long neededByOthers) {
        long wanted = roundUp(bytes);
        giveBackBeyond(roundUp(neededByOthers));
        waiting = !budget.take(wanted, granted);
        if (!waiting) {
            leasedBytes += wanted;
        }
        return !waiting;
    }

    private void giveBackBeyond(long needed) {
        long spare = leasedBytes - needed;
        if (spare > 0) {
            leasedBytes = needed;
            budget.give(spare);
        }
    }

    /** The budget has granted what was waited for. */
    void grant(long bytes) {
        waiting = false;
        leasedBytes += bytes;
    }

    /** The admitted request is here, and refused. */
    void refuse() {
        heldBytes -= startAnswer();
    }

    /** The admitted request is here; its answer will take what was admitted. {@link #endAnswer} wants that back. */
    long startAnswer() {
        long bytes = admittedBytes;
        admittedBytes = NOT_ADMITTED;
        return bytes;
    }

    void endAnswer(long bytes) {
        heldBytes -= bytes;
    }

    /** The admitted WRITE is here, its payload in {@code buffer}. Returns what {@link #endWrite} wants back. */
    Pin startWrite(ByteBuf buffer, long unsentBytes) {
        heldBytes -= startAnswer();
        if (pin.buffer != buffer) {
            if (pin.uses > 0) {
                pin = takePin();
            }
            pin.buffer = buffer;
        }
        if (pin.uses++ == 0) {
            pin.bytes = buffer.capacity();
            heldBytes += pin.bytes;
            leaseAnyway(unsentBytes);
        }
        return pin;
    }

    void endWrite(Pin ended) {
        if (--ended.uses > 0) {
            return;
        }
        heldBytes -= ended.bytes;
        ended.buffer = null;
        if (ended != pin) {
            ended.next = freePins;
            freePins = ended;
        }
    }

    private Pin takePin() {
        Pin taken = freePins;
        if (taken == null) {
            return new Pin();
        }
        freePins = taken.next;
        taken.next = null;
        return taken;
    }

    /** The buffer is there already, so this overdraws by one buffer at most. */
    private void leaseAnyway(long unsentBytes) {
        long missing = heldBytes + unsentBytes - leasedBytes;
        if (missing > 0) {
            long bytes = roundUp(missing);
            budget.takeAnyway(bytes);
            leasedBytes += bytes;
        }
    }

    /** Gives back what is leased and no longer needed, but for a little when the session is busy. */
    void settle(long unsentBytes) {
        long needed = roundUp(heldBytes + unsentBytes);
        long spare = leasedBytes - needed;
        if (spare >= SPARE_LEASE_BYTES || needed == 0) {
            giveBackBeyond(needed);
        }
    }

    /** Gives everything back: the session is over. */
    void close() {
        long leased = leasedBytes;
        leasedBytes = 0;
        if (leased > 0) {
            budget.give(leased);
        }
    }

    private static long roundUp(long bytes) {
        return (bytes + LEASE_BYTES - 1) / LEASE_BYTES * LEASE_BYTES;
    }
}
