package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoError.Scope;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import io.ropewalk.engine.Fences.Fence;
import io.ropewalk.engine.Look.Finding;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
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
 * <p><b>Waiting.</b> A change waits while a range that it overlaps is fenced ({@link Fences}); a request that finds no
 * path may wait for one ({@link Policies.NoPath}); one that takes long may be sent to a second path as well
 * ({@link Hedging}). All three are bounded in time, and none holds up other requests.
 *
 * <p><b>Bounds.</b> A request tries each path once, and one path once more when the all-failed restore brought it back
 * meanwhile: at most paths + 1 attempts (R14, Q7, T12). Each attempt has a deadline (Q9): one timer for the lane, not
 * one a request. The channel's {@code abort} then answers all that is in flight on that path, each request fails over on
 * its own (R16).
 */
final class Lane {
    /** A deadline is noticed this part of the time-out late at most, and no more than {@link #MOST_TICK_NANOS}. */
    private static final int TICKS_PER_TIMEOUT = 20;

    private static final long MOST_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    /** How often it is looked whether a path is idle. */
    private static final long IDLE_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** A request waits for so many looks at paths that tell it nothing. */
    static final int LOOKS_PER_REQUEST = 3;

    private static final int POOLED_REQUESTS = 1024;

    private final Geom geom;
    private final IoLoop loop;
    private final LanePaths paths;
    private final ArrayDeque<GeomIo> pool = new ArrayDeque<>();
    private final ArrayDeque<GeomIo> held = new ArrayDeque<>();
    /** Requests that wait until so much is no longer in flight on the path that is theirs. */
    private final ArrayDeque<GeomIo> crowd = new ArrayDeque<>();

    private final ParkedRequests parked;
    private final Eligibility eligibility;
    private final Flushing flushing;
    private final Hedging hedging;
    private final Pace pace;
    private final LaneStats stats = new LaneStats();
    private final AtomicInteger openChannels = new AtomicInteger();
    private final AtomicBoolean releaseIsDue = new AtomicBoolean();

    private @Nullable PathTable seen;
    private int requestsInFlight;
    private boolean ticking;
    private boolean releasing;
    private boolean ended;

    Lane(Geom geom, IoLoop loop) {
        this.geom = geom;
        this.loop = loop;
        this.paths = new LanePaths(geom, this);
        this.parked = new ParkedRequests(geom, this);
        this.eligibility = new Eligibility(geom, this);
        this.flushing = new Flushing(geom, this, eligibility);
        this.pace = new Pace(loop);
        this.hedging = new Hedging(geom, this, eligibility, stats.hedges);
    }

    IoLoop loop() {
        return loop;
    }

    /** Nothing is asked of the paths any more. */
    boolean isEnded() {
        return ended;
    }

    /** Any thread. */
    LaneStats stats() {
        return stats;
    }

    Pace pace() {
        return pace;
    }

    LanePaths paths() {
        return paths;
    }

    // ---- a request

    void start(GeomChannel channel, IoRequest request) {
        refresh();
        if (geom.table().stopping()) {
            request.fail(stopping());
            return;
        }
        GeomIo io = pool.isEmpty() ? new GeomIo(this) : pool.pop();
        long now = loop.nanoTime();
        io.begin(channel, request, now);
        channel.enlist(io);
        requestsInFlight++;
        if (geom.fencing().fences().hold(request)) {
            hold(io);
        } else if (crowd.isEmpty()) {
            dispatch(io, request, now);
        } else {
            crowd.addLast(io);
        }
    }

    private void dispatch(GeomIo io, IoRequest request, long nowNanos) {
        LanePath path = eligibility.choose(Objects.requireNonNull(io.channel), request);
        if (path == null) {
            giveUp(io);
        } else if (request.op() == IoOp.FLUSH) {
            flushing.send(io, path, nowNanos);
        } else if (!path.hasRoomFor(request)) {
            crowd.addFirst(io);
        } else {
            hedging.onSent();
            send(io, io.attempt, path, nowNanos);
        }
    }

    /** One more attempt for {@code io}. */
    void send(GeomIo io, Attempt.OfRequest attempt, LanePath path, long nowNanos) {
        IoRequest parent = Objects.requireNonNull(io.parent);
        // The header room before a payload serves one attempt: its bytes may still be on their way to a socket.
        boolean mayUseHeadroom = io.firstFailure == null && !io.hedged;
        io.tried |= path.bit;
        io.out++;
        startTicking();
        if (parent.op() == IoOp.FLUSH) {
            attempt.coveredChange = path.path.latestChange();
            io.owed |= geom.debts().isOwed();
        } else if (parent.isFua()) {
            io.owed |= geom.debts().isOwed();
        }
        path.prepare();
        attempt.sendSame(parent, path, nowNanos, mayUseHeadroom);
    }

