package io.ropewalk.metrics;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.LatencyHistogram;
import io.ropewalk.engine.LatencyHistogram.Snapshot;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.inventory.InventoryListener;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** Counts failures, restores and checks of each path, for as long as the path is one of its geom. Any thread. */
public final class PathCounters implements EngineObserver, InventoryListener {
    private static final long[] BOUNDS_NANOS = LatencyHistogram.boundsNanos();
    private static final Counts NONE = new Counts();

    /**
     * By geom, not by its name: a geom that still drains must not count for the next one of that name. Weak, for what
     * happens to it after it has vanished.
     */
    private final Map<Geom, Map<String, Counts>> byGeom = Collections.synchronizedMap(new WeakHashMap<>());

    /** How a check ended. */
    enum CheckResult {
        PASSED,
        FAILED
    }

    /** One path's counts. */
    static final class Counts {
        private final AtomicLongArray failures = new AtomicLongArray(FailReason.values().length);
        private final AtomicLongArray restores = new AtomicLongArray(RestoreTrigger.values().length);
        private final AtomicLongArray checks = new AtomicLongArray(CheckResult.values().length);
        private final AtomicLongArray checkBuckets = new AtomicLongArray(BOUNDS_NANOS.length + 1);
        private final AtomicLong checkNanos = new AtomicLong();

        long failures(FailReason reason) {
            return failures.get(reason.ordinal());
        }

        long restores(RestoreTrigger trigger) {
            return restores.get(trigger.ordinal());
        }

        long checks(CheckResult result) {
            return checks.get(result.ordinal());
        }

        Snapshot checkDurations() {
            long[] buckets = new long[checkBuckets.length()];
            Arrays.setAll(buckets, checkBuckets::get);
            return new Snapshot(buckets, checkNanos.get());
        }

        private void count(CheckResult result, long nanos) {
            checks.incrementAndGet(result.ordinal());
            int bucket = Arrays.binarySearch(BOUNDS_NANOS, nanos);
            checkBuckets.incrementAndGet(bucket < 0 ? -bucket - 1 : bucket);
            checkNanos.addAndGet(nanos);
        }
    }

    /** The counts of a path; all zero when nothing has happened to it. */
    Counts of(Geom geom, String path) {
        return byGeom.getOrDefault(geom, Map.of()).getOrDefault(path, NONE);
    }

    private Counts counting(Geom geom, String path) {
        return byGeom.computeIfAbsent(geom, key -> new ConcurrentHashMap<>())
                .computeIfAbsent(path, key -> new Counts());
    }

    @Override
    public void onPathFailed(Geom geom, String path, FailReason reason, String detail, @Nullable IoError error) {
        counting(geom, path).failures.incrementAndGet(reason.ordinal());
    }

    @Override
    public void onPathRestored(Geom geom, String path, RestoreTrigger trigger) {
        counting(geom, path).restores.incrementAndGet(trigger.ordinal());
    }

    @Override
    public void onPathChecked(Geom geom, String path, Duration took, @Nullable IoError error) {
        counting(geom, path).count(error == null ? CheckResult.PASSED : CheckResult.FAILED, took.toNanos());
    }

    @Override
    public void onPathRemoved(Geom geom, String path) {
        Map<String, Counts> paths = byGeom.get(geom);
        if (paths != null) {
            paths.remove(path);
        }
    }

    @Override
    public void onGeomVanished(Geom geom) {
        byGeom.remove(geom);
    }
}
