package io.ropewalk.engine;

/** Which paths serve which requests. */
public enum Mode {
    /** Every request goes to the active path (R7). On disk 0. */
    ACTIVE_PASSIVE,
    /** Every request goes to the least busy usable path (R9). On disk 1. */
    ACTIVE_ACTIVE,
    /** Reads as in Active/Active, everything else to the active path (R8). On disk 2. */
    ACTIVE_READ
}
