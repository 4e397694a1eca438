package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoRequest;
import org.jspecify.annotations.Nullable;

/** One client's way into a geom, on one lane. Knows the client's pending requests so that it can give them up. */
final class GeomChannel extends BlockChannel {
    private final Geom geom;
    private final Lane lane;
    private @Nullable GeomIo pending;
    private long seenLostChanges;
    private boolean closed;

    GeomChannel(Geom geom, Lane lane) {
        super(geom, lane.loop());
        this.lane = lane;
        this.geom = geom;
        this.seenLostChanges = geom.reportedLostChanges();
    }

    /** Whether changes were lost since this client last heard of it; it hears now. */
    boolean takeLostChanges() {
        long lost = geom.lostChanges();
        boolean news = lost != seenLostChanges;
        seenLostChanges = lost;
        if (news) {
            geom.onLostChangesReported(lost);
        }
        return news;
    }

    @Override
    protected void start(IoRequest request) {
        if (closed) {
            request.fail(IoError.of(Kind.SHUTTING_DOWN, "the channel is closed"));
        } else {
            lane.start(this, request);
        }
    }

    @Override
    public void prepare() {
        lane.refresh();
    }

    /** Clients get {@code error}; what was sent to the paths is answered to nobody. */
    @Override
    public void abort(IoError error) {
        for (GeomIo io = pending; io != null; io = pending) {
            IoRequest parent = io.parent;
            strike(io);
            io.parent = null;
            io.channel = null;
            if (parent != null) {
                parent.fail(error);
            }
        }
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
        io.previous = null;
        io.next = pending;
        if (pending != null) {
            pending.previous = io;
        }
        pending = io;
    }

    void strike(GeomIo io) {
        if (io.previous == null) {
            pending = io.next;
        } else {
            io.previous.next = io.next;
        }
        if (io.next != null) {
            io.next.previous = io.previous;
        }
        io.previous = null;
        io.next = null;
    }
}
