package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/**
 * A device to register.
 *
 * @param name derived from the URI when null
 * @param uri what it opens, of a scheme that some device factory knows
 */
public record DeviceSpec(@Nullable String name, String uri) {}
