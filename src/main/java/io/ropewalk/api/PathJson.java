package io.ropewalk.api;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.PathState;
import io.ropewalk.inventory.PathView;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A path of a geom. */
@Schema(name = "Path", description = "One way of a geom to its disk.")
record PathJson(
        @Schema(description = "The device that it opens, and the path's name.", example = "demo-a")
        String device,

        @Schema(
                description = "ACTIVE: serves requests. READ: serves reads only. PASSIVE: ready to take over. FAIL:"
                        + " out of use, the reason says why. LOST: its device is gone or not there yet. NEW: being"
                        + " added.")
        PathState state,

        @Schema(description = "Why it is FAIL; else null.") @Nullable FailReason reason,

        @Schema(
                description = "What happened, in a few words; null when nothing did. Of a path in use, what its latest"
                        + " check met: nothing better was there.",
                example = "connection refused")
        @Nullable String detail,

        @Schema(description = "When it came into this condition.")
        Instant since,

        @Schema(description = "Requests on it without answer yet.", example = "0")
        long inFlight) {
    static PathJson of(PathView view) {
        return new PathJson(view.device(), view.state(), view.reason(), view.detail(), view.since(), view.inFlight());
    }

    /** The paths of a geom. */
    @Schema(name = "PathList", description = "All paths of a geom, in the order they were added.")
    record Listing(
            List<PathJson> items,

            @Schema(description = "Always null: a geom has 64 paths at most.") @Nullable String nextPageToken) {}

    /** The paths that serve. */
    @Schema(name = "ActivePaths", description = "The paths that serve every request.")
    record Active(
            @Schema(
                    description = "The active path; in ACTIVE_ACTIVE every usable one, newest first; empty when no"
                            + " path is usable.",
                    example = "[\"demo-a\"]")
            List<String> paths) {}
}
