package io.ropewalk.engine;

/** What a simulated world counts, so that a test can tell that the interesting things do happen. */
enum SimHappening {
    REQUEST,
    READ,
    READ_CHECKED,
    CLIENT_ERROR,
    ATTEMPT,
    RETRY,
    READ_HEDGED,
    READ_HEDGED_IN_SILENCE,
    FAULT,
    PATH_FAILED,
    PATH_RESTORED,
    DEADLINE_MISSED,
    LATE_CHANGE,
    PROOF_MISSING,
    PARTIAL_CHANGE,
    POWER_CYCLE,
    CACHE_LOSS,
    ANSWER_LEFT_BEHIND,
    FLUSH_TOLD_OF_LOSS,
    MIX_UP,
    MIX_UP_FOUND,
    GIVEN_UP,
    VERB,
    VERB_REFUSED,
    DRAINED,
    DRAIN_FAILED,
    STALL,
    FENCE_EXPIRED,
    STOPPED_EARLY
}
