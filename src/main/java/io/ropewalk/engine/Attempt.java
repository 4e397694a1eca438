package io.ropewalk.engine;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request on one path: it is in flight there, and has a deadline. Lane's loop only. */
abstract class Attempt extends IoRequest {
    private @Nullable LanePath on;
    long startNanos;

    /** When it succeeded; the clock is asked once for its path and its client. */
    long answeredNanos;

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

        /** Kept by {@link Pace}: what other paths had answered when it was sent, and what was in flight on its own, with it. */
        long answeredElsewhere;

        long weightAhead;

        OfRequest(GeomIo io) {
            this.io = io;
        }

        void sendSame(IoRequest parent, LanePath path, long nowNanos, boolean mayUseHeadroom) {
            askSame(parent, mayUseHeadroom);
            io.lane().pace().sending(path, this);
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

    /** A FLUSH of the geom's own, beside the requests of clients. */
    static final class OfDrain extends Attempt {
        private final Consumer<OfDrain> whenDecided;

        /** The latest change that had been answered on the path when it was sent. */
        final long coveredChange;

        OfDrain(long coveredChange, Consumer<OfDrain> whenDecided) {
            this.coveredChange = coveredChange;
            this.whenDecided = whenDecided;
            ask(IoOp.FLUSH, 0, 0, 0);
        }

        @Override
        protected void onDecided() {
            whenDecided.accept(this);
        }
    }

    /** A check: a short read, beside the requests of clients. */
    static final class OfCheck extends Attempt {
        private final Consumer<OfCheck> whenDecided;
        private byte @Nullable [] bytes;

        OfCheck(long offset, int length, Consumer<OfCheck> whenDecided) {
            this.whenDecided = whenDecided;
            ask(IoOp.READ, offset, length, 0);
        }

        /** What was read; null when that failed. */
        byte @Nullable [] takeBytes() {
            return bytes;
        }

        @Override
        protected void onDecided() {
            if (error() == null) {
                ByteBuf data = takeData();
                bytes = ByteBufUtil.getBytes(data);
                data.release();
            }
            whenDecided.accept(this);
        }
    }
}
