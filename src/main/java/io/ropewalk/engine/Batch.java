package io.ropewalk.engine;

import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;
import org.jspecify.annotations.Nullable;

/**
 * What one session sends in one turn of the loop goes to one path together, up to {@link #MOST_BYTES}, where the mode
 * shares such requests (ADR 24): it lies in one buffer and so leaves in one piece. R9 chooses for the batch as for a
 * request. A request that finds nothing in flight on that path is a batch of its own, so at depth 1 each one chooses.
 * Lane's loop only.
 */
final class Batch {
    /** Few enough for the paths to have about the same in flight, whatever is sent at once. */
    static final int MOST_BYTES = 16 << 10;

    private final IoLoop loop;
    private final Runnable endOfTurn = this::onEndOfTurn;
    private @Nullable GeomChannel session;
    private @Nullable LanePath path;
    private long room;
    private boolean awaitingEndOfTurn;

    Batch(IoLoop loop) {
        this.loop = loop;
    }

    /** The path that {@code request} shares with those that {@code from} sent before it; null where it has to choose. */
    @Nullable LanePath join(GeomChannel from, IoRequest request) {
        LanePath shared = path;
        if (shared == null || session != from || shared.inFlight == 0 || shared.standsBack()) {
            return null;
        }
        room -= LanePath.weightOf(request);
        return room >= 0 ? shared : null;
    }

    /** {@code request} has chosen, for those as well that {@code from} sends after it. */
    void begin(GeomChannel from, IoRequest request, LanePath chosen) {
        session = from;
        path = chosen;
        room = MOST_BYTES - LanePath.weightOf(request);
        if (!awaitingEndOfTurn) {
            awaitingEndOfTurn = true;
            loop.atEndOfTurn(endOfTurn);
        }
    }

    /** What comes now chooses anew. */
    void end() {
        session = null;
        path = null;
    }

    private void onEndOfTurn() {
        awaitingEndOfTurn = false;
        end();
    }
}