    /** An attempt is over: the one place where it is decided what that means. */
    void onDecided(Attempt.OfRequest attempt) {
        LanePath path = attempt.on();
        IoError error = attempt.error();
        noteAlive(attempt);
        if (error == null && attempt.op() == IoOp.FLUSH) {
            flushing.onAnswered(attempt);
        } else if (error == null) {
            noteSuccess(attempt);
            decide(attempt, null);
        } else {
            noteFailure(attempt, error);
            decide(attempt, error);
        }
        onRoom(path);
    }

    /** Whatever it said, its server was there. */
    void noteAlive(Attempt attempt) {
        IoError error = attempt.error();
        if (error == null || error.kind().scope() != Scope.PATH) {
            attempt.on().noteAnswered(attempt);
        }
    }

    /** There is one less in flight on {@code path}. */
    void onRoom(LanePath path) {
        paths.releaseIfDrained(path);
        releaseCrowd();
    }

    private void decide(Attempt.OfRequest attempt, @Nullable IoError error) {
        GeomIo io = attempt.io();
        IoRequest parent = io.parent;
        io.attemptDecided();
        if (parent == null) {
            forget(attempt, io);
        } else if (error != null) {
            onFailure(attempt, io, parent, error);
        } else if (parent.op() == IoOp.FLUSH) {
            io.flushed = true;
            flushing.onBranchDecided(io, parent);
        } else {
            onSuccess(attempt, io, parent);
        }
    }

    private void noteSuccess(Attempt.OfRequest attempt) {
        LanePath path = attempt.on();
        attempt.answeredNanos = loop.nanoTime();
        long nanos = attempt.answeredNanos - attempt.startNanos;
        path.stats.succeeded(attempt.op(), attempt.length(), nanos);
        pace.answered(path, attempt, nanos, eligibility.others());
        if (attempt.op().changesData()) {
            path.countChange(attempt);
        } else if (attempt.op() == IoOp.FLUSH) {
            path.onFlushed(attempt.coveredChange);
        }
    }

    private void noteFailure(Attempt.OfRequest attempt, IoError error) {
        LanePath path = attempt.on();
        path.stats.failed(attempt.op(), error.kind());
        if (error.kind().scope() != Scope.PATH) {
            return;
        }
        // The fence stands before the path is faulted, so before anybody can be told that the retry is done.
        if (attempt.op().changesData() && error.settlement() != null) {
            geom.fencing().add(new Fence(path.path, attempt, error.settlement()));
        }
        geom.fault(path.path, attempt.epoch, FailReason.of(error), error);
    }

    /** Answers the client of a request that needs no answer of a path's. */
    void succeed(GeomIo io, IoRequest parent) {
        settle(io, parent, loop.nanoTime());
        release(io);
        parent.succeed();
        parked.unpark();
        endIfDrained();
    }

    private void onSuccess(Attempt.OfRequest attempt, GeomIo io, IoRequest parent) {
        settle(io, parent, attempt.answeredNanos);
        release(io);
        parent.answerAs(attempt);
        parked.unpark();
        endIfDrained();
    }

    private void onFailure(Attempt.OfRequest attempt, GeomIo io, IoRequest parent, IoError error) {
        io.remember(error, loop.nanoTime());
        switch (error.kind().scope()) {
            case ANSWER -> io.suspect(attempt.on(), attempt.epoch, error);
            case REQUEST -> io.refused = true;
            case PATH -> {}
        }
        if (parent.op() == IoOp.FLUSH) {
            flushing.onBranchDecided(io, parent);
        } else if (io.out > 0) {
            return; // hedged: the other attempt decides
        } else if (io.refused || io.isAbandoned()) {
            finish(io);
        } else {
            retry(io, parent.op());
        }
    }

    /** On a path that it has not tried, if there is one. */
    void retry(GeomIo io, IoOp op) {
        refresh();
        LanePath path = eligibility.choose(op, io.tried);
        if (path == null && awaitLook(io, eligibility.firstDoubtful(io.tried | io.passedOver))) {
            return;
        }
        if (path == null) {
            path = lastResort(io, op);
        }
        if (awaitLook(io, path)) {
            return;
        }
        if (path == null) {
            giveUp(io);
        } else {
            stats.retries.increment();
            send(io, io.attempt, path, loop.nanoTime());
        }
    }

