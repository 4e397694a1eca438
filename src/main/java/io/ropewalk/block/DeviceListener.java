package io.ropewalk.block;

/** What a device tells of itself. Called on any thread, must not block. */
public interface DeviceListener {
    /** The device has another size. */
    default void onGeometryChanged(BlockDevice device, Geometry before, Geometry now) {}

    /** The device below is gone for good, as far as can be known: a path to it is LOST, not FAIL. */
    default void onVanished(BlockDevice device, IoError error) {}

    /** The device was closed: sessions on it should end. */
    default void onClosed(BlockDevice device) {}
}
