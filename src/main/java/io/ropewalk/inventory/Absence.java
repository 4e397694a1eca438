package io.ropewalk.inventory;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.PathState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Why a path that should be there is not: its device does not open (LOST), or does not fit (FAIL IDENTITY). */
record Absence(PathState state, @Nullable FailReason reason, String detail, Instant since) {

    static Absence unreachable(String why, Instant since) {
        return new Absence(PathState.LOST, null, why, since);
    }

    static Absence misfit(String why, Instant since) {
        return new Absence(PathState.FAIL, FailReason.IDENTITY, why, since);
    }

    PathView view(String device) {
        return new PathView(device, state, reason, detail, since, 0);
    }
}
