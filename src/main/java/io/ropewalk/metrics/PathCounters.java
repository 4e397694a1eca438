package io.ropewalk.metrics;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.inventory.InventoryListener;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** Counts failures and restores of each path, for as long as the path is one of its geom. Any thread. */
public final class PathCounters implements EngineObserver, InventoryListener {
    private static final Counts NONE = new Counts();

    /**
     * By geom, not by its name: a geom that still drains must not count for the next one of that name. Weak, for what
     * happens to it after it has vanished.
     */
    private final Map<Geom, Map<String, Counts>> byGeom = Collections.synchronizedMap(new WeakHashMap<>());

    /** One path's counts. */
    static final class Counts {
        private final AtomicLongArray failures = new AtomicLongArray(FailReason.values().length);
        private final AtomicLongArray restores = new AtomicLongArray(RestoreTrigger.values().length);

        long failures(FailReason reason) {
            return failures.get(reason.ordinal());
        }

        long restores(RestoreTrigger trigger) {
            return restores.get(trigger.ordinal());
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
