package io.ropewalk.api;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** ISO-8601 durations of the contract: a string with a unit, never a bare number. */
final class Durations {
    private Durations() {}

    static @Nullable String write(@Nullable Duration duration) {
        return duration == null ? null : duration.toString();
    }

    /** The duration in {@code text}, or {@code otherwise} when there is none. */
    static Duration read(String field, @Nullable String text, Duration otherwise) {
        return text == null ? otherwise : read(field, text);
    }

    static @Nullable Duration readNullable(String field, @Nullable String text) {
        return text == null ? null : read(field, text);
    }

    private static Duration read(String field, String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException | ArithmeticException e) {
            throw invalid(field, "must be an ISO-8601 duration, as PT2S or PT0.5S");
        }
    }

    static ApiException invalid(String field, String message) {
        return new ApiException(
                ProblemCode.INVALID_BODY,
                field + " " + message + ".",
                "Correct the body; the shapes are described under /swagger-ui.html.",
                new Violation(field, message));
    }
}
