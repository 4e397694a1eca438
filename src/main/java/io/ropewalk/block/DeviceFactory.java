package io.ropewalk.block;

import java.net.URI;
import java.util.Set;

/** Opens devices of some URI schemes. */
public interface DeviceFactory {
    /** The URI schemes it opens, lower case. */
    Set<String> schemes();

    /**
     * Checks what can be checked without touching the device, and gives the URI in the one form that equal devices
     * share.
     *
     * @throws DeviceException of kind INVALID_URI
     */
    URI normalize(URI uri) throws DeviceException;

    /**
     * Opens the device and learns its geometry. Blocks, for a bounded time.
     *
     * @param name how the device calls itself from then on
     * @throws DeviceException when there is nothing usable behind the URI; nothing stays open
     */
    BlockDevice open(String name, URI uri) throws DeviceException;
}
