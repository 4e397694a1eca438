package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;

/**
 * A READ's bytes put together from several chunks in any order. Keeps the ranges that have come, ascending and with
 * neighbours joined, to see overlaps and gaps. One thread.
 */
final class NbdClientReadAssembly {
    /** Room for the longest reply header, so that whoever passes the bytes on need not copy them. */
    static final int HEADROOM = Nbd.EXTENDED_HEADER_LENGTH + Long.BYTES;

    /** How many separate ranges are kept: chunks come mostly in order, so that more is an attack on our time. */
    private static final int MAXIMUM_RANGES = 4096;

    private final ByteBuf buffer;
    private final int length;
    private int[] starts = new int[8];
    private int[] ends = new int[8];
    private int ranges;

    NbdClientReadAssembly(ByteBufAllocator allocator, int length) {
        this.length = length;
        this.buffer = allocator.directBuffer(HEADROOM + length, HEADROOM + length);
        buffer.setIndex(HEADROOM, HEADROOM + length);
    }

    /** Takes {@code count} bytes of {@code source} from {@code sourceIndex} on as those at {@code position}. */
    void addData(long position, ByteBuf source, int sourceIndex, int count) throws NbdClientViolation {
        claim(position, count);
        buffer.setBytes(HEADROOM + (int) position, source, sourceIndex, count);
    }

    /** The {@code count} bytes at {@code position} are zeroes. */
    void addHole(long position, long count) throws NbdClientViolation {
        claim(position, count);
        buffer.setZero(HEADROOM + (int) position, (int) count);
    }

    boolean isComplete() {
        return ranges == 1 && starts[0] == 0 && ends[0] == length;
    }

    /** The bytes, with {@link #HEADROOM} before them; the caller owns them. */
    ByteBuf take() {
        return buffer;
    }

    void release() {
        buffer.release();
    }

    private void claim(long position, long count) throws NbdClientViolation {
        if (position < 0 || count <= 0 || count > length - position) {
            throw new NbdClientViolation("sent bytes outside the range that was asked for");
        }
        int start = (int) position;
        int end = (int) (position + count);
        int at = Arrays.binarySearch(starts, 0, ranges, start);
        int after = at >= 0 ? at : -at - 1;
        boolean overlapsNext = after < ranges && starts[after] < end;
        boolean overlapsPrevious = after > 0 && ends[after - 1] > start;
        if (at >= 0 || overlapsNext || overlapsPrevious) {
            throw new NbdClientViolation("sent the same bytes of a READ twice");
        }
        insert(after, start, end);
    }

    private void insert(int at, int start, int end) throws NbdClientViolation {
        boolean joinsPrevious = at > 0 && ends[at - 1] == start;
        boolean joinsNext = at < ranges && starts[at] == end;
        if (joinsPrevious && joinsNext) {
            ends[at - 1] = ends[at];
            remove(at);
        } else if (joinsPrevious) {
            ends[at - 1] = end;
        } else if (joinsNext) {
            starts[at] = start;
        } else {
            add(at, start, end);
        }
    }

    private void add(int at, int start, int end) throws NbdClientViolation {
        if (ranges == MAXIMUM_RANGES) {
            throw new NbdClientViolation("tore a READ into more than " + MAXIMUM_RANGES + " pieces");
        }
        if (ranges == starts.length) {
            starts = Arrays.copyOf(starts, ranges * 2);
            ends = Arrays.copyOf(ends, ranges * 2);
        }
        System.arraycopy(starts, at, starts, at + 1, ranges - at);
        System.arraycopy(ends, at, ends, at + 1, ranges - at);
        starts[at] = start;
        ends[at] = end;
        ranges++;
    }

    private void remove(int at) {
        ranges--;
        System.arraycopy(starts, at + 1, starts, at, ranges - at);
        System.arraycopy(ends, at + 1, ends, at, ranges - at);
    }
}
