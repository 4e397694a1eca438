package io.ropewalk.inventory;

/**
 * A device that should exist.
 *
 * @param uri normalized
 */
public record DesiredDevice(String name, String uri) {}
