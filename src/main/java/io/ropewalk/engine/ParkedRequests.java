package io.ropewalk.engine;

import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;

/**
 * A lane's requests that found no path and wait for one, as long and as many as {@link Policies.NoPath} allows. The first
 * of them tries its luck now and then, for all. Lane's loop only.
 */
final class ParkedRequests {
    /** Tries in the time of one attempt's deadline. */
    private static final int TRIES_PER_TIMEOUT = 20;

    private final Geom geom;
    private final Lane lane;
    private final ArrayDeque<GeomIo> parked = new ArrayDeque<>();
    private long parkedBytes;
    private long latestTryNanos;
    private boolean unparking;

    ParkedRequests(Geom geom, Lane lane) {
        this.geom = geom;
        this.lane = lane;
    }

    boolean isEmpty() {
        return parked.isEmpty();
    }

    /** Whether {@code io} waits now; else it is to be answered. */
    boolean park(GeomIo io) {
        Policies.NoPath bounds = geom.policies().noPath();
        long now = lane.loop().nanoTime();
        if (bounds.queueFor().isZero() || geom.table().stopping()) {
            return false;
        }
        boolean again = io.parkedNanos != 0;
        if (!again) {
            IoRequest parent = Objects.requireNonNull(io.parent);
            io.parkedNanos = now == 0 ? 1 : now;
            io.parkedBytes = parent.op() == IoOp.WRITE ? parent.length() : 0;
            lane.stats().queued.increment();
        }
        if (!hasRoomFor(io, bounds)) {
            leaveWithTheirClients();
        }
        if (now - io.parkedNanos >= bounds.queueFor().toNanos() || !hasRoomFor(io, bounds)) {
            return false;
        }
        if (parked.isEmpty()) {
            latestTryNanos = now;
        }
        if (again) {
            parked.addFirst(io);
        } else {
            parked.addLast(io);
        }
        parkedBytes += io.parkedBytes;
        return true;
    }

    private boolean hasRoomFor(GeomIo io, Policies.NoPath bounds) {
        return parked.size() < bounds.maxRequests() && parkedBytes + io.parkedBytes <= bounds.maxBytes();
    }

    private void leaveWithTheirClients() {
        parked.stream().filter(io -> io.parent == null).toList().forEach(this::unpark);
    }

    /** A path works again: everybody may try, until one finds no path. */
    void unpark() {
        if (parked.isEmpty() || unparking) {
            return;
        }
        // What is answered at once comes back here.
        unparking = true;
        GeomIo io;
        do {
            io = parked.element();
            unpark(io);
        } while (!parked.isEmpty() && parked.element() != io);
        unparking = false;
    }

    private void unpark(GeomIo io) {
        if (!parked.remove(io)) {
            return; // who hears of one end may have brought about that of others
        }
        parkedBytes -= io.parkedBytes;
        io.beginAgain();
        lane.resume(io, io.parent);
    }

    /** The first of the queue tries its luck; those whose time is up are answered, those whose client has gone leave. */
    void tick(long nowNanos) {
        if (nowNanos - latestTryNanos < geom.attemptTimeoutNanos() / TRIES_PER_TIMEOUT) {
            return;
        }
        latestTryNanos = nowNanos;
        leaveWithTheirClients();
        // Who waits again stands before who has waited longer, so not only at the head.
        List<GeomIo> due = parked.stream().filter(io -> isTimeUp(io, nowNanos)).toList();
        due.forEach(this::unpark);
        if (!parked.isEmpty()) {
            unpark(parked.element());
        }
    }

    /** By the bounds as they are now: who finds them wider a moment later waits again. */
    private boolean isTimeUp(GeomIo io, long nowNanos) {
        return nowNanos - io.parkedNanos >= geom.policies().noPath().queueFor().toNanos();
    }
}
