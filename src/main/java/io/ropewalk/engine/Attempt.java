package io.ropewalk.engine;

import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One request on one path: it is in flight there, and has a deadline. Lane's loop only. */
abstract class Attempt extends IoRequest {
    private @Nullable LanePath on;
    long startNanos;
    int epoch;

    /** When it was sent, in the count of {@link Debts#moment}. */
    long moment;

    @Nullable Attempt older;

    @Nullable Attempt newer;

    /** The path it was sent on. */
    final LanePath on() {
        return Objects.requireNonNull(on);
    }

    final void send(LanePath path, long nowNanos) {
        on = path;
        epoch = path.epoch;
        moment = path.debts.moment();
        startNanos = nowNanos;
        path.enlist(this);
        path.channel.submit(this);
    }

    @Override
    protected final void onAnswer() {
        on().strike(this);
        onDecided();
    }

    /** The attempt is answered and no longer counted as in flight. */
    protected abstract void onDecided();

    /** A request of a client, or one branch of it. */
    static final class OfRequest extends Attempt {
        private final GeomIo io;

        /** Of a FLUSH: the latest change that had been answered on the path when it was sent. */
        long coveredChange;

        OfRequest(GeomIo io) {
            this.io = io;
        }

        void sendSame(IoRequest parent, LanePath path, long nowNanos, boolean mayUseHeadroom) {
            askSame(parent, mayUseHeadroom);
            send(path, nowNanos);
        }

        GeomIo io() {
            return io;
        }

        @Override
        protected void onDecided() {
            io.lane().onDecided(this);
        }
    }

    /** A check: the read of one sector, beside the requests of clients. */
    static final class OfCheck extends Attempt {
        private final Runnable whenDecided;

        OfCheck(int sectorSize, Runnable whenDecided) {
            this.whenDecided = whenDecided;
            ask(IoOp.READ, 0, sectorSize, 0);
        }

        @Override
        protected void onDecided() {
            if (error() == null) {
                takeData().release();
            }
            whenDecided.run();
        }
    }
}
