package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lane's FLUSHes: which paths one goes to (Q12), and whether it has covered what it was to cover (ADR 6). Lane's loop
 * only.
 */
final class Flushing {
    /** What a client's next FLUSH is told after a loss. */
    static final IoError LOSS = IoError.of(Kind.IO, "changes that were not flushed may be lost");

    private final Geom geom;
    private final Lane lane;
    private final Eligibility eligibility;
    private final FlushReview review;
    private List<LanePath> draining = List.of();

    Flushing(Geom geom, Lane lane, Eligibility eligibility) {
        this.geom = geom;
        this.lane = lane;
        this.eligibility = eligibility;
        this.review = new FlushReview(geom.debts(), lane, eligibility);
    }

    /** The table has changed: those are drained now. */
    void become(List<LanePath> nowDraining) {
        draining = nowDraining;
    }

    /** It is known more of sessions: FLUSHes that waited for that are decided. */
    void review() {
        review.review();
    }

    // ---- a client's

    /**
     * To the path that the mode names, and to every other with changes since its last flush that is usable, or drains and
     * still owes them.
     */
    void send(GeomIo io, LanePath chosen, long nowNanos) {
        io.beginFlush(geom.table(), geom.debts().gone());
        // One more than is sent, so that an answer that comes at once does not end the request too early.
        io.out++;
        lane.send(io, io.attempt, chosen, nowNanos);
        for (LanePath path : eligibility.usable()) {
            if (path != chosen && (!path.doubtful || geom.debts().isPerPath())) {
                sendToo(io, path, nowNanos);
            }
        }
        for (LanePath path : draining) {
            if (path.path.isDirty() && path.doubtful) {
                geom.endDrain(path.path, path.epoch);
            } else {
                sendToo(io, path, nowNanos);
            }
        }
        io.out--;
        if (io.parent != null) {
            onBranchDecided(io, io.parent);
        } else {
            lane.letGo(io);
        }
    }

    /** What was answered at once may have made the client go away, or the path. */
    private void sendToo(GeomIo io, LanePath path, long nowNanos) {
        if (io.parent != null && !path.leaving && path.path.isDirty()) {
            lane.send(io, new Attempt.OfRequest(io), path, nowNanos);
        }
    }

    /** A path has answered well. */
    void onAnswered(Attempt.OfRequest flush) {
        review.judge(flush.on(), objection -> lane.onJudged(flush, objection));
    }

    void onBranchDecided(GeomIo io, IoRequest parent) {
        if (io.out > 0) {
            return;
        }
        if (io.refused) {
            lane.finish(io);
        } else if (io.flushed) {
            onFlushed(io, parent);
        } else {
            lane.retry(io, IoOp.FLUSH);
        }
    }

    private void onFlushed(GeomIo io, IoRequest parent) {
        // A path that could not flush goes out of use, with all that it owes.
        lane.blameSuspects(io);
        geom.debts().noteUncovered(io);
        if (Objects.requireNonNull(io.channel).takeLosses()) {
            lane.failNow(io, parent, LOSS);
            return;
        }
        if (!geom.debts().isPerPath()) {
            io.coverAll();
        }
        lane.succeed(io, parent);
    }

    /**
     * No path could do {@code parent}, and its client is about to hear. A server's kernel tells of a write-back that failed
     * to one FLUSH, or to one change that is durable by itself: other clients' changes may have been in it.
     */
    void onFailed(GeomIo io, IoRequest parent, IoError error) {
        boolean deviceFailed =
                io.suspects().stream().anyMatch(suspect -> suspect.error().kind() == Kind.IO);
        if (parent.op() == IoOp.FLUSH && (deviceFailed || error.kind() == Kind.NO_SPACE)) {
            Objects.requireNonNull(io.channel).noteFlushFailed(io.owed);
        } else if (parent.isFua() && deviceFailed) {
            geom.debts().noteFlushFailed(io.owed);
        }
    }

    // ---- the geom's own

    /** Flushes what was changed through {@code path}, beside the requests of clients; {@code then} hears null for well. */
    void beside(LanePath path, Consumer<@Nullable IoError> then) {
        new Attempt.OfDrain(path.path.latestChange(), flush -> besideAnswered(flush, then))
                .send(path, lane.loop().nanoTime());
    }

    private void besideAnswered(Attempt.OfDrain flush, Consumer<@Nullable IoError> then) {
        LanePath path = flush.on();
        IoError error = flush.error();
        lane.noteAlive(flush);
        if (error == null) {
            review.judge(path, objection -> {
                if (objection == null) {
                    path.onFlushed(flush.coveredChange);
                }
                then.accept(objection);
            });
        } else {
            then.accept(error);
        }
        lane.onRoom(path);
    }
}
