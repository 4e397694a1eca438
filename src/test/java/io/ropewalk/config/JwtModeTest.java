package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service with an issuer's tokens, known by its public key; its roles are called otherwise than ours. */
class JwtModeTest {
    private static final KeyPair ISSUER = rsa();

    @TempDir
    static Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() throws Exception {
        Path key = folder.resolve("issuer.pem");
        Files.writeString(
                key,
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(ISSUER.getPublic().getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.demo=true",
                "--ropewalk.security.mode=jwt",
                "--spring.security.oauth2.resourceserver.jwt.public-key-location=" + key.toUri(),
                "--spring.security.oauth2.resourceserver.jwt.audiences=ropewalk",
                "--ropewalk.security.jwt.roles-claim=realm_access.roles",
                "--ropewalk.security.jwt.roles[0].name=storage:watch",
                "--ropewalk.security.jwt.roles[0].role=viewer",
                "--ropewalk.security.jwt.roles[1].name=storage:steer",
                "--ropewalk.security.jwt.roles[1].role=operator",
                "--ropewalk.security.jwt.roles[2].name=storage:own",
                "--ropewalk.security.jwt.roles[2].role=admin");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static KeyPair rsa() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JWTClaimsSet.Builder claims(String... roles) {
        return new JWTClaimsSet.Builder()
                .subject("ada")
                .audience("ropewalk")
                .expirationTime(Date.from(Instant.now().plus(Duration.ofHours(1))))
                .claim("realm_access", Map.of("roles", List.of(roles)));
    }

    private static String signed(JWTClaimsSet.Builder claims, KeyPair by) throws JOSEException {
        return signed(claims, JWSAlgorithm.RS256, new RSASSASigner(by.getPrivate()));
    }

    private static String signed(JWTClaimsSet.Builder claims, JWSAlgorithm algorithm, JWSSigner signer)
            throws JOSEException {
        SignedJWT token = new SignedJWT(new JWSHeader(algorithm), claims.build());
        token.sign(signer);
        return token.serialize();
    }

    private static String token(String... roles) throws JOSEException {
        return signed(claims(roles), ISSUER);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request, String token) throws Exception {
        return service.http()
                .send(request.header("Authorization", "Bearer " + token).build(), BodyHandlers.ofString());
    }

    private static void assertUnknown(String token, String why) throws Exception {
        HttpResponse<String> refused = send(service.request("/system"), token);

        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer error=\"invalid_token\"");
        assertThat(refused.body())
                .contains("\"code\":\"unauthenticated\"", why)
                .doesNotContain("Exception", "trace", token);
    }

    @Test
    void aCallerWithoutTokenLearnsNothing() {
        HttpResponse<String> refused = service.get("/geoms/demo");

        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer");
    }

    @Test
    void whatIsNoTokenOfTheIssuersIsRefused() throws Exception {
        JWTClaimsSet.Builder good = claims("storage:own");
        assertUnknown("not.a.jwt", "not signed by the issuer");
        assertUnknown(signed(good, rsa()), "not signed by the issuer");
        assertUnknown(new PlainJWT(good.build()).serialize(), "not signed by the issuer");
        // The public key is public, so whoever takes it for a shared secret takes anybody's signature.
        JWSSigner confused = new MACSigner(ISSUER.getPublic().getEncoded());
        assertUnknown(signed(good, JWSAlgorithm.HS256, confused), "not signed by the issuer");
        String own = token("storage:own");
        assertUnknown(own.substring(0, own.length() - 8) + "AAAAAAAA", "not signed by the issuer");
    }

    @Test
    void aTokenThatIsNotGoodAnyMoreOrForSomebodyElseIsRefused() throws Exception {
        Date yesterday = Date.from(Instant.now().minus(Duration.ofDays(1)));
        Date tomorrow = Date.from(Instant.now().plus(Duration.ofDays(1)));
        assertUnknown(signed(claims("storage:own").expirationTime(yesterday), ISSUER), "expired");
        assertUnknown(signed(claims("storage:own").notBeforeTime(tomorrow), ISSUER), "before");
        assertUnknown(signed(claims("storage:own").audience("mail"), ISSUER), "aud");
        assertUnknown(signed(claims("storage:own").expirationTime(null), ISSUER), "never expires");
    }

    @Test
    void theHighestRoleInTheClaimCounts() throws Exception {
        HttpRequest.Builder rotate = service.request("/geoms/demo:rotate").POST(BodyPublishers.noBody());
        HttpRequest.Builder destroy = service.request("/geoms/demo?dryRun=true").DELETE();

        assertThat(send(service.request("/system"), token("storage:watch", "unheard-of"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(rotate.copy(), token("storage:watch")).statusCode()).isEqualTo(403);
        assertThat(send(rotate.copy(), token("storage:watch", "storage:steer")).statusCode())
                .isEqualTo(200);
        assertThat(send(destroy.copy(), token("storage:steer")).statusCode()).isEqualTo(403);
        assertThat(send(destroy.copy(), token("storage:own")).statusCode()).isBetween(200, 204);
        assertThat(send(service.request("/events?pageSize=1000"), token("storage:watch"))
                        .body())
                .contains("\"actor\":\"ada\"");
    }

    @Test
    void whoHasNoRoleHereMayDoNothing() throws Exception {
        HttpResponse<String> refused = send(service.request("/system"), token("admin"));

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"forbidden\"", "ada");
        assertThat(send(service.request("/system"), signed(claims().claim("realm_access", "own"), ISSUER))
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void theContractAndHealthAreOpen() {
        assertThat(service.raw("/v3/api-docs").statusCode()).isEqualTo(200);
        assertThat(service.management("/health").statusCode()).isEqualTo(200);
        assertThat(service.management("/info").statusCode()).isEqualTo(401);
    }
}
