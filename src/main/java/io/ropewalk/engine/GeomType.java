package io.ropewalk.engine;

/** How a geom finds its paths. */
public enum GeomType {
    /** By what was asked for; nothing is written to the disk. */
    MANUAL,
    /** By the label in the last sector, which the geom does not show. */
    AUTOMATIC
}
