package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What one lane did for its clients. The lane's loop records, any thread reads. */
final class LaneStats {
    /** As the client saw it, retries included. */
    final IoStats clients = new IoStats();

    final LongAdder retries = new LongAdder();
    final LongAdder allPathsFailed = new LongAdder();
    final LongAdder hedges = new LongAdder();

    /** Gauge: changes that wait for a fence. */
    final LongAdder held = new LongAdder();

    /** Gauge: requests that wait for a path. */
    final LongAdder queued = new LongAdder();

    /** First failed attempt to success on another path, by the reason of that failure. Filled once, never changed. */
    private final Map<FailReason, LatencyHistogram> failovers = new EnumMap<>(FailReason.class);

    LaneStats() {
        for (FailReason reason : FailReason.values()) {
            failovers.put(reason, new LatencyHistogram());
        }
    }

    void failedOver(FailReason firstFailure, long nanos) {
        failover(firstFailure).record(nanos);
    }

    LatencyHistogram failover(FailReason reason) {
        return java.util.Objects.requireNonNull(failovers.get(reason));
    }

    void failed(IoOp op, IoError error) {
        clients.failed(op, error.kind());
        if (error.kind().mayRetryElsewhere() || error.kind() == IoError.Kind.NO_PATH) {
            allPathsFailed.increment();
        }
    }
}
