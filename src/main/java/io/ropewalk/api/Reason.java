package io.ropewalk.api;

import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

/** Why an operator asks for it. */
@Schema(name = "Reason", description = "Why it is asked for; kept with the event.", example = "{\"reason\":\"drill\"}")
record Reason(
        @Schema(description = "Up to 200 characters.", example = "drill")
        @Size(max = 200, message = "must not be longer than 200 characters") @Nullable String reason) {
    static @Nullable String of(@Nullable Reason body) {
        return body == null ? null : body.reason;
    }
}
