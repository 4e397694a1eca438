package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One client's way into a geom, on one lane. Knows the client's pending requests so that it can give them up. */
final class GeomChannel extends BlockChannel {
    private final Geom geom;
    private final Lane lane;
    private @Nullable GeomIo oldest;
    private @Nullable GeomIo newest;
    private long submissions;
    private long seenLosses;
    private boolean abandoned;
    private boolean closed;

    GeomChannel(Geom geom, Lane lane) {
        super(geom, lane.loop());
        this.lane = lane;
        this.geom = geom;
        this.seenLosses = geom.debts().reportedLosses();
    }

    /** Whether changes were lost since this client last heard of it; it hears now. */
    boolean takeLosses() {
        long losses = geom.debts().losses();
        boolean news = losses != seenLosses;
        seenLosses = losses;
        if (news) {
            geom.debts().onLossesReported(losses);
        }
        return news;
    }

    /** As {@link Debts#noteFlushFailed}; of this client's own FLUSH, which tells it. */
    void noteFlushFailed(boolean owed) {
        boolean knewAll = seenLosses == geom.debts().losses();
        geom.debts().noteFlushFailed(owed);
        if (knewAll) {
            takeLosses();
        }
    }

    @Override
    protected void start(IoRequest request) {
        if (closed) {
            request.fail(IoError.of(Kind.SHUTTING_DOWN, "the channel is closed"));
        } else if (abandoned) {
            request.fail(clientHasGone());
        } else {
            lane.start(this, request);
        }
    }

    @Override
    public void prepare() {
        lane.refresh();
    }

    /**
     * Clients get {@code error}; what was sent to the paths is answered to nobody. A client may submit again from
     * within its answer: that request is not meant.
     */
    @Override
    public void abort(IoError error) {
        long before = submissions;
        for (GeomIo io = oldest; io != null && io.submission < before; io = oldest) {
            IoRequest parent = io.parent;
            strike(io);
            if (parent != null) {
                lane.fenceWhileUnderWay(io);
                io.abandon();
                parent.fail(error);
            }
        }
    }

    boolean isAbandoned() {
        return abandoned;
    }

    @Override
    public void abandon() {
        abandoned = true;
        List<GeomIo> waiting = new ArrayList<>();
        for (GeomIo io = oldest; io != null; io = io.newer) {
            if (io.out == 0) {
                waiting.add(io);
            } else {
                lane.fenceWhileUnderWay(io);
            }
        }
        for (GeomIo io : waiting) {
            IoRequest parent = io.parent;
            // Who hears of one end may have brought about that of others.
            if (parent != null && io.channel == this && io.out == 0) {
                strike(io);
                io.abandon();
                parent.fail(clientHasGone());
            }
        }
    }

    private static IoError clientHasGone() {
        return IoError.of(Kind.DISCONNECTED, "the client has gone");
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            abort(IoError.of(Kind.DISCONNECTED, "the channel was closed"));
            lane.onChannelClosed();
        }
    }

    void enlist(GeomIo io) {
        io.submission = submissions++;
        io.older = newest;
        io.newer = null;
        if (newest == null) {
            oldest = io;
        } else {
            newest.newer = io;
        }
        newest = io;
    }

    void strike(GeomIo io) {
        if (io.older == null) {
            oldest = io.newer;
        } else {
            io.older.newer = io.newer;
        }
        if (io.newer == null) {
            newest = io.older;
        } else {
            io.newer.older = io.older;
        }
        io.older = null;
        io.newer = null;
    }
}
