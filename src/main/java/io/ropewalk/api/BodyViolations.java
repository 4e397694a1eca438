package io.ropewalk.api;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Says in the words of the contract what the JSON reader has met; its own words name Java classes. */
final class BodyViolations {
    private static final int LONGEST_QUOTE = 60;

    private BodyViolations() {}

    static ApiException describe(JacksonException exception) {
        if (exception instanceof StreamReadException && !(exception instanceof InputCoercionException)) {
            return new ApiException(
                    ProblemCode.MALFORMED_JSON,
                    "The body is not JSON" + position(exception) + ".",
                    "Send one JSON object in UTF-8, no member twice.");
        }
        Violation violation = new Violation(field(exception), message(exception));
        String where = violation.field().isEmpty() ? "The body" : violation.field();
        return new ApiException(
                ProblemCode.INVALID_BODY,
                where + " " + violation.message() + ".",
                "Correct the body; the shapes are described under /swagger-ui.html.",
                violation);
    }

    private static String position(JacksonException exception) {
        var location = exception.getLocation();
        return location == null || location.getLineNr() < 1
                ? ""
                : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    private static String message(JacksonException exception) {
        return switch (exception) {
            case UnrecognizedPropertyException unknown -> "is unknown; known are " + known(unknown);
            case InvalidFormatException format ->
                "must be " + expected(format.getTargetType()) + ", not " + quote(format.getValue());
            case InputCoercionException tooLarge -> "is out of the range of numbers";
            case MismatchedInputException mismatch -> "must be " + expected(mismatch.getTargetType());
            default -> "cannot be read";
        };
    }

    private static String known(UnrecognizedPropertyException unknown) {
        Collection<Object> ids = unknown.getKnownPropertyIds();
        return ids == null
                ? "others"
                : ids.stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
    }

    private static String quote(@Nullable Object value) {
        String text = String.valueOf(value);
        return "'" + (text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…") + "'";
    }

    private static String expected(@Nullable Class<?> type) {
        if (type == null) {
            return "something else";
        }
        if (type.isEnum()) {
            return "one of " + EnumWords.of(type);
        }
        if (type == Duration.class) {
            return "an ISO-8601 duration, as PT2S";
        }
        if (type == String.class) {
            return "a string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
            return "a number";
        }
        return Collection.class.isAssignableFrom(type) ? "an array" : "an object";
    }

    /** As {@code policies.attemptTimeout} or {@code paths[1]}. */
    private static String field(JacksonException exception) {
        StringBuilder field = new StringBuilder();
        List<JacksonException.Reference> path = exception.getPath();
        for (JacksonException.Reference step : path) {
            if (step.getPropertyName() == null) {
                field.append('[').append(step.getIndex()).append(']');
            } else {
                field.append(field.isEmpty() ? "" : ".").append(step.getPropertyName());
            }
        }
        return field.toString();
    }
}
