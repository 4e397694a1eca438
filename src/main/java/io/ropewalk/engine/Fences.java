package io.ropewalk.engine;

import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ranges that a change given up on a lost path, or sent twice, may still hit: until it is settled, nothing else may
 * change them, or the stale change could land on top (Q12). Any thread. While there are none, a request pays one volatile
 * read; else it looks at an index, which is made anew by the first that asks after a change.
 */
final class Fences {
    private final Set<Fence> all = new HashSet<>();
    /** Null when it is to be made anew. */
    private volatile @Nullable Index index = Index.EMPTY;

    /** One such change. Identity counts. */
    static final class Fence {
        private final IoPath path;
        private final long offset;
        private final long length;
        private final Settlement settlement;

        Fence(IoPath path, IoRequest request, Settlement settlement) {
            this.path = path;
            this.offset = request.offset();
            this.length = request.length();
            this.settlement = settlement;
        }

        IoPath path() {
            return path;
        }

        long offset() {
            return offset;
        }

        long length() {
            return length;
        }

        Settlement settlement() {
            return settlement;
        }
    }

    /**
     * Where the fences stand.
     *
     * @param offsets where they begin, in order
     * @param furthestEnds of each and all before it, where the last of them ends
     */
    private record Index(long[] offsets, long[] furthestEnds) {
        private static final Index EMPTY = new Index(new long[0], new long[0]);

        private static Index of(Collection<Fence> fences) {
            List<Fence> sorted = fences.stream()
                    .sorted(Comparator.comparingLong(Fence::offset))
                    .toList();
            long[] offsets = new long[sorted.size()];
            long[] furthestEnds = new long[sorted.size()];
            long furthest = 0;
            for (int i = 0; i < offsets.length; i++) {
                Fence fence = sorted.get(i);
                furthest = Math.max(furthest, fence.offset() + fence.length());
                offsets[i] = fence.offset();
                furthestEnds[i] = furthest;
            }
            return new Index(offsets, furthestEnds);
        }

        private boolean overlaps(long offset, long end) {
            int before = countBefore(end);
            return before > 0 && furthestEnds[before - 1] > offset;
        }

        /** How many begin before {@code end}. */
        private int countBefore(long end) {
            int low = 0;
            int high = offsets.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (offsets[middle] < end) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }

    /** Whether {@code request} has to wait. */
    boolean hold(IoRequest request) {
        Index now = index;
        if (now == Index.EMPTY || !request.op().changesData()) {
            return false;
        }
        return (now == null ? indexed() : now).overlaps(request.offset(), request.offset() + request.length());
    }

    private synchronized Index indexed() {
        Index now = index;
        if (now == null) {
            now = Index.of(all);
            index = now;
        }
        return now;
    }

    synchronized void add(Fence fence) {
        all.add(fence);
        index = null;
    }

    /** Returns whether it stood. */
    synchronized boolean remove(Fence fence) {
        boolean stood = all.remove(fence);
        if (stood) {
            index = all.isEmpty() ? Index.EMPTY : null;
        }
        return stood;
    }

    synchronized boolean isEmpty() {
        return all.isEmpty();
    }
}
