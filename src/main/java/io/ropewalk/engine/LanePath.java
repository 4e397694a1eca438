package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One path as one lane uses it: the lane's own channel, what is in flight there, R9's idle count. Touched by the lane's
 * loop only, but for {@link #stats}, {@link #inFlightSeen} and {@link #changesAnswered}, which others may ask.
 *
 * <p>What is in flight stands in a list in the order it was sent. As every attempt of a geom has the same time to live,
 * the head is always the first to miss its deadline.
 */
final class LanePath {
    private static final VarHandle IN_FLIGHT = field("inFlight", int.class);
    private static final VarHandle CHANGES = field("changes", long.class);

    final IoPath path;
    final long bit;
    final BlockChannel channel;
    final IoStats stats = new IoStats();

    int inFlight;

    int idle;
    int epoch;
    boolean leaving;

    private long changes;

    private @Nullable Attempt oldest;
    private @Nullable Attempt newest;

    LanePath(IoPath path, BlockChannel channel, int epoch) {
        this.path = path;
        this.bit = path.bit();
        this.channel = channel;
        this.epoch = epoch;
    }

    @Nullable Attempt oldest() {
        return oldest;
    }

    void enlist(Attempt attempt) {
        attempt.older = newest;
        attempt.newer = null;
        if (newest == null) {
            oldest = attempt;
        } else {
            newest.newer = attempt;
        }
        newest = attempt;
        inFlight++;
    }

    void strike(Attempt attempt) {
        if (attempt.older == null) {
            oldest = attempt.newer;
        } else {
            attempt.older.newer = attempt.newer;
        }
        if (attempt.newer == null) {
            newest = attempt.older;
        } else {
            attempt.newer.older = attempt.older;
        }
        attempt.older = null;
        attempt.newer = null;
        inFlight--;
    }

    /** What was in flight a moment ago. Any thread. */
    int inFlightSeen() {
        return (int) IN_FLIGHT.getOpaque(this);
    }

    /** A request that changed data was answered here; to be told before the client is. */
    void countChange() {
        CHANGES.setRelease(this, changes + 1);
    }

    /** How many requests that change data were answered: tells a FLUSH what there is to flush (Q12). Any thread. */
    long changesAnswered() {
        return (long) CHANGES.getAcquire(this);
    }

    private static VarHandle field(String name, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(LanePath.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public String toString() {
        return path.name() + "[" + inFlight + " in flight]";
    }
}
