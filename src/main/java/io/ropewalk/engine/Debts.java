package io.ropewalk.engine;

import io.ropewalk.engine.Policies.Cache;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was acknowledged and may be lost before it was flushed, and who has been told. A path that goes out of use with
 * unflushed changes in a cache of its own ({@link Cache#PER_PATH}), sessions that end so that nobody can vouch for a
 * cache any more ({@link Continuity}), and a FLUSH that no path could do make a loss; each client's next FLUSH fails once
 * for it, as a kernel's does after a lost write-back.
 *
 * <p>Under the geom's mutex, but for what says otherwise.
 */
final class Debts {
    private final Geom geom;
    private final Object mutex;
    private final Continuity shared = new Continuity();
    /** Paths that were removed with unflushed changes in the cache that the others share. */
    private volatile List<IoPath> gone = List.of();

    private volatile long moment;
    private volatile long losses;
    private volatile long reportedLosses;

    Debts(Geom geom, Object mutex) {
        this.geom = geom;
        this.mutex = mutex;
    }

    // ---- sessions; lanes' loops

    /** Counts the sessions that began: what was sent at a later moment was sent after they did. Any thread. */
    long moment() {
        return moment;
    }

    PathSession began(Lane lane, LanePath on) {
        synchronized (mutex) {
            moment = moment + 1;
            PathSession session = new PathSession(lane, on, moment);
            shared.began(session);
            on.path.continuity.began(session);
            vouchIfDoubted(shared);
            vouchIfDoubted(on.path.continuity);
            return session;
        }
    }

    /** Idempotent. */
    void ended(PathSession session) {
        synchronized (mutex) {
            if (session.over) {
                return;
            }
            session.over = true;
            IoPath path = session.on.path;
            boolean sharedBroken = shared.ended(session);
            boolean ownBroken = path.continuity.ended(session);
            if (ownBroken) {
                path.doubt();
            }
            if (!geom.table().stopping()) {
                if (isPerPath() && ownBroken) {
                    noteBroken(List.of(path));
                } else if (!isPerPath() && sharedBroken && !isVouchedWithoutSession()) {
                    noteBroken(
                            Stream.concat(geom.paths().stream(), gone.stream()).toList());
                }
            }
            reviewFlushes();
            vouchIfDoubted(shared);
            vouchIfDoubted(path.continuity);
        }
    }

    /** Whether the shared cache is behind a path in use that has no sessions: such a one is a witness always. */
    private boolean isVouchedWithoutSession() {
        return geom.table().newestFirst().stream()
                .anyMatch(entry -> entry.isUsable() && entry.path().worksWithoutSession());
    }

    /**
     * {@code session} has answered a request that was sent at {@code sent}. Returns whether that is settled; else it is to
     * be told again with the next answer, for the session may have become a witness by then.
     */
    boolean answered(PathSession session, long sent) {
        synchronized (mutex) {
            Continuity own = session.on.path.continuity;
            boolean news = shared.answered(session, sent);
            if (own.answered(session, sent) | news) {
                reviewFlushes();
            }
            return shared.isWitness(session) && own.isWitness(session);
        }
    }

    /** Whether a FLUSH that the session answers covers all that was answered before it. On the session's loop. */
    boolean isWitness(PathSession session) {
        return relevant(session.on.path).isWitness(session);
    }

    /** A witness has been asked for a sign of life. */
    void vouched(Continuity of, PathSession witness, boolean alive) {
        synchronized (mutex) {
            of.vouching = false;
            if (!alive) {
                ended(witness);
            }
            vouchIfDoubted(of);
        }
    }

    /** Sees to it that a doubt about a session of {@code path} is resolved. Any thread. */
    void vouchFor(IoPath path) {
        synchronized (mutex) {
            vouchIfDoubted(relevant(path));
        }
    }

    /** Both proofs are kept up, whatever the cache is said to be now: it may be said to be otherwise later. */
    private void vouchIfDoubted(Continuity continuity) {
        PathSession witness = continuity.witness();
        if (witness != null && continuity.isDoubted() && !continuity.vouching) {
            continuity.vouching = true;
            witness.lane.loop().execute(() -> witness.lane.vouch(witness, continuity));
        }
    }

    private Continuity relevant(IoPath path) {
        return isPerPath() ? path.continuity : shared;
    }

    /** Whether paths may show different bytes of one disk, as one cache has what another has not. Any thread. */
    boolean mayCachesDiffer() {
        return isPerPath() && geom.paths().stream().anyMatch(IoPath::isDirty);
    }

    /** Any thread. */
    boolean isPerPath() {
        return geom.policies().cache() == Cache.PER_PATH;
    }

    private void reviewFlushes() {
        for (Lane lane : geom.lanes()) {
            lane.loop().execute(lane::reviewFlushes);
        }
    }

    // ---- losses

    /** Nobody can vouch for the cache behind {@code paths}. */
    private void noteBroken(List<IoPath> paths) {
        noteLost(paths.stream().filter(IoPath::takeUnflushedForLost).toList());
    }

    private void noteLost(List<IoPath> owing) {
        if (!owing.isEmpty()) {
            losses = losses + 1;
            for (Lane lane : geom.lanes()) {
                lane.loop().execute(() -> lane.paths().reportUnflushed(owing));
            }
        }
    }

    /**
     * {@code policies.cache} says something else than before. Where it now says PER_PATH, what would have been lost had it
     * always said so, and is not flushed, counts as lost, the debts of removed paths with it. Where it says SHARED, what
     * counts as lost already goes on to be told, and what is owed is covered by any FLUSH. FLUSHes that are checked are
     * checked by the new rule.
     */
    void onCacheConfigured() {
        synchronized (mutex) {
            if (isPerPath()) {
                gone.forEach(IoPath::doubt);
                noteLost(Stream.concat(geom.paths().stream(), gone.stream())
                        .filter(IoPath::takeDoubtedForLost)
                        .toList());
                gone = List.of();
            }
            reviewFlushes();
        }
    }

    /** The path is out of use. With a cache of its own, what it had not flushed may be gone. */
    void noteOutOfUse(IoPath path) {
        path.doubt();
        if (isPerPath() && path.takeUnflushedForLost()) {
            losses = losses + 1;
        }
    }

    /** The path is removed; its debt stays, unless it has been told. */
    void noteRemoved(IoPath path) {
        noteOutOfUse(path);
        gone = Stream.concat(gone.stream(), Stream.of(path))
                .filter(IoPath::owes)
                .toList();
    }

    /** Paths that were removed, and may have left changes in a cache that others share. Any thread. */
    List<IoPath> gone() {
        return gone;
    }

    /**
     * A FLUSH is about to be answered: what it was to cover and has not is lost with the caches that it did not reach.
     * Any thread.
     */
    void noteUncovered(GeomIo flush) {
        if (isPerPath()) {
            synchronized (mutex) {
                noteLost(flush.takeUncoveredForLost());
            }
        }
    }

    /** Whether something that was answered is not flushed. Any thread. */
    boolean isOwed() {
        return geom.paths().stream().anyMatch(IoPath::isDirty) || gone.stream().anyMatch(IoPath::isDirty);
    }

    /**
     * The disk could not make durable what was answered; what of it was lost, if any, is not known. Any thread.
     *
     * @param owed something was unflushed when that was asked for: another FLUSH that has been answered well since tells
     *     nothing of it, for the server's kernel may have told this one alone
     */
    void noteFlushFailed(boolean owed) {
        synchronized (mutex) {
            if (owed || isOwed()) {
                losses = losses + 1;
            }
        }
    }

    /**
     * The path's device has gone, and it knows no sessions whose end would have told: with it what its cache had, where
     * nobody else vouches for that. The path is out of use already.
     */
    void noteVanished(IoPath path) {
        if (!isPerPath() && path.worksWithoutSession() && shared.witness() == null && !isVouchedWithoutSession()) {
            noteBroken(Stream.concat(geom.paths().stream(), gone.stream())
                    .distinct()
                    .toList());
        }
    }

    /** How often changes were lost. Any thread. */
    long losses() {
        return losses;
    }

    /** The count that some client has been told of: a new client hears of what nobody has heard of. Any thread. */
    long reportedLosses() {
        return reportedLosses;
    }

    /** Any thread. */
    void onLossesReported(long count) {
        synchronized (mutex) {
            reportedLosses = Math.max(reportedLosses, count);
        }
    }
}
