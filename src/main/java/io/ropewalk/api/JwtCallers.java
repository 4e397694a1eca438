package io.ropewalk.api;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoderInitializationException;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtValidationException;

/** Callers are known by the tokens that an issuer has signed for them (RFC 7519); a claim says their roles. Immutable. */
public final class JwtCallers implements Callers {
    private final JwtDecoder decoder;
    private final String nameClaim;
    private final String rolesClaim;
    private final Map<String, Role> roles;

    /**
     * Callers of one issuer.
     *
     * @param decoder knows its key, and what its tokens must say
     * @param nameClaim the claim with the caller's name
     * @param rolesClaim the claim with the roles: a list, or words in one string; dots lead into claims within claims
     * @param roles what each role of the issuer's is here
     */
    public JwtCallers(JwtDecoder decoder, String nameClaim, String rolesClaim, Map<String, Role> roles) {
        this.decoder = decoder;
        this.nameClaim = nameClaim;
        this.rolesClaim = rolesClaim;
        this.roles = Map.copyOf(roles);
    }

    @Override
    public Answer identify(HttpServletRequest request) {
        return BearerTokens.identify(request, this::owner);
    }

    private Answer owner(String token) {
        try {
            Jwt jwt = decoder.decode(token);
            return jwt.getExpiresAt() == null ? BearerTokens.unknown("The token never expires.") : known(jwt);
        } catch (JwtValidationException invalid) {
            String error = invalid.getErrors().stream()
                    .map(each -> Objects.requireNonNullElse(each.getDescription(), each.getErrorCode()))
                    .findFirst()
                    .orElse("it is not valid");
            return BearerTokens.unknown("The token is refused: " + error + ".");
        } catch (BadJwtException foreign) {
            return BearerTokens.unknown("The token is not signed by the issuer that this service trusts.");
        } catch (JwtException | JwtDecoderInitializationException unreachable) {
            throw new ApiException(
                    ProblemCode.BUSY,
                    "The issuer of tokens does not tell its keys, so that the token cannot be checked.",
                    "Try again, and see that the service reaches the issuer.");
        }
    }

    private Known known(Jwt jwt) {
        Object name = claim(jwt, nameClaim);
        Role highest = words(claim(jwt, rolesClaim))
                .map(roles::get)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
        return new Known(name instanceof String text && !text.isBlank() ? text : "a token without a name", highest);
    }

    /** A claim whose own name has dots comes before one within others. */
    private static @Nullable Object claim(Jwt jwt, String path) {
        if (jwt.hasClaim(path)) {
            return jwt.getClaim(path);
        }
        Object value = jwt.getClaims();
        for (String step : path.split("\\.")) {
            value = value instanceof Map<?, ?> claims ? claims.get(step) : null;
        }
        return value;
    }

    private static Stream<String> words(@Nullable Object claim) {
        if (claim instanceof String text) {
            return Arrays.stream(text.split(" "));
        }
        return claim instanceof Collection<?> list
                ? list.stream().filter(String.class::isInstance).map(String.class::cast)
                : Stream.empty();
    }
}
