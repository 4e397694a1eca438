package io.ropewalk.api;

import io.ropewalk.inventory.PathDecision;
import io.ropewalk.inventory.PathExplanation;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;

/** Why a path is as it is. */
@Schema(name = "PathExplanation", description = "Why a path is as it is, and what was decided about it lately.")
record PathExplanationJson(
        PathJson path,

        @Schema(
                description = "Why it serves what it serves now.",
                example = "It is the active path: every request goes here.")
        String why,

        @Schema(description = "The latest decisions about it, 32 at most, the oldest first. A restart forgets them.")
        List<Decision> decisions) {
    static PathExplanationJson of(PathExplanation explanation) {
        return new PathExplanationJson(
                PathJson.of(explanation.path()),
                explanation.why(),
                explanation.decisions().stream().map(Decision::of).toList());
    }

    /** One of them. */
    @Schema(name = "PathDecision", description = "Something that was decided about a path.")
    record Decision(
            @Schema(description = "When.") Instant time,

            @Schema(description = "What.", example = "CHOSEN")
            PathDecision.Kind decision,

            @Schema(
                    description = "Why, in a sentence.",
                    example = "It became the active path, as demo-b failed: TIMEOUT.")
            String why) {
        private static Decision of(PathDecision made) {
            return new Decision(made.time(), made.kind(), made.why());
        }
    }
}
