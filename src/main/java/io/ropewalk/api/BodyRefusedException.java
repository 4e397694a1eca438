package io.ropewalk.api;

import java.io.IOException;
import java.time.Duration;

/** More comes in than any legal body can have, or it comes more slowly than any client has to. */
final class BodyRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient ApiException refusal;

    private BodyRefusedException(ApiException refusal) {
        this.refusal = refusal;
    }

    static BodyRefusedException tooLarge() {
        return new BodyRefusedException(new ApiException(
                ProblemCode.BODY_TOO_LARGE,
                "The body is longer than " + BodyLimitFilter.MOST_BYTES + " bytes.",
                "Send less in one request."));
    }

    static BodyRefusedException tooSlow(Duration limit) {
        return new BodyRefusedException(new ApiException(
                ProblemCode.REQUEST_TIMEOUT,
                "The request has not arrived in " + limit.toSeconds() + " seconds.",
                "Send it in one go."));
    }

    ApiException refusal() {
        return refusal;
    }
}