    /**
     * Where no untried usable path is left: once, a path that the all-failed restore has just brought back; else a
     * failed one, so that no request fails while there is a path that it has not tried (R4 without changing the table
     * yet). Where devices' own errors brought us here, the failed one comes first, for trying the same again is no use.
     */
    private @Nullable LanePath lastResort(GeomIo io, IoOp op) {
        if (!io.suspects().isEmpty() || io.secondChanceTaken) {
            return firstUntriedFailed(io.tried | io.passedOver);
        }
        io.secondChanceTaken = true;
        return eligibility.choose(op, 0);
    }

    private @Nullable LanePath firstUntriedFailed(long tried) {
        for (PathEntry entry : geom.table().newestFirst()) {
            if (entry.isFailed() && !entry.isAnotherDisk() && (entry.path().bit() & tried) == 0) {
                return paths.find(entry.path());
            }
        }
        return null;
    }

    /** No path is left: waits for one, if the policies allow it. */
    private void giveUp(GeomIo io) {
        boolean waitingHelps = io.error == null || io.error.kind().scope() == Scope.PATH;
        if (waitingHelps && !io.isAbandoned() && parked.park(io)) {
            startTicking();
        } else {
            finish(io);
        }
    }

    /** Answers the client with the error that is remembered. */
    void finish(GeomIo io) {
        IoRequest parent = Objects.requireNonNull(io.parent);
        IoError error = io.error != null ? io.error : IoError.of(Kind.NO_PATH, "no usable path to " + geom.name());
        flushing.onFailed(io, parent, error);
        failNow(io, parent, error);
    }

    void failNow(GeomIo io, IoRequest parent, IoError error) {
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
        blameSuspects(io);
        stats.failedOver(io.firstFailure, nowNanos - io.firstFailureNanos);
    }

    void blameSuspects(GeomIo io) {
        for (GeomIo.Suspect suspect : io.suspects()) {
            geom.fault(suspect.path(), suspect.epoch(), FailReason.IO_ERROR, suspect.error());
        }
    }

    /** The request is decided; its client is about to be answered. */
    private void release(GeomIo io) {
        Objects.requireNonNull(io.channel).strike(io);
        io.abandon();
        recycleIfOver(io);
    }

    /** Nobody waits for this answer: the client has given up, or another attempt was faster. */
    private void forget(Attempt.OfRequest attempt, GeomIo io) {
        if (attempt.error() == null && attempt.op() == IoOp.READ) {
            attempt.takeData().release();
        }
        letGo(io);
    }

    /** Nobody waits for it. */
    void letGo(GeomIo io) {
        recycleIfOver(io);
        endIfDrained();
    }

    private void recycleIfOver(GeomIo io) {
        if (io.out > 0) {
            return;
        }
        if (io.parkedNanos != 0) {
            stats.queued.decrement();
        }
        io.over();
        requestsInFlight--;
        if (pool.size() < POOLED_REQUESTS) {
            pool.push(io);
        }
    }

    private IoError stopping() {
        return IoError.of(Kind.SHUTTING_DOWN, geom.name() + " is stopping");
    }

    // ---- FLUSH

    /** It is known more of sessions. */
    void reviewFlushes() {
        flushing.review();
    }

    /** A path has flushed; {@code objection} tells why that does not count. */
    void onJudged(Attempt.OfRequest flush, @Nullable IoError objection) {
        if (objection == null) {
            noteSuccess(flush);
        }
        decide(flush, objection);
    }

    /**
     * Flushes what was changed through {@code target}, beside the requests of clients; {@code then} hears on this loop how
     * that ended, null for well.
     */
    void flushBeside(IoPath target, Consumer<@Nullable IoError> then) {
        refresh();
        LanePath path = paths.find(target);
        if (path == null || path.leaving || ended) {
            then.accept(IoError.of(Kind.GONE, "the path is gone"));
        } else if (path.doubtful) {
            then.accept(unclear(path));
        } else {
            startTicking();
            path.prepare();
            flushing.beside(path, then);
        }
    }

    /** Asks {@code witness} for a sign of life of the cache that {@code continuity} speaks of, beside the requests of clients. */
    void vouch(PathSession witness, Continuity continuity) {
        LanePath path = witness.on;
        if (path.session() != witness) {
            geom.debts().vouched(continuity, witness, false);
            return;
        }
        readBeside(path, 0, geom.geometry().sectorSize(), read -> {
            IoError error = read.error();
            boolean broken = error != null && error.kind().scope() == Scope.PATH;
            if (error != null && broken && path.session() == witness) {
                path.channel.abort(error);
            }
            geom.debts().vouched(continuity, witness, !broken);
        });
    }

