package io.ropewalk.api;

import io.swagger.v3.oas.annotations.media.Schema;

/** One thing that is wrong with what was sent. */
@Schema(name = "Violation", description = "One thing that is wrong with what was sent.")
record Violation(
        @Schema(
                description = "Where: a member of the body as `policies.attemptTimeout` or `paths[1]`, or the name"
                        + " of a parameter or header; empty for the body as a whole.",
                example = "policies.attemptTimeout")
        String field,

        @Schema(description = "What is wrong with it.", example = "must be an ISO-8601 duration, as PT2S")
        String message) {}
