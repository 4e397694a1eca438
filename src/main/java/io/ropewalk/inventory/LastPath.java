package io.ropewalk.inventory;

/** What to do when the path to remove is the only one. */
public enum LastPath {
    /** Refuse: LAST_PATH. */
    REFUSE,
    /** Destroy the geom with it, as the original does (R46); as {@code destroy}, refused while sessions are open. */
    DESTROY
}
