package io.ropewalk.engine;

import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoLoop.Timer;
import io.ropewalk.engine.Fences.Fence;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Puts up the fences of a geom and takes them down: when there is proof that the change behind one can no longer land, or
 * after {@code policies.quiesce} without. Any thread.
 */
final class Fencing {
    private final Geom geom;
    private final IoLoop home;
    private final LongAdder expired = new LongAdder();
    private final Map<Fence, Timer> timers = new HashMap<>();
    private final Fences fences = new Fences();

    /** @param home where time passes */
    Fencing(Geom geom, IoLoop home) {
        this.geom = geom;
        this.home = home;
    }

    Fences fences() {
        return fences;
    }

    /** How many fences were given up without proof. */
    long expired() {
        return expired.sum();
    }

    /** A change was given up and may still land: nothing else touches its range until that is over. */
    void add(Fence fence) {
        if (fence.settlement().isSettled()) {
            return;
        }
        Duration quiesce = geom.policies().quiesce();
        if (quiesce.isZero()) {
            expire(fence);
            return;
        }
        synchronized (this) {
            fences.add(fence);
            timers.put(fence, home.schedule(() -> expireUnlessLifted(fence), quiesce.toNanos()));
        }
        fence.settlement().whenSettled(() -> liftSettled(fence));
    }

    /**
     * A change is under way that is about to be sent once more, or whose client has gone: nothing else touches its range
     * until all that is under way of it is answered, which deadlines see to. Returns whether that holds: not where {@code
     * policies.quiesce} says that nothing is fenced.
     */
    boolean addUntilSettled(Fence fence) {
        if (geom.policies().quiesce().isZero()) {
            return false;
        }
        fences.add(fence);
        fence.settlement().whenSettled(() -> liftSettled(fence));
        return true;
    }

    private void liftSettled(Fence fence) {
        if (lift(fence)) {
            onLifted();
        }
    }

    private void expireUnlessLifted(Fence fence) {
        if (lift(fence)) {
            expire(fence);
            onLifted();
        }
    }

    /** Returns whether it stood. */
    private synchronized boolean lift(Fence fence) {
        Timer timer = timers.remove(fence);
        if (timer != null) {
            timer.cancel();
        }
        return fences.remove(fence);
    }

    private void onLifted() {
        geom.lanes().forEach(Lane::releaseHeldSoon);
        geom.onFenceLifted();
    }

    private void expire(Fence fence) {
        expired.increment();
        geom.onUnfenced(fence);
    }
}
