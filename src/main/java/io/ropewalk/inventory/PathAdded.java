package io.ropewalk.inventory;

/**
 * What {@code add} answers.
 *
 * @param added false when the geom had that path already
 */
public record PathAdded(PathView path, boolean added) {}
