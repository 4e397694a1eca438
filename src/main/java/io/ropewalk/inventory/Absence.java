package io.ropewalk.inventory;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.PathState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Why a path that should be there is not: its device does not open (LOST), cannot be read (FAIL IO_ERROR), or does not
 * fit (FAIL IDENTITY).
 *
 * @param sameDisk the device has shown that it leads to the geom's disk; all that does not fit is its size
 */
record Absence(PathState state, @Nullable FailReason reason, String detail, Instant since, boolean sameDisk) {

    static Absence unreachable(String why, Instant since) {
        return new Absence(PathState.LOST, null, why, since, false);
    }

    static Absence misfit(String why, Instant since) {
        return new Absence(PathState.FAIL, FailReason.IDENTITY, why, since, false);
    }

    static Absence otherSize(String why, Instant since) {
        return new Absence(PathState.FAIL, FailReason.IDENTITY, why, since, true);
    }

    static Absence unreadable(String why, Instant since) {
        return new Absence(PathState.FAIL, FailReason.IO_ERROR, why, since, false);
    }

    /** Whether nothing new is told, {@code since} aside. */
    boolean saysSame(@Nullable Absence other) {
        return other != null
                && state == other.state
                && reason == other.reason
                && detail.equals(other.detail)
                && sameDisk == other.sameDisk;
    }

    PathView view(String device) {
        return new PathView(device, state, reason, detail, since, 0);
    }
}
