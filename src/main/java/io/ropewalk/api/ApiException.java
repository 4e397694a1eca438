package io.ropewalk.api;

import java.util.List;

/** The request itself is refused, before anybody behind REST was asked. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ProblemCode code;
    private final String correction;
    private final transient List<Violation> violations;

    /**
     * A refusal.
     *
     * @param detail one sentence: what is wrong
     * @param correction one sentence: what to do
     */
    ApiException(ProblemCode code, String detail, String correction, Violation... violations) {
        this(code, detail, correction, List.of(violations));
    }

    ApiException(ProblemCode code, String detail, String correction, List<Violation> violations) {
        super(detail);
        this.code = code;
        this.correction = correction;
        this.violations = violations;
    }

    /** A query parameter or header that cannot be. */
    static ApiException parameter(String name, String message) {
        return new ApiException(
                ProblemCode.INVALID_PARAMETER,
                name + " " + message + ".",
                "Correct " + name + ", or leave it out.",
                new Violation(name, message));
    }

    ProblemCode code() {
        return code;
    }

    ProblemJson toProblem(String instance) {
        return ProblemJson.of(code, String.valueOf(getMessage()), correction, instance)
                .with(violations);
    }
}
