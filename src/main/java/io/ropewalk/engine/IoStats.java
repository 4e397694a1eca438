package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import java.util.concurrent.atomic.AtomicLongArray;

/** What one lane did, by operation: durations, bytes, errors. One thread records, any thread reads. */
final class IoStats {
    private static final int OPS = IoOp.values().length;
    private static final int KINDS = IoError.Kind.values().length;

    private final LatencyHistogram[] durations = new LatencyHistogram[OPS];
    private final AtomicLongArray bytes = new AtomicLongArray(OPS);
    private final AtomicLongArray errors = new AtomicLongArray(OPS * KINDS);

    IoStats() {
        for (int op = 0; op < OPS; op++) {
            durations[op] = new LatencyHistogram();
        }
    }

    void succeeded(IoOp op, long length, long nanos) {
        durations[op.ordinal()].record(nanos);
        bytes.setOpaque(op.ordinal(), bytes.getPlain(op.ordinal()) + length);
    }

    void failed(IoOp op, IoError.Kind kind) {
        int cell = op.ordinal() * KINDS + kind.ordinal();
        errors.setOpaque(cell, errors.getPlain(cell) + 1);
    }

    LatencyHistogram durations(IoOp op) {
        return durations[op.ordinal()];
    }

    long bytes(IoOp op) {
        return bytes.getOpaque(op.ordinal());
    }

    long errors(IoOp op, IoError.Kind kind) {
        return errors.getOpaque(op.ordinal() * KINDS + kind.ordinal());
    }
}
