package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hears what happens to geoms and paths: rare things only, requests are counted in {@link GeomStats}. Called while the
 * geom's mutex is held, so in order (R53), on any thread; must be quick, must not block, must not call the geom.
 */
public interface EngineObserver {
    EngineObserver NONE = new EngineObserver() {};

    default void onPathAdded(Geom geom, String path) {}

    /** The path is LOST: its device vanished or an operator removes it. */
    default void onPathLost(Geom geom, String path, String why) {}

    /** The path is gone, nothing is in flight on it. */
    default void onPathRemoved(Geom geom, String path) {}

    /**
     * The path is FAIL.
     *
     * @param detail what the failure was, one clause for people
     * @param error what was met; null when an operator failed it, when it came back too often, and when it shows the bytes of
     *     another disk
     */
    default void onPathFailed(Geom geom, String path, FailReason reason, String detail, @Nullable IoError error) {}

    default void onPathRestored(Geom geom, String path, RestoreTrigger trigger) {}

    /** {@code path} is null when no usable path is left. */
    default void onActiveChanged(Geom geom, @Nullable String path) {}

    default void onStateChanged(Geom geom, GeomState before, GeomState now) {}

    /**
     * A path went out of use while changes answered through it were not flushed.
     *
     * @param ranges the latest of them
     */
    default void onUnflushedLost(Geom geom, String path, long bytes, List<UnflushedRange> ranges) {}

    /** A change given up on a lost path may still land, and no proof came in time that it cannot. */
    default void onUnfenced(Geom geom, String path, long offset, long length) {}

    default void onResized(Geom geom, long beforeBytes, long nowBytes) {}
}
