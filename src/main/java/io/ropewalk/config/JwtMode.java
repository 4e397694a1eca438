package io.ropewalk.config;

import io.ropewalk.api.Callers;
import io.ropewalk.api.JwtCallers;
import io.ropewalk.api.Role;
import io.ropewalk.config.RopewalkProperties.Jwt;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.security.oauth2.jwt.JwtDecoder;

/** The mode jwt: Spring knows the issuer, we know what its roles mean. */
final class JwtMode {
    private static final String ISSUER = "spring.security.oauth2.resourceserver.jwt";

    private JwtMode() {}

    /**
     * Who comes with the issuer's tokens.
     *
     * @throws StartupException when nothing says whose tokens are good, or for whom
     */
    static Callers callers(Jwt jwt, @Nullable JwtDecoder decoder, @Nullable OAuth2ResourceServerProperties issuer) {
        if (decoder == null) {
            throw new StartupException(
                    "ropewalk.security.mode is jwt, but nothing says whose tokens are good.",
                    "Set " + ISSUER + ".issuer-uri, or " + ISSUER + ".public-key-location to the issuer's public key in"
                            + " PEM.");
        }
        if (issuer == null || issuer.getJwt().getAudiences().isEmpty()) {
            throw new StartupException(
                    "ropewalk.security.mode is jwt, but nothing says for whom tokens must be, so that one which was made"
                            + " for another service would do.",
                    "Set " + ISSUER + ".audiences to what the issuer calls this service.");
        }
        return new JwtCallers(decoder, jwt.nameClaim(), jwt.rolesClaim(), roles(jwt));
    }

    private static Map<String, Role> roles(Jwt jwt) {
        return jwt.roles().isEmpty()
                ? Arrays.stream(Role.values())
                        .collect(Collectors.toMap(role -> role.name().toLowerCase(Locale.ROOT), role -> role))
                : MtlsMode.roles("ropewalk.security.jwt.roles", jwt.roles());
    }
}
