package io.ropewalk.engine;

/** How a path is (R52); the first that applies, in this order. */
public enum PathState {
    /** Being added. */
    NEW,
    /** Its device is gone, or it is being removed and waits for what is in flight. */
    LOST,
    /** Not used because of a failure; the {@link FailReason} says which. */
    FAIL,
    /** Serves requests. */
    ACTIVE,
    /** Serves reads only (Active/Read, not the active path). */
    READ,
    /** Ready to take over. */
    PASSIVE
}
