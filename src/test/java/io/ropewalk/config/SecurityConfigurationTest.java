package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.api.AccessTokens;
import io.ropewalk.api.AccessTokens.AccessToken;
import io.ropewalk.api.Role;
import io.ropewalk.config.RopewalkProperties.Security;
import io.ropewalk.config.RopewalkProperties.SecurityMode;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecurityConfigurationTest {
    private static final String GOOD = "0123456789abcdef";
    private static final RopewalkProperties.Jwt NO_JWT = new RopewalkProperties.Jwt("sub", "roles", List.of());
    private static final String HASH = HexFormat.of().formatHex(AccessTokens.sha256(GOOD));

    private static Security security(String token, Map<String, TokenProperties> tokens) {
        return new Security(SecurityMode.TOKEN, token, tokens, NO_JWT, List.of(), Set.of());
    }

    @Test
    void tokensHaveTheNameAndRoleThatIsConfigured() {
        Security security = security(
                "another-token-of-16", Map.of("prometheus", new TokenProperties(HASH.toUpperCase(), Role.VIEWER)));

        assertThat(SecurityConfiguration.tokens(security))
                .extracting(AccessToken::name, AccessToken::role)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("admin", Role.ADMIN),
                        org.assertj.core.groups.Tuple.tuple("prometheus", Role.VIEWER));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "short", "0123456789 abcdef", "0123456789abcdefä"})
    void aTokenThatCouldBeGuessedOrNotBeSentIsRefused(String token) {
        assertThatThrownBy(() -> SecurityConfiguration.tokens(security(token, Map.of())))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("ropewalk.security.token must be 16 characters or more");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0123", GOOD})
    void whatIsNoHashIsRefused_andNotRepeated(String hash) {
        Security security = security(null, Map.of("ada", new TokenProperties(hash, Role.ADMIN)));

        assertThatThrownBy(() -> SecurityConfiguration.tokens(security))
                .isInstanceOf(StartupException.class)
                .hasMessage(
                        "ropewalk.security.tokens.ada.sha256 must be the SHA-256 of the token in 64 hexadecimal digits.");
    }

    @Test
    void aTokenWithoutRoleIsRefused() {
        assertThatThrownBy(() ->
                        SecurityConfiguration.tokens(security(null, Map.of("ada", new TokenProperties(HASH, null)))))
                .hasMessage("ropewalk.security.tokens.ada has no role.");
    }

    @Test
    void nobodyComesInByTwoNamesOrTwoByOne() {
        TokenProperties ada = new TokenProperties(HASH, Role.VIEWER);

        assertThatThrownBy(() -> SecurityConfiguration.tokens(security(GOOD, Map.of("ada", ada))))
                .hasMessage("The tokens admin and ada are the same.");
        assertThatThrownBy(() -> SecurityConfiguration.tokens(security("another-token-of-16", Map.of("admin", ada))))
                .hasMessageContaining("has the name that ropewalk.security.token goes by");
    }

    @Test
    void tokensThatNobodyIsAskedForAreRefused() {
        Security security = new Security(SecurityMode.NONE, GOOD, Map.of(), NO_JWT, List.of(), Set.of());

        assertThatThrownBy(() -> SecurityConfiguration.refuseIdleTokens(security))
                .isInstanceOf(StartupException.class);
    }

    @Test
    void whatIsSecretIsNotShown() {
        assertThat(security(GOOD, Map.of()).toString()).doesNotContain(GOOD);
    }
}
