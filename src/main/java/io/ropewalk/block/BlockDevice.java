package io.ropewalk.block;

import org.jspecify.annotations.Nullable;

/**
 * Something that serves bytes at offsets: a file, an NBD server reached as a client, a geom. All methods may be called
 * from any thread.
 */
public interface BlockDevice {
    /** What people call it in logs and reports; for a registered device its name, for a geom the geom's. */
    String name();

    /** The shape as known now. It changes by resize only; listeners are told. */
    Geometry geometry();

    /** What it can do as known now. */
    Capabilities capabilities();

    /**
     * Opens a channel on {@code loop}. Does not block and does not fail: a device out of reach answers the channel's
     * requests with an error.
     */
    BlockChannel open(IoLoop loop);

    /**
     * Looks again at the size of the device below, if there is a way to; listeners are told when it differs. Blocks;
     * never called on a loop.
     */
    default void refreshGeometry() {}

    /**
     * The same, where that disturbs nobody and may be done now and then; else nothing. Blocks; never called on a loop.
     */
    default void pollGeometry() {}

    /**
     * What tells the store behind the device from others of its kind: the same for all ways to one store, another for
     * a copy of it. Null where that cannot be known. Known from the start, does not change.
     */
    default @Nullable StoreIdentity storeIdentity() {
        return null;
    }

    void addListener(DeviceListener listener);

    void removeListener(DeviceListener listener);

    /** Ends every channel and gives back what the device holds. Idempotent; does not wait. */
    void close();
}