    // ---- waiting

    /**
     * Nobody waits for {@code io}: its client may repeat it by another channel and go on, so a change that is under way
     * holds up all others of its range until it is answered.
     */
    void fenceWhileUnderWay(GeomIo io) {
        IoRequest parent = io.parent;
        if (parent != null && io.out > 0 && parent.op().changesData() && io.copiesAnswered == null) {
            Settlement answered = new Settlement();
            io.copiesAnswered = answered;
            geom.fencing().addUntilSettled(new Fence(io.attempt.on().path, parent, answered));
        }
    }

    /** Fences were lifted, as a rule many at once: {@link #releaseHeld} for all of them. Any thread. */
    void releaseHeldSoon() {
        if (releaseIsDue.compareAndSet(false, true)) {
            loop.execute(this::releaseHeld);
        }
    }

    /** The fences have changed: changes that no longer overlap one go ahead, in the order in which they came. */
    private void releaseHeld() {
        releaseIsDue.set(false);
        for (int i = held.size(); i > 0 && !held.isEmpty(); i--) {
            GeomIo io = held.remove();
            IoRequest parent = io.parent;
            boolean waits = parent != null
                    && !geom.table().stopping()
                    && geom.fencing().fences().hold(parent);
            if (waits) {
                held.add(io);
                continue;
            }
            stats.held.decrement();
            resume(io, parent);
        }
    }

    /** A path has answered: who waits for room there goes ahead, in the order in which they came. */
    private void releaseCrowd() {
        if (crowd.isEmpty() || releasing) {
            return;
        }
        // What is answered at once comes back here.
        releasing = true;
        GeomIo io;
        do {
            io = crowd.remove();
            begin(io, io.parent);
        } while (!crowd.isEmpty() && crowd.element() != io);
        releasing = false;
    }

    /** As a request that has just come: it may find a fence that was not there yet. */
    private void begin(GeomIo io, @Nullable IoRequest parent) {
        if (parent != null && geom.fencing().fences().hold(parent)) {
            hold(io);
        } else {
            resume(io, parent);
        }
    }

    private void hold(GeomIo io) {
        held.add(io);
        stats.held.increment();
    }

    /** Goes on with a request that has waited; {@code parent} is null when its client has gone. */
    void resume(GeomIo io, @Nullable IoRequest parent) {
        if (parent == null) {
            letGo(io);
        } else if (geom.table().stopping()) {
            failNow(io, parent, stopping());
        } else {
            refresh();
            dispatch(io, parent, loop.nanoTime());
        }
    }

    // ---- paths

    /** Sees the geom's table as it is now: opens channels to new paths, takes leave of lost ones. */
    void refresh() {
        PathTable table = geom.table();
        if (table == seen) {
            return;
        }
        seen = table;
        List<LanePath> nowUsable = new ArrayList<>();
        List<LanePath> nowDraining = new ArrayList<>();
        for (PathEntry entry : table.newestFirst()) {
            LanePath path = paths.adopt(entry);
            if (path != null && entry.isUsable()) {
                nowUsable.add(path);
            } else if (path != null && entry.draining()) {
                nowDraining.add(path);
            }
        }
        flushing.become(nowDraining);
        IoPath active = table.active();
        eligibility.become(
                table.mode(), nowUsable.toArray(LanePath[]::new), active == null ? null : paths.find(active));
        paths.releaseDrained();
        if (table.stopping()) {
            // Not from here: this may be a request in the middle of being sent, and its client may go away when it
            // hears.
            loop.execute(this::releaseAll);
        }
        endIfDrained();
    }

    private void releaseAll() {
        // The crowd first: who waited there may be held now.
        releaseCrowd();
        releaseHeld();
        parked.unpark();
    }

