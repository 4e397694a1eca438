package io.ropewalk.engine;

import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The ranges that a change given up on a lost path, sent twice, or left by its client may still hit: until it is settled,
 * nothing else may change them, or the stale change could land on top (Q12). Any thread. While there are none, a request
 * pays one volatile read; else it looks at an index, which is made anew by the first that asks after a change.
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
     * @param offsets where they begin, in order, each once
     * @param furthestEnds of those that begin there or before, where the last ends
     */
    private record Index(long[] offsets, long[] furthestEnds) {
        private static final Index EMPTY = new Index(new long[0], new long[0]);

        private static Index of(Collection<Fence> fences) {
            SortedMap<Long, Long> ends = new TreeMap<>();
            fences.forEach(fence -> ends.merge(fence.offset(), fence.offset() + fence.length(), Math::max));
            long[] offsets = ends.keySet().stream().mapToLong(Long::longValue).toArray();
            long[] furthestEnds =
                    ends.values().stream().mapToLong(Long::longValue).toArray();
            Arrays.parallelPrefix(furthestEnds, Math::max);
            return new Index(offsets, furthestEnds);
        }

        private boolean overlaps(long offset, long end) {
            int found = Arrays.binarySearch(offsets, end);
            int before = found >= 0 ? found : -found - 1;
            return before > 0 && furthestEnds[before - 1] > offset;
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
