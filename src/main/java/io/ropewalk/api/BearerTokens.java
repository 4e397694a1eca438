package io.ropewalk.api;

import io.ropewalk.api.Callers.Answer;
import io.ropewalk.api.Callers.Unknown;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/** Tokens in {@code Authorization: Bearer …} (RFC 6750). */
final class BearerTokens {
    private static final String SCHEME = "Bearer ";
    private static final String CORRECTION =
            "Send the header Authorization: Bearer, followed by a token of this service.";

    private BearerTokens() {}

    /** Who has sent the token of {@code request}, as {@code known} says; nobody, where there is none. */
    static Answer identify(HttpServletRequest request, Function<String, Answer> known) {
        String token = token(request);
        return token == null
                ? new Unknown("The request comes without a token.", CORRECTION, "Bearer")
                : known.apply(token);
    }

    /** One whose token will not do. */
    static Unknown unknown(String why) {
        return new Unknown(why, CORRECTION, "Bearer error=\"invalid_token\"");
    }

    private static @Nullable String token(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? header.substring(SCHEME.length()).strip()
                : null;
    }
}
