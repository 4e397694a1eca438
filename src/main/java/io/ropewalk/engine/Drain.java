package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A path on its way out by an operator's word: once no lane has anything in flight there, it is asked for a FLUSH, until
 * it owes nothing. Nothing new is sent there meanwhile, but as a last resort; FLUSHes of clients still reach it, so that
 * what it owes need not count as lost before that is known. Any failure of the path ends it, with its debt.
 *
 * <p>Any thread. It goes on by itself, whoever waits; each step ends within an attempt's time-out.
 */
final class Drain {
    private final Geom geom;
    private final Object mutex;
    private final IoPath path;
    private final int epoch;
    private final boolean asks;
    private final long lossesBefore;
    private final CompletableFuture<Drained> drained = new CompletableFuture<>();

    /**
     * Under the mutex, at the beginning.
     *
     * @param asks a FLUSH is asked for; else it is only waited
     */
    Drain(Geom geom, Object mutex, IoPath path, int epoch, boolean asks) {
        this.geom = geom;
        this.mutex = mutex;
        this.path = path;
        this.epoch = epoch;
        this.asks = asks;
        this.lossesBefore = path.losses();
    }

    CompletableFuture<Drained> begin() {
        awaitIdle();
        return drained;
    }

    private void awaitIdle() {
        CompletableFuture<?>[] idle = geom.lanes().stream().map(this::idle).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(idle).thenRun(this::onIdle);
    }

    private CompletableFuture<Void> idle(Lane lane) {
        CompletableFuture<Void> idle = new CompletableFuture<>();
        lane.loop().execute(() -> lane.awaitIdle(path, idle));
        return idle;
    }

    private void onIdle() {
        Lane lane = laneToFlush();
        if (lane == null) {
            end(null);
        } else {
            lane.loop().execute(() -> lane.flushBeside(path, this::onFlushed));
        }
    }

    /** Null when nothing is to be flushed. */
    private @Nullable Lane laneToFlush() {
        synchronized (mutex) {
            boolean owes = geom.isDraining(path, epoch) && path.isDirty();
            return owes && !geom.table().stopping() ? geom.laneToFlush(path) : null;
        }
    }

    /** A last resort may have changed something there meanwhile, so it is looked again. */
    private void onFlushed(@Nullable IoError error) {
        if (error == null) {
            awaitIdle();
        } else {
            end(error);
        }
    }

    private void end(@Nullable IoError error) {
        boolean lost;
        synchronized (mutex) {
            geom.endDrain(path, epoch);
            lost = !geom.table().stopping() && (path.losses() != lossesBefore || owesStill());
        }
        drained.complete(new Drained(lost, lost ? unflushedBytes() : 0, error));
    }

    /** It may have owed that before, and clients have been told; who drains it wants to know all the same. */
    private boolean owesStill() {
        boolean isOut = geom.table()
                .find(path)
                .filter(entry -> !entry.isUsable() && entry.epoch() == epoch)
                .isPresent();
        return asks && isOut && path.isDirty() && geom.policies().cache() == Policies.Cache.PER_PATH;
    }

    private long unflushedBytes() {
        long bytes = 0;
        for (Lane lane : geom.lanes()) {
            LanePath there = lane.paths().find(path);
            bytes += there == null ? 0 : there.unflushed.bytes();
        }
        return bytes;
    }
}
