package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.RSAKey;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service with the tokens of an OpenID provider that it knows by its address alone. */
class JwtIssuerTest {
    private static final RSAKey FIRST = OidcIssuer.newKey("first");
    private static final RSAKey SECOND = OidcIssuer.newKey("second");

    @TempDir
    Path folder;

    private OidcIssuer issuer;
    private RunningService service;

    @BeforeEach
    void startWhileTheIssuerIsAway() throws Exception {
        issuer = new OidcIssuer();
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.security.mode=jwt",
                "--spring.security.oauth2.resourceserver.jwt.issuer-uri=" + issuer.uri(),
                "--spring.security.oauth2.resourceserver.jwt.audiences=ropewalk");
    }

    @AfterEach
    void stop() {
        service.close();
        issuer.close();
    }

    private HttpResponse<String> ask(String token) {
        return service.send(service.request("/system").header("Authorization", "Bearer " + token));
    }

    private String good(RSAKey key) {
        return OidcIssuer.sign(issuer.claims("viewer"), key);
    }

    private void assertUnknown(String token, String why) {
        HttpResponse<String> refused = ask(token);

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(401);
        assertThat(refused.body()).contains("\"code\":\"unauthenticated\"", why).doesNotContain("Exception", token);
    }

    private void assertBusy(String token) {
        HttpResponse<String> refused = ask(token);

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        assertThat(refused.body())
                .contains("\"code\":\"busy\"", "issuer")
                .doesNotContain("Exception", token, issuer.uri());
    }

    @Test
    void theServiceStartsWithoutItsIssuer_letsNobodyIn_andNeedsNoRestartWhenItComes() throws Exception {
        issuer.show(FIRST);
        String token = good(FIRST);

        assertBusy(token);
        assertThat(service.get("/system").statusCode()).as("without token").isEqualTo(401);
        assertThat(service.raw("/v3/api-docs").statusCode()).isEqualTo(200);
        assertThat(service.management("/health/readiness").statusCode()).isEqualTo(200);

        issuer.comeUp();
        assertThat(ask(token).statusCode()).isEqualTo(200);
    }

    @Test
    void tokensOfKeysThatAreKnownAreGoodWhileTheIssuerIsAway_othersWait() throws Exception {
        issuer.show(FIRST);
        issuer.comeUp();
        assertThat(ask(good(FIRST)).statusCode()).isEqualTo(200);
        issuer.goAway();

        assertThat(ask(good(FIRST)).statusCode()).isEqualTo(200);
        assertBusy(good(SECOND));
    }

    @Test
    void keysAreRotatedWithoutRestart() throws Exception {
        issuer.show(FIRST);
        issuer.comeUp();
        assertThat(ask(good(FIRST)).statusCode()).isEqualTo(200);
        assertUnknown(good(SECOND), "not signed by the issuer");

        issuer.show(FIRST, SECOND);
        assertThat(ask(good(SECOND)).statusCode()).isEqualTo(200);
        assertThat(ask(good(FIRST)).statusCode()).isEqualTo(200);

        issuer.show(SECOND);
        assertUnknown(good(OidcIssuer.newKey("third")), "not signed by the issuer");
        assertUnknown(good(FIRST), "not signed by the issuer");
        assertThat(ask(good(SECOND)).statusCode()).isEqualTo(200);
    }

    @Test
    void whatIsNotOfThisIssuer_notForUs_orNotGoodAnyMoreIsRefused() throws Exception {
        issuer.show(FIRST);
        issuer.comeUp();
        Date yesterday = Date.from(Instant.now().minus(Duration.ofDays(1)));

        assertUnknown(OidcIssuer.sign(issuer.claims("admin").issuer("http://elsewhere.example"), FIRST), "iss");
        assertUnknown(OidcIssuer.sign(issuer.claims("admin").issuer(null), FIRST), "iss");
        assertUnknown(OidcIssuer.sign(issuer.claims("admin").audience("mail"), FIRST), "aud");
        assertUnknown(OidcIssuer.sign(issuer.claims("admin").expirationTime(yesterday), FIRST), "expired");
        assertUnknown(good(OidcIssuer.newKey("first")), "not signed by the issuer");
        assertUnknown(good(OidcIssuer.newKey("unheard-of")), "not signed by the issuer");
    }

    @Test
    void theRoleDecides() throws Exception {
        issuer.show(FIRST);
        issuer.comeUp();
        String viewer = good(FIRST);

        HttpResponse<String> refused = service.send(service.request("/devices:rescan")
                .header("Authorization", "Bearer " + viewer)
                .POST(BodyPublishers.noBody()));
        assertThat(refused.statusCode()).isEqualTo(403);
        String admin = OidcIssuer.sign(issuer.claims("admin"), FIRST);
        assertThat(service.send(service.request("/devices:rescan")
                                .header("Authorization", "Bearer " + admin)
                                .POST(BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(200);
    }

    /** Whoever has no token could else have us ask the issuer as often as they ask us. */
    @Test
    void theIssuerIsNotAskedForEveryTokenThatIsNone() throws Exception {
        issuer.show(FIRST);
        issuer.comeUp();
        assertThat(ask(good(FIRST)).statusCode()).isEqualTo(200);
        int before = issuer.asked();
        for (int i = 0; i < 20; i++) {
            assertUnknown("not.a.jwt", "not signed by the issuer");
        }

        assertThat(issuer.asked()).isEqualTo(before);
    }
}
