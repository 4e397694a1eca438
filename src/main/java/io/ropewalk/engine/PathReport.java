package io.ropewalk.engine;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How one path was when asked.
 *
 * @param device name of the device it opens
 * @param reason set while FAIL
 * @param detail what the failure was, one clause for people; set while FAIL, and while in use although its latest check
 *     failed, as the last path is
 * @param since when it came into this condition
 * @param inFlight attempts without answer, over all lanes; may be off by those that changed while it was counted
 */
public record PathReport(
        String device,
        PathState state,
        @Nullable FailReason reason,
        @Nullable String detail,
        Instant since,
        long inFlight) {}
