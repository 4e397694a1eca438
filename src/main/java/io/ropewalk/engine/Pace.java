package io.ropewalk.engine;

import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a path that is much slower than the others of its lane from holding as many requests as they do, which R9 alone
 * would give it (ADR 22). A path <em>lags</em> when, while one request was under way there, each other path has on average
 * answered {@value #TURNS} times what was in flight here. It then rests: for {@value #REST} times as long as that request
 * took, the others go first; after that it gets one request at a time until one does not lag. Where all rest, and for a
 * request that has tried the others, it is chosen as ever. A path that says nothing lags as soon as {@link #SILENCE_NANOS}
 * have passed; its lane sends the READs that wait there to another one as well (ADR 23).
 *
 * <p>Operations are compared with their like, and by the bytes they move, so that neither a long request nor a slow kind of
 * request makes a path lag. At depth 1 nothing does: R9's sequences stay. Lane's loop only.
 */
final class Pace {
    private static final int TURNS = 8;
    private static final int REST = 8;

    /** Shorter answers are not looked at: on a busy machine anything may be late by that much. */
    private static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** What is not answered yet is looked at after so long, in ns. */
    static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final long MOST_REST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final IoLoop loop;
    private final Tally all = new Tally();

    Pace(IoLoop loop) {
        this.loop = loop;
    }

    /** What was answered, by operation: a weight in bytes. */
    static final class Tally {
        private final long[] weights = new long[IoOp.values().length];

        private void add(IoOp op, long weight) {
            weights[op.ordinal()] += weight;
        }

        private long of(IoOp op) {
            return weights[op.ordinal()];
        }
    }

    /** {@code attempt} is about to be sent on {@code path}, and not yet in flight. */
    void sending(LanePath path, Attempt.OfRequest attempt) {
        attempt.answeredElsewhere = answeredElsewhere(path, attempt.op());
        attempt.weightAhead = Math.max(
                path.bytesInFlight() + LanePath.bytesHeldBy(attempt), (path.inFlight + 1) * LanePath.LEAST_WEIGHT);
    }

    /** It succeeded, after {@code nanos}; {@code others} is how many other paths requests may go to. */
    void answered(LanePath path, Attempt.OfRequest attempt, long nanos, int others) {
        boolean late = isLate(path, attempt, others);
        long weight = LanePath.weightOf(attempt);
        path.answered.add(attempt.op(), weight);
        all.add(attempt.op(), weight);
        if (nanos >= LEAST_NANOS && late) {
            rest(path, nanos);
        } else {
            path.onTrial = false;
        }
    }

    /**
     * Whether it lags, without an answer for {@code nanos}, which are {@link #SILENCE_NANOS} at least. Then it rests. It
     * does as well where the others cannot be compared with, because they have nothing to do: they may have rested when
     * all went here.
     */
    boolean isSilent(LanePath path, Attempt.OfRequest attempt, long nanos, int others, boolean othersIdle) {
        boolean silent = othersIdle || isLate(path, attempt, others);
        if (silent) {
            rest(path, nanos);
        }
        return silent;
    }

    private boolean isLate(LanePath path, Attempt.OfRequest attempt, int others) {
        long elsewhere = answeredElsewhere(path, attempt.op()) - attempt.answeredElsewhere;
        return elsewhere > TURNS * Math.max(others, 1) * attempt.weightAhead;
    }

    private long answeredElsewhere(LanePath path, IoOp op) {
        return all.of(op) - path.answered.of(op);
    }

    private void rest(LanePath path, long nanos) {
        if (path.resting) {
            return;
        }
        path.resting = true;
        path.onTrial = true;
        path.rests.increment();
        loop.schedule(() -> path.resting = false, Math.min(REST * nanos, MOST_REST_NANOS));
    }
}
