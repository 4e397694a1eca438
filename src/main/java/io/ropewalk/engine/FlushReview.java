package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A lane's FLUSHes that were answered by a session which may have begun after what they are to cover was lost: they wait
 * until it is known (ADR 12). Lane's loop only.
 */
final class FlushReview {
    private final Debts debts;
    private final Lane lane;
    private final ArrayDeque<Doubt> doubts = new ArrayDeque<>();

    private record Doubt(Attempt.OfRequest attempt, PathSession session) {}

    /** Decides a FLUSH; null for one that covers what it is to cover. */
    interface Verdict {
        void on(Attempt.OfRequest flush, @Nullable IoError error);
    }

    FlushReview(Debts debts, Lane lane) {
        this.debts = debts;
        this.lane = lane;
    }

    /** {@code attempt} was answered by {@code session}, which is no witness yet. */
    void add(Attempt.OfRequest attempt, PathSession session) {
        doubts.add(new Doubt(attempt, session));
        if (session.over) {
            lane.loop().execute(lane::reviewFlushes);
        } else {
            debts.vouchFor(session.on.path);
        }
    }

    /** It is known more of sessions: what can be decided is. */
    void review(Verdict verdict) {
        for (int i = doubts.size(); i > 0; i--) {
            Doubt doubt = doubts.remove();
            if (doubt.session().over) {
                verdict.on(
                        doubt.attempt(), IoError.of(Kind.DISCONNECTED, "the session ended while a flush was checked"));
            } else if (debts.isWitness(doubt.session())) {
                verdict.on(doubt.attempt(), null);
            } else {
                doubts.add(doubt);
            }
        }
    }
}
