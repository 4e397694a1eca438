package io.ropewalk.engine;

/** How well a geom is (R52). */
public enum GeomState {
    /** Two paths or more, all usable. */
    OPTIMAL,
    /** Some path is not usable, or there is one path only. */
    DEGRADED,
    /** No usable path, or none that answers: the latest check of each has failed. */
    BROKEN,
    /** Stopped; draining what is in flight. */
    STOPPING
}
