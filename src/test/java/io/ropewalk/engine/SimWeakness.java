package io.ropewalk.engine;

/** A protection of the engine that a simulated world takes away from outside, to see whether the checkers notice. */
enum SimWeakness {
    /** Errors do not say that the request may still take effect: as if ambiguous writes were not fenced. */
    NO_FENCE,
    /** A change's copies count as answered when the second is sent: as if what is sent twice were not fenced. */
    NO_FENCE_BESIDE_HEDGE,
    /** What a client leaves under way counts as answered: as if it were not fenced. */
    NO_FENCE_BEHIND_CLIENT,
    /** Every late error claims to be of the path's present epoch: as if errors had none (Q4). */
    NO_EPOCH,
    /** Only one path does a FLUSH, the others answer that they did: as if it were sent to one path only (Q12). */
    NO_FLUSH_FAN_OUT,
    /** Channels do not say that their session has ended: as if nobody accounted for a server that restarts unnoticed. */
    NO_SESSION_END,
    /** Another disk shows the right bytes to whoever looks and not to clients: as if nobody had looked where a path leads. */
    NO_LOOK
}
