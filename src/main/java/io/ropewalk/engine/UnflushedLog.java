package io.ropewalk.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What was changed through one path by one lane and is not known to be flushed: the debt that is named when the path is
 * lost. A ring of ranges; when it is full the oldest are only counted, not named. Lane's loop only, but for
 * {@link #bytes}.
 */
final class UnflushedLog {
    private static final int RANGES = 1024;
    private static final VarHandle BYTES;

    static {
        try {
            BYTES = MethodHandles.lookup().findVarHandle(UnflushedLog.class, "bytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Three numbers an entry: the change's number on its path, offset, length. */
    private long[] ring = {};

    private int first;
    private int count;
    private long bytes;
    private long unnamedBytes;
    private long lastUnnamed;

    /** Enters change number {@code number}, after forgetting those up to {@code flushed}. */
    void add(long number, long offset, long length, long flushed) {
        forget(flushed);
        if (ring.length == 0) {
            ring = new long[RANGES * 3];
        }
        if (count == RANGES) {
            unnamedBytes += ring[first * 3 + 2];
            lastUnnamed = ring[first * 3];
            drop();
        }
        int at = ((first + count) % RANGES) * 3;
        ring[at] = number;
        ring[at + 1] = offset;
        ring[at + 2] = length;
        count++;
        BYTES.setOpaque(this, bytes + length);
    }

    /** The changes up to {@code flushed} are durable. */
    void forget(long flushed) {
        while (count > 0 && ring[first * 3] <= flushed) {
            BYTES.setOpaque(this, bytes - ring[first * 3 + 2]);
            drop();
        }
        if (unnamedBytes > 0 && lastUnnamed <= flushed) {
            BYTES.setOpaque(this, bytes - unnamedBytes);
            unnamedBytes = 0;
        }
    }

    /** Bytes changed and not known to be flushed; repeated changes of one range count each time. Any thread. */
    long bytes() {
        return (long) BYTES.getOpaque(this);
    }

    /** The latest ranges, oldest first, at most {@code most}. */
    List<UnflushedRange> ranges(int most) {
        List<UnflushedRange> ranges = new ArrayList<>();
        for (int i = Math.max(0, count - most); i < count; i++) {
            int at = ((first + i) % RANGES) * 3;
            ranges.add(new UnflushedRange(ring[at + 1], ring[at + 2]));
        }
        return ranges;
    }

    private void drop() {
        first = (first + 1) % RANGES;
        count--;
    }
}
