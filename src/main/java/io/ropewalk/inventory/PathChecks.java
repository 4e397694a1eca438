package io.ropewalk.inventory;

import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.PathState;
import java.time.Duration;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Has every path checked from time to time, usable or not (Q8): so a dead standby is noticed before it is needed, and
 * a failed path that is well again comes back. On the topology thread only; a path's next check is set when the one
 * before has ended, so there is never more than one at a time. The pause is {@code interval}, give or take a fifth; for a
 * path in use that passes it doubles from check to check, up to {@link #MOST_INTERVALS} of it.
 */
final class PathChecks {
    private static final int MOST_INTERVALS = 4;

    private final Topology topology;
    private final Rhythm rhythm;
    private final Duration interval;
    private final Listeners listeners;
    private final Map<Geom, Map<String, Loop>> loops = new IdentityHashMap<>();
    private Gate gate = (geom, device) -> CompletableFuture.completedFuture(true);

    /** Has a say before each check: a check that passes brings a failed path back. */
    interface Gate {
        /** Whether the path may be checked, ready on the topology thread. */
        CompletableFuture<Boolean> mayCheck(Geom geom, String device);
    }

    PathChecks(Topology topology, Rhythm rhythm, Duration interval, Listeners listeners) {
        this.topology = topology;
        this.rhythm = rhythm;
        this.interval = interval;
        this.listeners = listeners;
    }

    /** Before the first check. */
    void bind(Gate newGate) {
        gate = newGate;
    }

    /** Begins to check the path, the first time within one interval. */
    void begin(Geom geom, String device) {
        end(geom, device);
        Loop loop = new Loop(geom, device);
        loops.computeIfAbsent(geom, key -> new HashMap<>()).put(device, loop);
        loop.schedule(rhythm.upTo(interval));
    }

    void end(Geom geom, String device) {
        Map<String, Loop> ofGeom = loops.getOrDefault(geom, Map.of());
        if (ofGeom.containsKey(device)) {
            ofGeom.remove(device).cancel();
        }
    }

    void end(Geom geom) {
        Map<String, Loop> ofGeom = loops.remove(geom);
        if (ofGeom != null) {
            ofGeom.values().forEach(Loop::cancel);
        }
    }

    private final class Loop {
        private final Geom geom;
        private final String device;
        private @Nullable Future<?> next;
        private boolean cancelled;
        private Duration pause = interval;

        Loop(Geom geom, String device) {
            this.geom = geom;
            this.device = device;
        }

        void schedule(Duration delay) {
            if (!cancelled) {
                next = topology.schedule(this::check, delay);
            }
        }

        void cancel() {
            cancelled = true;
            if (next != null) {
                next.cancel(false);
            }
        }

        private void check() {
            if (!cancelled) {
                gate.mayCheck(geom, device).whenComplete((may, thrown) -> {
                    if (Boolean.TRUE.equals(may)) {
                        ask();
                    } else {
                        schedule(rhythm.about(interval));
                    }
                });
            }
        }

        private void ask() {
            if (cancelled) {
                return;
            }
            long begin = System.nanoTime();
            try {
                geom.check(device).whenComplete((error, thrown) -> {
                    listeners.tell(listener -> listener.onPathChecked(geom, device, since(begin), error));
                    topology.post(() -> again(error == null && thrown == null));
                });
            } catch (GeomRefusal e) {
                // The path is on its way out, and nobody has ended us yet.
                schedule(rhythm.about(interval));
            }
        }

        private void again(boolean passed) {
            pause = passed && isInUse() ? Rhythm.longer(pause, interval.multipliedBy(MOST_INTERVALS)) : interval;
            schedule(rhythm.about(pause));
        }

        private boolean isInUse() {
            return geom.report().paths().stream()
                    .anyMatch(path -> path.device().equals(device)
                            && path.state() != PathState.FAIL
                            && path.state() != PathState.LOST);
        }

        private static Duration since(long begin) {
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }
}
