package io.ropewalk.engine;

import io.ropewalk.block.IoOp;
import io.ropewalk.block.Settlement;
import io.ropewalk.engine.Fences.Fence;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * Sends what waits on one path to another as well: a READ that takes long ({@code policies.hedgeAfter}), and whatever but
 * a FLUSH waits on a path that says nothing while the others answer ({@link Pace}; ADR 23). The first good answer is the
 * client's; one request in {@value #REQUESTS_PER_HEDGE} at most is sent twice.
 *
 * <p>A change that is sent twice is fenced before ({@link Fences}): nothing else may change its range until both copies are
 * answered, or have become such as were given up and have fences of their own (ADR 25). Lane's loop only.
 */
final class Hedging {
    private static final int REQUESTS_PER_HEDGE = 20;

    private final Geom geom;
    private final Lane lane;
    private final Eligibility eligibility;
    private final LongAdder counted;
    private long requests;
    private long hedges;

    /** @param counted how many requests were sent twice, for all who ask */
    Hedging(Geom geom, Lane lane, Eligibility eligibility, LongAdder counted) {
        this.geom = geom;
        this.lane = lane;
        this.eligibility = eligibility;
        this.counted = counted;
    }

    /** A request that may be sent twice is sent. */
    void onSent() {
        requests++;
    }

    /** Looks at what takes long on {@code path}. */
    void tick(LanePath path, long nowNanos) {
        Duration hedgeAfter = geom.policies().hedgeAfter();
        long afterNanos = hedgeAfter == null ? Long.MAX_VALUE : hedgeAfter.toNanos();
        long lookAfterNanos = Math.min(afterNanos, Pace.SILENCE_NANOS);
        boolean othersIdle = path.inFlight > 1 && eligibility.areOthersIdle(path);
        for (Attempt attempt = path.oldest(); attempt != null; attempt = attempt.newer) {
            long nanos = nowNanos - attempt.startNanos;
            if (nanos < lookAfterNanos) {
                return;
            }
            if (attempt instanceof Attempt.OfRequest slow && slow.op() != IoOp.FLUSH) {
                boolean tooLong = nanos >= afterNanos && slow.op() == IoOp.READ;
                if (isSilent(slow, nanos, othersIdle) || tooLong) {
                    hedge(slow);
                }
            }
        }
    }

    private boolean isSilent(Attempt.OfRequest slow, long nanos, boolean othersIdle) {
        return nanos >= Pace.SILENCE_NANOS
                && eligibility.isShared(slow.op())
                && lane.pace().isSilent(slow.on(), slow, nanos, eligibility.others(), othersIdle);
    }

    private void hedge(Attempt.OfRequest slow) {
        GeomIo io = slow.io();
        if (io.isAbandoned() || io.hedged || (hedges + 1) * REQUESTS_PER_HEDGE > requests) {
            return;
        }
        LanePath path = eligibility.chooseForHedge(io.tried);
        if (path != null && path.hasRoomFor(slow) && isHarmless(slow)) {
            io.hedged = true;
            hedges++;
            counted.increment();
            lane.send(io, new Attempt.OfRequest(io), path, lane.loop().nanoTime());
        }
    }

    /** Sees to it that a change's slower copy cannot land on what comes after the faster. */
    private boolean isHarmless(Attempt.OfRequest slow) {
        if (!slow.op().changesData()) {
            return true;
        }
        Settlement bothAnswered = new Settlement();
        slow.io().copiesAnswered = bothAnswered;
        return geom.fencing().addUntilSettled(new Fence(slow.on().path, slow, bothAnswered));
    }
}
