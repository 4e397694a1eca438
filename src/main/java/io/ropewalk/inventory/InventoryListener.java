package io.ropewalk.inventory;

import io.ropewalk.engine.Geom;

/**
 * Hears of geoms and exports that come and go. Called on the topology thread: must be quick and must not ask the
 * inventory for a verb.
 */
public interface InventoryListener {
    /** A geom runs from now on. */
    default void onGeomAppeared(Geom geom) {}

    /** The geom is no longer listed; it may still drain. */
    default void onGeomVanished(Geom geom) {}

    /** Clients may connect. */
    default void onExportAppeared(ExportedDevice export) {}

    /** Nobody new may connect. Open sessions end by the device's own {@code onClosed}. */
    default void onExportVanished(ExportedDevice export) {}
}
