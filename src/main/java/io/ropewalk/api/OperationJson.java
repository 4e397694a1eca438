package io.ropewalk.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change that took longer than its caller waited. */
@Schema(name = "Operation", description = "A change that takes longer than its caller wanted to wait.")
record OperationJson(
        @Schema(description = "Unique.", example = "0b7f9d0e-4a3c-4b8e-9a55-2f1f6f1c8a44")
        String id,

        @Schema(description = "The operationId of what was asked for.", example = "removePath")
        String operation,

        @Schema(description = "The path that was asked for.", example = "/api/v1/geoms/demo/paths/demo-a")
        String target,

        @Schema(description = "Who asked.", example = "operator")
        String actor,

        @Schema(description = "RUNNING; SUCCEEDED: see status and result. FAILED: see problem.")
        State state,

        @Schema(description = "When it began.") Instant startedAt,

        @Schema(description = "When it ended; null while it runs.") @Nullable Instant finishedAt,

        @Schema(
                description = "The HTTP status that it would have been answered with; null while it runs.",
                example = "204")
        @Nullable Integer status,

        @Schema(description = "Where what was made is found; null when nothing was.") @Nullable String location,

        @Schema(type = "object", description = "What it would have been answered; null when nothing.") @Nullable Object result,

        @Schema(description = "Why it failed; null when it did not.") @Nullable ProblemJson problem) {

    /** How far it is. */
    enum State {
        RUNNING,
        SUCCEEDED,
        FAILED
    }

    /** A page of operations. */
    @Schema(name = "OperationList", description = "Operations, the oldest first.")
    record Listing(
            List<OperationJson> items,

            @Schema(description = "Always null: operations come on one page.") @Nullable String nextPageToken) {}
}
