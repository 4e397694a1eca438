package io.ropewalk.inventory;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.Geom;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Hears of geoms and exports that come and go. Called on the topology thread: must be quick and must not ask the
 * inventory for a verb.
 */
public interface InventoryListener {
    /** A device that did not open has opened, and joined its geom if it has one. */
    default void onDeviceOpened(String device) {}

    /** A geom runs from now on. What the engine's observer hears of it, its first paths included, comes later. */
    default void onGeomAppeared(Geom geom) {}

    /** The geom is no longer listed; it may still drain. */
    default void onGeomVanished(Geom geom) {}

    /**
     * A path was checked. This one is called on any thread.
     *
     * @param error what was met; null when it passed
     */
    default void onPathChecked(Geom geom, String path, Duration took, @Nullable IoError error) {}

    /** Clients may connect. */
    default void onExportAppeared(ExportedDevice export) {}

    /** Nobody new may connect. Open sessions end by the device's own {@code onClosed}. */
    default void onExportVanished(ExportedDevice export) {}
}
