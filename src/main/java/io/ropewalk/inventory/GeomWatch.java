package io.ropewalk.inventory;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.engine.UnflushedRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Hears what the engine tells of one geom and makes events of it. Holds them back until {@link #publish}: a geom that
 * was never to be seen has no history.
 *
 * <p>The state told is the geom's as it should be: a path that is desired but not there counts as one that is not
 * usable, which the engine cannot know.
 *
 * <p>Any thread; guarded by itself, inside the geom's mutex and outside the event log's lock.
 */
final class GeomWatch implements EngineObserver {
    private final String name;
    private final EventLog events;
    private final EngineObserver next;
    private final Reactions reactions;
    private final PathHistory history;

    /** Null once published. */
    private @Nullable List<Runnable> held = new ArrayList<>();

    private GeomState engineState = GeomState.BROKEN;
    private @Nullable GeomState toldState;
    private int missing;

    /** What must be done about news, elsewhere and later: called under locks. */
    interface Reactions {
        /** The engine gave a failed path another chance, whoever failed it. */
        void onRevived(Geom geom, String path);
    }

    GeomWatch(String name, EventLog events, EngineObserver next, Reactions reactions) {
        this.name = name;
        this.events = events;
        this.next = next;
        this.reactions = reactions;
        this.history = new PathHistory(events::now);
    }

    /** How the geom is, when {@code missing} of its desired paths are not there. */
    static GeomState effective(GeomState engine, int missing) {
        return engine == GeomState.OPTIMAL && missing > 0 ? GeomState.DEGRADED : engine;
    }

    /** Tells what was held back, then the state, and from now on everything at once. */
    synchronized void publish(Geom geom) {
        List<Runnable> before = held == null ? List.of() : held;
        held = null;
        before.forEach(Runnable::run);
        tellState(geom);
    }

    /** Forgets what was held back, and hears no more. */
    synchronized void discard() {
        held = new ArrayList<>();
    }

    /** The latest decisions about the path, the oldest first. */
    synchronized List<PathDecision> decisions(String path) {
        return history.of(path);
    }

    /** A desired path is not there, because of {@code why}. */
    synchronized void heldBack(String path, String why) {
        history.heldBack(path, why);
    }

    /** How many desired paths are not there. */
    synchronized void missing(Geom geom, int count) {
        missing = count;
        if (held == null) {
            tellState(geom);
        }
    }

    @Override
    public void onPathAdded(Geom geom, String path) {
        tell(() -> {
            history.added(path);
            event("path.added", path, Map.of());
            next.onPathAdded(geom, path);
        });
    }

    @Override
    public void onPathLost(Geom geom, String path, String why) {
        tell(() -> {
            history.lost(path, why);
            event("path.lost", path, Map.of("cause", why));
            next.onPathLost(geom, path, why);
        });
    }

    @Override
    public void onPathRemoved(Geom geom, String path) {
        tell(() -> {
            history.removed(path);
            event("path.removed", path, Map.of());
            next.onPathRemoved(geom, path);
        });
    }

    @Override
    public void onPathFailed(Geom geom, String path, FailReason reason, String detail, @Nullable IoError error) {
        tell(() -> {
            Map<String, String> more = new TreeMap<>(Map.of("reason", reason.name(), "message", detail));
            if (error != null) {
                more.put("error", error.kind().name());
            }
            history.failed(path, reason, detail);
            event("path.failed", path, more);
            next.onPathFailed(geom, path, reason, detail, error);
        });
    }

    @Override
    public void onPathRestored(Geom geom, String path, RestoreTrigger trigger) {
        tell(() -> {
            history.restored(path, trigger);
            event("path.restored", path, Map.of("trigger", trigger.name()));
            next.onPathRestored(geom, path, trigger);
            if (trigger == RestoreTrigger.ALL_FAILED) {
                reactions.onRevived(geom, path);
            }
        });
    }

    @Override
    public void onActiveChanged(Geom geom, @Nullable String path) {
        tell(() -> {
            history.activeChanged(path);
            event("path.active-changed", path, Map.of());
            next.onActiveChanged(geom, path);
        });
    }

    @Override
    public void onStateChanged(Geom geom, GeomState before, GeomState now) {
        synchronized (this) {
            engineState = now;
            if (held == null) {
                tellState(geom);
            }
        }
    }

    @Override
    public void onUnflushedLost(Geom geom, String path, long bytes, List<UnflushedRange> ranges) {
        tell(() -> {
            event("path.unflushed-lost", path, Map.of("bytes", Long.toString(bytes), "ranges", ranges.toString()));
            next.onUnflushedLost(geom, path, bytes, ranges);
        });
    }

    @Override
    public void onUnfenced(Geom geom, String path, long offset, long length) {
        tell(() -> {
            event("path.unfenced", path, Map.of("offset", Long.toString(offset), "length", Long.toString(length)));
            next.onUnfenced(geom, path, offset, length);
        });
    }

    @Override
    public void onResized(Geom geom, long beforeBytes, long nowBytes) {
        tell(() -> {
            event(
                    "geom.resized",
                    null,
                    Map.of("beforeBytes", Long.toString(beforeBytes), "nowBytes", Long.toString(nowBytes)));
            next.onResized(geom, beforeBytes, nowBytes);
        });
    }

    private synchronized void tell(Runnable news) {
        if (held == null) {
            news.run();
        } else {
            held.add(news);
        }
    }

    private void tellState(Geom geom) {
        GeomState before = toldState;
        GeomState now = effective(engineState, missing);
        if (now == before) {
            return;
        }
        toldState = now;
        event("geom." + now.name().toLowerCase(Locale.ROOT), null, Map.of());
        if (before != null) {
            next.onStateChanged(geom, before, now);
        }
    }

    private void event(String type, @Nullable String path, Map<String, String> detail) {
        events.append(type, name, path, detail);
    }
}
