package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lane's FLUSHes that were answered by a session which may have begun after what they are to cover was lost: they wait
 * until it is known (ADR 12). Lane's loop only.
 */
final class FlushReview {
    private final Debts debts;
    private final Lane lane;
    private final ArrayDeque<Doubt> doubts = new ArrayDeque<>();

    /** {@code verdict} hears null for a FLUSH that covers what it is to cover. */
    private record Doubt(PathSession session, Consumer<@Nullable IoError> verdict) {}

    FlushReview(Debts debts, Lane lane) {
        this.debts = debts;
        this.lane = lane;
    }

    /** A FLUSH was answered by {@code session}, which is no witness yet; {@code verdict} hears null when it has become one. */
    void add(PathSession session, Consumer<@Nullable IoError> verdict) {
        doubts.add(new Doubt(session, verdict));
        if (session.over) {
            lane.loop().execute(lane::reviewFlushes);
        } else {
            debts.vouchFor(session.on.path);
        }
    }

    /** It is known more of sessions: what can be decided is. */
    void review() {
        for (int i = doubts.size(); i > 0; i--) {
            Doubt doubt = doubts.remove();
            if (doubt.session().over) {
                doubt.verdict().accept(IoError.of(Kind.DISCONNECTED, "the session ended while a flush was checked"));
            } else if (debts.isWitness(doubt.session())) {
                doubt.verdict().accept(null);
            } else {
                doubts.add(doubt);
            }
        }
    }
}
