package io.ropewalk.engine;

/** Who brought a failed path back. */
public enum RestoreTrigger {
    /** A check found it well again. */
    CHECKER,
    /** An operator said so. */
    OPERATOR,
    /** Every path had failed: all but the last to fail were given another chance (R4). */
    ALL_FAILED
}