    /** Looks now and then: for this alone, no request shall have to. */
    void awaitIdle(IoPath target, CompletableFuture<Void> idle) {
        refresh();
        LanePath path = paths.find(target);
        if (path == null || path.inFlight == 0 || eligibility.isUsable(path)) {
            if (path != null) {
                path.unflushed.forget(target.latestFlushed());
            }
            idle.complete(null);
        } else {
            loop.schedule(() -> awaitIdle(target, idle), IDLE_LOOK_NANOS);
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

    /** When the geom is stopping and nothing is in flight: closes the channels to the paths. */
    private void endIfDrained() {
        if (ended || requestsInFlight > 0 || !geom.table().stopping()) {
            return;
        }
        ended = true;
        paths.closeAll();
        geom.onLaneEnded(this);
    }

    // ---- checks

    /** Reads one sector on {@code path} beside the requests of clients; {@code verdict} hears on this loop. */
    void check(IoPath target, int sectorSize, CheckVerdict verdict) {
        refresh();
        LanePath path = paths.find(target);
        if (path == null || path.leaving || ended) {
            verdict.on(-1, IoError.of(Kind.GONE, "the path is gone"));
            return;
        }
        readBeside(path, 0, sectorSize, read -> {
            if (read.error() == null
                    && !eligibility.isUsable(path)
                    && eligibility.awaitLook(path, finding -> verdict.on(read.epoch, objection(path, finding)))) {
                return;
            }
            verdict.on(read.epoch, read.error());
        });
    }

    private static @Nullable IoError objection(LanePath path, Finding finding) {
        return switch (finding) {
            case Finding.Same same -> null;
            case Finding.Broken broken -> broken.error();
            case Finding.AnotherDisk another -> IoError.of(Kind.IDENTITY, another.where());
            case Finding.Unclear unclear -> unclear(path);
        };
    }

    private static IoError unclear(LanePath path) {
        return IoError.of(Kind.NO_PATH, "it could not be told yet to which disk " + path.path + " leads");
    }

    /** Hears of a check's end; {@code error} is null when it passed. */
    interface CheckVerdict {
        void on(int epoch, @Nullable IoError error);
    }

    /** Reads beside the requests of clients; {@code then} hears on this loop. */
    void readBeside(LanePath path, long offset, int length, Consumer<Attempt.OfCheck> then) {
        startTicking();
        path.prepare();
        new Attempt.OfCheck(offset, length, read -> decided(read, then)).send(path, loop.nanoTime());
    }

    private void decided(Attempt.OfCheck read, Consumer<Attempt.OfCheck> then) {
        noteAlive(read);
        then.accept(read);
        paths.releaseIfDrained(read.on());
    }

    // ---- where new sessions lead

    /** A session to one of the paths has begun or ended. */
    void onSessionsChanged() {
        eligibility.review();
    }

    /** A request that no other path could do waits for a path that may lead elsewhere, rather than to go there. */
    private boolean awaitLook(GeomIo io, @Nullable LanePath path) {
        boolean underWay = path != null && path.looking;
        return path != null && eligibility.awaitLook(path, finding -> lookedAt(io, path, finding, underWay));
    }

    /** What broke may have been sent before the request came, while the path was not yet well again. */
    private void lookedAt(GeomIo io, LanePath path, Finding finding, boolean wasUnderWay) {
        IoRequest parent = io.parent;
        if (parent == null) {
            letGo(io);
            return;
        }
        boolean tellsNothing = finding instanceof Finding.Unclear || (finding instanceof Finding.Broken && wasUnderWay);
        if (path.doubtful && eligibility.isAnyTrusted() && (!tellsNothing || ++io.looks >= LOOKS_PER_REQUEST)) {
            io.passedOver |= path.bit;
        }
        retry(io, parent.op());
    }

    // ---- time

    private void startTicking() {
        if (!ticking) {
            ticking = true;
            loop.schedule(this::tick, tickNanos());
        }
    }

    private long tickNanos() {
        long deadline = Math.min(MOST_TICK_NANOS, geom.attemptTimeoutNanos() / TICKS_PER_TIMEOUT);
        Duration hedgeAfter = geom.policies().hedgeAfter();
        return hedgeAfter == null ? deadline : Math.min(deadline, hedgeAfter.toNanos() / 2);
    }

    private void tick() {
        ticking = false;
        long now = loop.nanoTime();
        boolean busy = false;
        for (LanePath path : paths) {
            tickDeadline(path, now - geom.attemptTimeoutNanos());
            hedging.tick(path, now);
            busy |= path.inFlight > 0;
        }
        parked.tick(now);
        if (busy || !parked.isEmpty()) {
            startTicking();
        }
    }

    private void tickDeadline(LanePath path, long latestStartNanos) {
        Attempt oldest = path.oldest();
        if (oldest != null && oldest.startNanos - latestStartNanos <= 0) {
            path.channel.abort(IoError.of(
                    Kind.TIMEOUT,
                    "no answer from " + path.path + " in " + geom.attemptTimeoutNanos() / 1_000_000 + " ms"));
        }
    }
}
