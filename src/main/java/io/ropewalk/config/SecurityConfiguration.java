package io.ropewalk.config;

import io.ropewalk.api.AccessTokens;
import io.ropewalk.api.AccessTokens.AccessToken;
import io.ropewalk.api.Callers;
import io.ropewalk.api.Role;
import io.ropewalk.api.TrustedHosts;
import io.ropewalk.config.RopewalkProperties.Security;
import io.ropewalk.config.RopewalkProperties.SecurityMode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.OAuth2ResourceServerProperties;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.jwt.JwtDecoder;

/** By what callers are known. */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {
    private static final String TOKEN = "ropewalk.security.token";
    private static final String TOKENS = "ropewalk.security.tokens";

    /** Who uses the token that has no name. */
    private static final String ADMIN = "admin";

    /** What a header can carry, and nobody guesses. */
    private static final Pattern GOOD = Pattern.compile("[\\x21-\\x7e]{16,}");

    private static final Pattern HASH = Pattern.compile("[0-9A-Fa-f]{64}");

    @Bean
    Callers callers(
            RopewalkProperties properties,
            ServerProperties server,
            TlsBundles bundles,
            ObjectProvider<JwtDecoder> decoders,
            ObjectProvider<OAuth2ResourceServerProperties> issuers) {
        Security security = properties.security();
        JwtDecoder decoder = decoders.getIfAvailable();
        refuseIdleIssuer(security, decoder);
        return switch (Objects.requireNonNullElse(security.mode(), SecurityMode.NONE)) {
            case NONE -> Callers.EVERYBODY;
            case TOKEN -> new AccessTokens(tokens(security));
            case JWT -> JwtMode.callers(security.jwt(), decoder, issuers.getIfAvailable());
            case MTLS -> MtlsMode.callers(security.certificates(), server.getSsl(), bundles);
        };
    }

    @Bean
    TrustedHosts trustedHosts(RopewalkProperties properties) {
        return new TrustedHosts(properties.security().hosts());
    }

    private static void refuseIdleIssuer(Security security, @Nullable JwtDecoder decoder) {
        if (decoder != null && security.mode() != SecurityMode.JWT) {
            throw new StartupException(
                    "An issuer of tokens is configured, but ropewalk.security.mode is not jwt, so nobody would be asked"
                            + " for its tokens.",
                    "Set ropewalk.security.mode to jwt, or remove spring.security.oauth2.resourceserver.");
        }
    }

    /**
     * What is configured.
     *
     * @throws StartupException when nobody could come in by it, or somebody in two ways
     */
    static List<AccessToken> tokens(Security security) {
        List<AccessToken> tokens = new ArrayList<>();
        if (security.token() != null) {
            tokens.add(named(security.token()));
        }
        security.tokens().forEach((name, token) -> tokens.add(hashed(name, token)));
        if (tokens.isEmpty()) {
            throw new StartupException(
                    "ropewalk.security.mode is token, but no token is configured, so nobody could come in.",
                    "Set " + TOKEN + ", best from a file by spring.config.import=configtree:, or " + TOKENS + ".");
        }
        refuseTwins(tokens);
        return tokens;
    }

    /**
     * Refuses tokens that would not be asked for.
     *
     * @throws StartupException when there are tokens in another mode
     */
    static void refuseIdleTokens(Security security) {
        if (security.mode() != SecurityMode.MTLS && !security.certificates().isEmpty()) {
            throw new StartupException(
                    "ropewalk.security.certificates gives roles, but ropewalk.security.mode is not mtls, so nobody would"
                            + " be asked for a certificate.",
                    "Set ropewalk.security.mode to mtls, or remove ropewalk.security.certificates.");
        }
        if (security.mode() != SecurityMode.TOKEN
                && (security.token() != null || !security.tokens().isEmpty())) {
            throw new StartupException(
                    "A token is configured, but ropewalk.security.mode is not token, so nobody would be asked for it.",
                    "Set ropewalk.security.mode to token, or remove " + TOKEN + " and " + TOKENS + ".");
        }
    }

    private static AccessToken named(String token) {
        if (!GOOD.matcher(token.strip()).matches()) {
            throw new StartupException(
                    TOKEN + " must be 16 characters or more, letters, digits and signs without spaces.",
                    "Make one with: openssl rand -hex 24.");
        }
        return new AccessToken(ADMIN, AccessTokens.sha256(token.strip()), Role.ADMIN);
    }

    private static AccessToken hashed(String name, TokenProperties token) {
        if (token.sha256() == null || !HASH.matcher(token.sha256()).matches()) {
            throw new StartupException(
                    TOKENS + "." + name + ".sha256 must be the SHA-256 of the token in 64 hexadecimal digits.",
                    "Make it with: printf %s \"$TOKEN\" | sha256sum.");
        }
        if (token.role() == null) {
            throw new StartupException(
                    TOKENS + "." + name + " has no role.",
                    "Set " + TOKENS + "." + name + ".role to viewer, operator or admin.");
        }
        return new AccessToken(name, HexFormat.of().parseHex(token.sha256()), token.role());
    }

    private static void refuseTwins(List<AccessToken> tokens) {
        for (int i = 0; i < tokens.size(); i++) {
            for (AccessToken other : tokens.subList(0, i)) {
                AccessToken token = tokens.get(i);
                if (token.name().equals(other.name())) {
                    throw new StartupException(
                            TOKENS + "." + token.name() + " has the name that " + TOKEN + " goes by.",
                            "Give it another name.");
                }
                if (token.isSameSecretAs(other)) {
                    throw new StartupException(
                            "The tokens " + other.name() + " and " + token.name() + " are the same.",
                            "Make a token of its own for each; remove one of the two.");
                }
            }
        }
    }
}
