package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.Look.Finding;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether what a path has answered to a FLUSH counts: where it is not known that the path leads to the disk (ADR 13), or
 * the session may have begun after what is to be covered was lost (ADR 12), the FLUSH waits until that is known. Lane's
 * loop only.
 */
final class FlushReview {
    private final Debts debts;
    private final Lane lane;
    private final Eligibility eligibility;
    private final ArrayDeque<Doubt> doubts = new ArrayDeque<>();

    /** {@code verdict} hears null for a FLUSH that covers what it is to cover. */
    private record Doubt(PathSession session, Consumer<@Nullable IoError> verdict) {}

    FlushReview(Debts debts, Lane lane, Eligibility eligibility) {
        this.debts = debts;
        this.lane = lane;
        this.eligibility = eligibility;
    }

    /** A FLUSH has succeeded on {@code path}; {@code verdict} hears null if that counts, now or later. */
    void judge(LanePath path, Consumer<@Nullable IoError> verdict) {
        judge(path, path.session(), Lane.LOOKS_PER_REQUEST, verdict);
    }

    private void judge(LanePath path, @Nullable PathSession session, int looks, Consumer<@Nullable IoError> verdict) {
        boolean waits = eligibility.awaitLook(path, finding -> {
            if (finding instanceof Finding.Same) {
                judge(session, verdict);
            } else if (finding instanceof Finding.Unclear && looks > 1) {
                judge(path, session, looks - 1, verdict);
            } else {
                verdict.accept(
                        IoError.of(Kind.IDENTITY, "where " + path.path + " leads was not known when it flushed"));
            }
        });
        if (!waits) {
            judge(session, verdict);
        }
    }

    /** {@code session} is null where there is no such thing: the device speaks for itself. */
    private void judge(@Nullable PathSession session, Consumer<@Nullable IoError> verdict) {
        if (session == null || debts.isWitness(session)) {
            verdict.accept(null);
            return;
        }
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
