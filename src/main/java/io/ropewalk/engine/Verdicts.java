package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What follows from what checks and looks have found out about a path: out of use, kept out, back into use, and active
 * again where it is the preferred one. Any thread; changes the geom's table under its mutex.
 */
final class Verdicts {
    private final Geom geom;
    private final Object mutex;
    private final IoLoop home;
    private final EngineClock clock;

    /** Under the mutex: when the preferred path becomes the active one, should it be well until then. */
    private IoLoop.@Nullable Timer failback;

    Verdicts(Geom geom, Object mutex, IoLoop home, EngineClock clock) {
        this.geom = geom;
        this.mutex = mutex;
        this.home = home;
        this.clock = clock;
    }

    /** {@code error} is null when the check passed. */
    void onChecked(IoPath path, int epoch, @Nullable IoError error) {
        synchronized (mutex) {
            note(path, error);
            PathEntry entry = entryOf(path, epoch);
            if (entry == null) {
                return;
            }
            if (error != null && entry.isUsable() && geom.table().usableCount() > 1) {
                FailReason reason = error.kind() == IoError.Kind.IDENTITY ? FailReason.IDENTITY : FailReason.CHECKER;
                takeOutOfUse(path, PathEntry.Failure.of(reason, error));
            } else if (error != null && entry.isFailed() && error.kind() == IoError.Kind.IDENTITY) {
                becomeAnotherDisk(entry, error);
            } else if (error == null && entry.isFailed() && geom.policies().restore() == Policies.Restore.AUTO) {
                heal(entry, clock.now());
            }
        }
    }

    /** Whether it answers, whatever has become of it since the check began: when all are dead they fail and return in turn. */
    private void note(IoPath path, @Nullable IoError error) {
        PathTable table = geom.table();
        boolean news = table.find(path)
                .filter(entry -> (entry.checkFailure() == null) != (error == null))
                .isPresent();
        if (news) {
            geom.publish(table.checked(path, error == null ? null : error.message()));
        }
    }

    /** The path's session has ended, and no other could be had, or none that works: no request has to find that out. */
    void onLookBroken(IoPath path, int epoch, IoError error) {
        synchronized (mutex) {
            if (geom.table().usableCount() > 1) {
                boolean pathBroke = error.kind().scope() == IoError.Scope.PATH;
                geom.fault(path, epoch, pathBroke ? FailReason.of(error) : FailReason.CHECKER, error);
            }
        }
    }

    /**
     * The path shows bytes of another disk, though size and all else are as they were. Whatever it was out for before, an
     * operator's word included, this is worse: it would be asked in need.
     */
    void onAnotherDisk(IoPath path, int epoch, String where) {
        synchronized (mutex) {
            PathEntry entry = entryOf(path, epoch);
            if (entry == null || entry.isLost() || entry.isAnotherDisk()) {
                return;
            }
            PathEntry.Failure failure = new PathEntry.Failure(FailReason.IDENTITY, "another disk: " + where, null);
            if (entry.isUsable()) {
                takeOutOfUse(path, failure);
            } else {
                geom.publish(geom.table().keepOut(path, failure));
            }
        }
    }

    /** Null when what was found out is of an earlier time, or is of no interest any more. */
    private @Nullable PathEntry entryOf(IoPath path, int epoch) {
        PathTable table = geom.table();
        return table.stopping()
                ? null
                : table.find(path).filter(entry -> entry.epoch() == epoch).orElse(null);
    }

    private void takeOutOfUse(IoPath path, PathEntry.Failure failure) {
        geom.debts().noteOutOfUse(path);
        geom.publish(geom.table().fault(path, failure, clock.now()));
    }

    /** Whatever a failed path was out for, that it leads elsewhere now is worse; but what an operator said stands. */
    private void becomeAnotherDisk(PathEntry entry, IoError error) {
        if (!entry.isFailedBy(FailReason.OPERATOR) && !entry.isFailedBy(FailReason.IDENTITY)) {
            geom.publish(geom.table().keepOut(entry.path(), PathEntry.Failure.of(FailReason.IDENTITY, error)));
        }
    }

    /** A failed path has passed a check: back into use, unless an operator or its own restlessness speaks against it. */
    private void heal(PathEntry entry, Instant now) {
        boolean flapping = entry.isFailedBy(FailReason.FLAPPING);
        if (entry.isFailedBy(FailReason.OPERATOR)
                || entry.isAnotherDisk()
                || (flapping && entry.damping().isRestless(now))) {
            return;
        }
        PathTable table = geom.table();
        if (!flapping && entry.damping().isAboveLimit(now) && table.usableCount() > 0) {
            String why = "failed too often lately, stays out for "
                    + entry.damping().untilCalm(now).toSeconds() + " s unless it is needed";
            geom.publish(table.keepOut(entry.path(), new PathEntry.Failure(FailReason.FLAPPING, why, null)));
            return;
        }
        geom.publish(table.restore(entry.path(), RestoreTrigger.CHECKER, now));
    }

    /** Under the mutex, for all that happens to the paths: one that has come, or has come back, may be the preferred one. */
    void onTold(PathEvent event) {
        switch (event) {
            case PathEvent.Added added -> scheduleFailback(added.path());
            case PathEvent.Restored restored -> scheduleFailback(restored.path());
            default -> {}
        }
    }

    /** Under the mutex: the geom stops, or another time counts. */
    void cancelFailback() {
        if (failback != null) {
            failback.cancel();
            failback = null;
        }
    }

    /** Under the mutex: where the path is the preferred one it may become active by itself, if it is well until then. */
    void scheduleFailback(IoPath path) {
        Duration after = geom.policies().failback();
        if (after == null
                || !path.name().equals(geom.preferred())
                || path == geom.table().active()) {
            return;
        }
        cancelFailback();
        int epoch = geom.table().find(path).map(PathEntry::epoch).orElse(-1);
        failback = home.schedule(() -> failBack(path, epoch, after), after.toNanos());
    }

    /** {@code after} so long; where another time has been asked for meanwhile, that one counts. */
    private void failBack(IoPath path, int epoch, Duration after) {
        synchronized (mutex) {
            PathEntry entry = entryOf(path, epoch);
            boolean wellSince = entry != null && entry.isUsable();
            if (wellSince
                    && path.name().equals(geom.preferred())
                    && after.equals(geom.policies().failback())) {
                geom.publish(geom.table().prefer(path));
            }
        }
    }
}
