package io.ropewalk.inventory;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.PathState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A path of a geom as it was when asked.
 *
 * @param state LOST also while the device does not open yet; FAIL with reason IDENTITY also while the device opens but
 *     does not fit the geom
 * @param reason set while FAIL
 * @param detail what happened, one clause for people; set while FAIL, while LOST for want of its device, and while in use
 *     although its latest check failed
 * @param since when it came into this condition
 * @param inFlight attempts without answer
 */
public record PathView(
        String device,
        PathState state,
        @Nullable FailReason reason,
        @Nullable String detail,
        Instant since,
        long inFlight) {}
