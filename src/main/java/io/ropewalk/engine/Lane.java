package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoError.Scope;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One loop's part of a geom: its own channel to every path, its own counts of what is in flight. The dispatcher: here
 * one request becomes attempts on paths. Touched by the loop only, except where said; takes no lock on the way of a
 * request and makes no garbage.
 *
 * <p><b>A request's life.</b> It is sent on the path that {@link PathSelector} names. What comes back is
 *
 * <ul>
 *   <li>success: the client is answered;
 *   <li>an error of the request itself ({@link Scope#REQUEST}): the client is answered;
 *   <li>a broken path ({@link Scope#PATH}): the path is faulted <em>before</em> the request chooses again, so that it and
 *       everybody else sees the new table (R13, R14);
 *   <li>a device's own error ({@link Scope#ANSWER}): the path is a suspect. If another path then succeeds, the suspect is
 *       faulted; if every path answers so, it is the medium: the client gets the error and the paths stay as they were
 *       (Q5). When only failed paths are left, they are tried as the all-failed restore would (R4, T10), but the table
 *       changes only if one of them succeeds.
 * </ul>
 *
 * <p><b>Bounds.</b> A request tries each path once, and one path once more when the all-failed restore brought it back
 * meanwhile: at most paths + 1 attempts (R14, Q7, T12). Each attempt has a deadline (Q9): one timer for the lane, not
 * one a request. The channel's {@code abort} then answers all that is in flight on that path, each request fails over on
 * its own (R16).
 */
final class Lane {
    /** A deadline is noticed this part of the time-out late at most. */
    private static final int TICKS_PER_TIMEOUT = 20;

    private static final int POOLED_REQUESTS = 1024;
    private static final LanePath[] NO_PATHS = {};

    private final Geom geom;
    private final IoLoop loop;
    private final List<LanePath> paths = new CopyOnWriteArrayList<>();
    private final ArrayDeque<GeomIo> pool = new ArrayDeque<>();
    private final LaneStats stats = new LaneStats();
    private final AtomicInteger openChannels = new AtomicInteger();

    private @Nullable PathTable seen;
    private Mode mode = Mode.ACTIVE_PASSIVE;
    private LanePath[] usable = NO_PATHS;
    private @Nullable LanePath active;
    private int requestsInFlight;
    private boolean ticking;
    private boolean ended;

    Lane(Geom geom, IoLoop loop) {
        this.geom = geom;
        this.loop = loop;
    }

    IoLoop loop() {
        return loop;
    }

    /** Any thread. */
    LaneStats stats() {
        return stats;
    }

    /** The paths as this lane uses them, in no order. Any thread. */
    List<LanePath> paths() {
        return paths;
    }

    // ---- a request

    void start(GeomChannel channel, IoRequest request) {
        refresh();
        if (geom.table().stopping()) {
            request.fail(IoError.of(Kind.SHUTTING_DOWN, geom.name() + " is stopping"));
            return;
        }
        GeomIo io = pool.isEmpty() ? new GeomIo(this) : pool.pop();
        long now = loop.nanoTime();
        io.begin(channel, request, now);
        channel.enlist(io);
        requestsInFlight++;
        LanePath path = choose(request.op(), 0);
        if (path == null) {
            finish(io);
        } else if (request.op() == IoOp.FLUSH) {
            flush(io, path, now);
        } else {
            send(io, io.attempt, path, now);
        }
    }

    /** An attempt is over: the one place where it is decided what that means. */
    void onDecided(Attempt.OfRequest attempt) {
        GeomIo io = attempt.io();
        LanePath path = attempt.on();
        IoRequest parent = io.parent;
        io.out--;
        if (parent == null) {
            forget(attempt, io);
        } else if (attempt.error() == null) {
            onSuccess(attempt, io, parent);
        } else {
            onFailure(attempt, io, attempt.error());
        }
        releaseIfDrained(path);
    }

    private void onSuccess(Attempt.OfRequest attempt, GeomIo io, IoRequest parent) {
        IoOp op = parent.op();
        long now = loop.nanoTime();
        attempt.on().stats.succeeded(op, parent.length(), now - attempt.startNanos);
        if (op == IoOp.FLUSH) {
            geom.onFlushed(attempt.on().path, attempt.coveredChanges);
            io.flushed = true;
            onFlushBranchDecided(io);
            return;
        }
        if (op.changesData()) {
            attempt.on().countChange();
        }
        settle(io, parent, now);
        release(io);
        parent.answerAs(attempt);
        endIfDrained();
    }

    private void onFailure(Attempt.OfRequest attempt, GeomIo io, IoError error) {
        LanePath path = attempt.on();
        path.stats.failed(attempt.op(), error.kind());
        io.remember(error, loop.nanoTime());
        switch (error.kind().scope()) {
            case PATH -> geom.fault(path.path, attempt.epoch, FailReason.of(error), error);
            case ANSWER -> io.suspect(path, attempt.epoch, error);
            case REQUEST -> io.refused = true;
        }
        if (attempt.op() == IoOp.FLUSH) {
            onFlushBranchDecided(io);
        } else if (io.refused) {
            finish(io);
        } else {
            retry(io, attempt.op());
        }
    }

    private void retry(GeomIo io, IoOp op) {
        refresh();
        LanePath path = choose(op, io.tried);
        if (path == null) {
            path = lastResort(io, op);
        }
        if (path == null) {
            finish(io);
        } else {
            stats.retries.increment();
            send(io, io.attempt, path, loop.nanoTime());
        }
    }

    /**
     * Where no untried usable path is left: a failed one, when devices' own errors brought us here (R4 without
     * changing the table yet); or, once, a path that the all-failed restore has just brought back.
     */
    private @Nullable LanePath lastResort(GeomIo io, IoOp op) {
        if (!io.suspects().isEmpty()) {
            return firstUntriedFailed(io.tried);
        }
        if (io.secondChanceTaken) {
            return null;
        }
        io.secondChanceTaken = true;
        return choose(op, 0);
    }

    private @Nullable LanePath firstUntriedFailed(long tried) {
        for (PathEntry entry : geom.table().newestFirst()) {
            if (entry.isFailed() && (entry.path().bit() & tried) == 0) {
                return find(entry.path());
            }
        }
        return null;
    }

    private void send(GeomIo io, Attempt.OfRequest attempt, LanePath path, long nowNanos) {
        IoRequest parent = Objects.requireNonNull(io.parent);
        // The header room before a payload serves one attempt: its bytes may still be on their way to a socket.
        boolean mayUseHeadroom = io.tried == 0;
        io.tried |= path.bit;
        io.out++;
        startTicking();
        if (parent.op() == IoOp.FLUSH) {
            attempt.coveredChanges = geom.changesAnswered(path.path);
        }
        attempt.sendSame(parent, path, nowNanos, mayUseHeadroom);
    }

    /** Answers the client with the error that is remembered. */
    private void finish(GeomIo io) {
        IoRequest parent = Objects.requireNonNull(io.parent);
        IoError error = io.error != null ? io.error : IoError.of(Kind.NO_PATH, "no usable path to " + geom.name());
        stats.failed(parent.op(), error);
        release(io);
        parent.fail(error);
        endIfDrained();
    }

    /** A path succeeded: those that answered the same request with an error are to blame. */
    private void settle(GeomIo io, IoRequest parent, long nowNanos) {
        stats.clients.succeeded(parent.op(), parent.length(), nowNanos - io.startNanos);
        if (io.firstFailure == null) {
            return;
        }
        for (GeomIo.Suspect suspect : io.suspects()) {
            geom.fault(suspect.path(), suspect.epoch(), FailReason.IO_ERROR, suspect.error());
        }
        stats.failedOver(io.firstFailure, nowNanos - io.firstFailureNanos);
    }

    /** The request is decided and forgotten; its client is about to be answered. */
    private void release(GeomIo io) {
        Objects.requireNonNull(io.channel).strike(io);
        io.parent = null;
        io.channel = null;
        recycle(io);
    }

    /** The client has given up: nobody wants this answer, but what it says of the path still counts. */
    private void forget(Attempt.OfRequest attempt, GeomIo io) {
        IoError error = attempt.error();
        if (error != null && error.kind().scope() == Scope.PATH) {
            geom.fault(attempt.on().path, attempt.epoch, FailReason.of(error), error);
        } else if (error == null && attempt.op() == IoOp.READ) {
            attempt.takeData().release();
        } else if (error == null && attempt.op().changesData()) {
            attempt.on().countChange();
        }
        if (io.out == 0) {
            recycle(io);
            endIfDrained();
        }
    }

    private void recycle(GeomIo io) {
        requestsInFlight--;
        if (pool.size() < POOLED_REQUESTS) {
            pool.push(io);
        }
    }

    // ---- FLUSH

    /** To the path that the mode names, and to every other usable one with changes since its last flush (Q12). */
    private void flush(GeomIo io, LanePath chosen, long nowNanos) {
        // One more than is sent, so that an answer that comes at once does not end the request too early.
        io.out++;
        for (LanePath path : usable) {
            if (path != chosen && geom.isDirty(path.path)) {
                send(io, new Attempt.OfRequest(io), path, nowNanos);
            }
        }
        send(io, io.attempt, chosen, nowNanos);
        io.out--;
        onFlushBranchDecided(io);
    }

    private void onFlushBranchDecided(GeomIo io) {
        IoRequest parent = io.parent;
        if (io.out > 0 || parent == null) {
            return;
        }
        if (io.flushed && !io.refused) {
            settle(io, parent, loop.nanoTime());
            release(io);
            parent.succeed();
            endIfDrained();
        } else if (io.refused) {
            finish(io);
        } else {
            retry(io, IoOp.FLUSH);
        }
    }

    // ---- paths

    private @Nullable LanePath choose(IoOp op, long tried) {
        return PathSelector.choose(mode, op, usable, active, tried);
    }

    /** Sees the geom's table as it is now: opens channels to new paths, takes leave of lost ones. */
    void refresh() {
        PathTable table = geom.table();
        if (table == seen) {
            return;
        }
        seen = table;
        mode = table.mode();
        List<LanePath> nowUsable = new ArrayList<>();
        for (PathEntry entry : table.newestFirst()) {
            LanePath path = adopt(entry);
            if (path != null && entry.isUsable()) {
                nowUsable.add(path);
            }
        }
        usable = nowUsable.toArray(LanePath[]::new);
        active = table.active() == null ? null : find(table.active());
        for (LanePath path : paths) {
            releaseIfDrained(path);
        }
        endIfDrained();
    }

    private @Nullable LanePath adopt(PathEntry entry) {
        LanePath path = find(entry.path());
        if (entry.isLost()) {
            if (path == null) {
                geom.onLaneDrained(entry.path(), this);
            } else {
                path.leaving = true;
            }
            return path;
        }
        if (ended || geom.table().stopping()) {
            return path;
        }
        if (path == null) {
            path = new LanePath(entry.path(), entry.path().device().open(loop), entry.epoch());
            paths.add(path);
            path.channel.prepare();
        } else if (path.epoch != entry.epoch()) {
            path.epoch = entry.epoch();
            path.channel.prepare();
        }
        return path;
    }

    private @Nullable LanePath find(IoPath path) {
        for (LanePath candidate : paths) {
            if (candidate.path == path) {
                return candidate;
            }
        }
        return null;
    }

    private void releaseIfDrained(LanePath path) {
        if (path.leaving && path.inFlight == 0 && paths.remove(path)) {
            path.channel.close();
            geom.onLaneDrained(path.path, this);
        }
    }

    /** Any thread. */
    void onChannelOpened() {
        openChannels.incrementAndGet();
    }

    void onChannelClosed() {
        openChannels.decrementAndGet();
    }

    /** Any thread. */
    int openChannels() {
        return openChannels.get();
    }

    /** Changes answered on {@code path} by this lane. Any thread. */
    long changesAnswered(IoPath path) {
        LanePath found = find(path);
        return found == null ? 0 : found.changesAnswered();
    }

    /** When the geom is stopping and nothing is in flight: closes the channels to the paths. */
    private void endIfDrained() {
        if (ended || requestsInFlight > 0 || !geom.table().stopping()) {
            return;
        }
        ended = true;
        for (LanePath path : paths) {
            path.channel.close();
        }
        geom.onLaneEnded(this);
    }

    // ---- checks

    /** Reads one sector on {@code path} beside the requests of clients; {@code verdict} hears on this loop. */
    void check(IoPath target, int sectorSize, CheckVerdict verdict) {
        refresh();
        LanePath path = find(target);
        if (path == null || path.leaving || ended) {
            verdict.on(-1, IoError.of(Kind.GONE, "the path is gone"));
            return;
        }
        path.channel.prepare();
        CheckRun run = new CheckRun(sectorSize, verdict);
        startTicking();
        run.attempt.send(path, loop.nanoTime());
    }

    /** Hears of a check's end; {@code error} is null when it passed. */
    interface CheckVerdict {
        void on(int epoch, @Nullable IoError error);
    }

    private final class CheckRun {
        final Attempt.OfCheck attempt;
        private final CheckVerdict verdict;

        CheckRun(int sectorSize, CheckVerdict verdict) {
            this.verdict = verdict;
            this.attempt = new Attempt.OfCheck(sectorSize, this::decided);
        }

        private void decided() {
            verdict.on(attempt.epoch, attempt.error());
            releaseIfDrained(attempt.on());
        }
    }

    // ---- deadlines

    private void startTicking() {
        if (!ticking) {
            ticking = true;
            loop.schedule(this::tick, geom.attemptTimeoutNanos() / TICKS_PER_TIMEOUT);
        }
    }

    private void tick() {
        ticking = false;
        long timeoutNanos = geom.attemptTimeoutNanos();
        long latestStart = loop.nanoTime() - timeoutNanos;
        boolean busy = false;
        for (LanePath path : paths) {
            Attempt oldest = path.oldest();
            if (oldest != null && oldest.startNanos - latestStart <= 0) {
                path.channel.abort(IoError.of(
                        Kind.TIMEOUT, "no answer from " + path.path + " in " + timeoutNanos / 1_000_000 + " ms"));
            }
            busy |= path.inFlight > 0;
        }
        if (busy) {
            startTicking();
        }
    }
}
