package io.ropewalk.engine;

import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.util.ArrayList;
import java.util.List;

/**
 * The ranges that a change given up on a lost path, or sent twice, may still hit: until it is settled, nothing else may
 * change them, or the stale change could land on top (Q12). Immutable, so that a request looks at it with one volatile read.
 */
record Fences(List<Fence> all) {
    static final Fences NONE = new Fences(List.of());

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

        private boolean overlaps(IoRequest request) {
            return request.offset() < offset + length && offset < request.offset() + request.length();
        }
    }

    Fences {
        all = List.copyOf(all);
    }

    /** Whether {@code request} has to wait. */
    boolean hold(IoRequest request) {
        if (all.isEmpty() || !request.op().changesData()) {
            return false;
        }
        for (Fence fence : all) {
            if (fence.overlaps(request)) {
                return true;
            }
        }
        return false;
    }

    Fences with(Fence fence) {
        List<Fence> more = new ArrayList<>(all);
        more.add(fence);
        return new Fences(more);
    }

    Fences without(Fence fence) {
        List<Fence> fewer = new ArrayList<>(all);
        return fewer.remove(fence) ? new Fences(fewer) : this;
    }
}
