package io.ropewalk.api;

import java.io.IOException;

/** More came in than any legal body can have. */
final class BodyTooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    ApiException refusal() {
        return new ApiException(
                ProblemCode.BODY_TOO_LARGE,
                "The body is longer than " + BodyLimitFilter.MOST_BYTES + " bytes.",
                "Send less in one request.");
    }
}
