package io.ropewalk.inventory;

import java.time.Instant;

/**
 * Something that was decided about a path.
 *
 * @param why one sentence
 */
public record PathDecision(Instant time, Kind kind, String why) {

    /** What was decided. */
    public enum Kind {
        /** It is a path of the geom from now on, or is there again. */
        ADDED,
        /** It became the active path. */
        CHOSEN,
        /** Another path became the active one. */
        STOOD_DOWN,
        /** It is out of use. */
        FAILED,
        /** It is in use again. */
        RESTORED,
        /** It would have come back, and was not let. */
        HELD_BACK,
        /** Its device is gone, or it is being removed. */
        LOST,
        /** Nothing is in flight on it any more. */
        REMOVED
    }
}
