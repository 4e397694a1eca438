package io.ropewalk.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A problem as clients see it: RFC 9457 with our extensions. */
@Schema(name = "Problem", description = "Why a request was refused (RFC 9457). Nothing was changed by it.")
@JsonInclude(JsonInclude.Include.NON_NULL)
record ProblemJson(
        @Schema(
                description = "Stands for the code, and leads to a page about it.",
                example = "/problems/geom-not-found")
        String type,

        @Schema(description = "What happened, in general.", example = "There is no such geom")
        String title,

        @Schema(description = "The HTTP status.", example = "404")
        int status,

        @Schema(description = "What happened, with names and numbers.", example = "There is no geom disk7.")
        String detail,

        @Schema(description = "The path that was asked for.", example = "/api/v1/geoms/disk7")
        String instance,

        @Schema(description = "The word to branch on; stable.", example = "geom-not-found")
        String code,

        @Schema(
                description = "What to do.",
                example = "See GET /api/v1/geoms for the geoms there are, or create it first.")
        String correction,

        @Schema(
                description = "What it is about, kind and name; absent when it is about the request itself.",
                example = "geom disk7",
                requiredMode = Schema.RequiredMode.NOT_REQUIRED)
        @Nullable String resource,

        @Schema(description = "What is wrong with which part of the request; empty when it is not about parts.")
        List<Violation> violations,

        @Schema(
                description =
                        "The trace id of the request, as the log has it: the one of its traceparent header, else a new"
                                + " one. Absent when it was refused before it was read.",
                example = "4bf92f3577b34da6a3ce929d0e0e4736",
                requiredMode = Schema.RequiredMode.NOT_REQUIRED)
        @Nullable String traceId) {
    ProblemJson {
        violations = List.copyOf(violations);
    }

    static ProblemJson of(ProblemCode code, String detail, String correction, String instance) {
        return new ProblemJson(
                code.type(),
                code.title(),
                code.status().value(),
                detail,
                instance,
                code.code(),
                correction,
                null,
                List.of(),
                TraceFilter.current());
    }

    ProblemJson about(String newResource) {
        return new ProblemJson(
                type, title, status, detail, instance, code, correction, newResource, violations, traceId);
    }

    ProblemJson with(List<Violation> newViolations) {
        return new ProblemJson(
                type, title, status, detail, instance, code, correction, resource, newViolations, traceId);
    }
}
