package io.ropewalk.config;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A little OpenID provider: its configuration, its keys, and tokens by them. Can be away, and come back. */
final class OidcIssuer implements AutoCloseable {
    private static final String REALM = "/realms/storage";

    private final InetSocketAddress address;
    private final AtomicInteger asked = new AtomicInteger();
    private volatile List<JWK> keys = List.of();
    private HttpServer server;

    /** One that is away; its address is its own, though. */
    OidcIssuer() throws IOException {
        HttpServer first = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        first.start();
        address = first.getAddress();
        first.stop(0);
        server = first;
    }

    static RSAKey newKey(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    String uri() {
        return "http://127.0.0.1:" + address.getPort() + REALM;
    }

    /** What it shows from now on. */
    void show(JWK... newKeys) {
        keys = List.of(newKeys);
    }

    void comeUp() throws IOException {
        server = HttpServer.create(address, 0);
        server.createContext(
                REALM + "/.well-known/openid-configuration",
                exchange -> answer(
                        exchange,
                        "{\"issuer\":\"" + uri() + "\",\"jwks_uri\":\"" + uri()
                                + "/keys\",\"id_token_signing_alg_values_supported\":[\"RS256\"]}"));
        server.createContext(REALM + "/keys", exchange -> {
            asked.incrementAndGet();
            answer(exchange, new JWKSet(keys).toPublicJWKSet().toString());
        });
        server.start();
    }

    void goAway() {
        server.stop(0);
    }

    /** How often its keys were asked for. */
    int asked() {
        return asked.get();
    }

    JWTClaimsSet.Builder claims(String role) {
        return new JWTClaimsSet.Builder()
                .issuer(uri())
                .subject("ada")
                .audience("ropewalk")
                .expirationTime(Date.from(Instant.now().plus(Duration.ofHours(1))))
                .claim("roles", List.of(role));
    }

    static String sign(JWTClaimsSet.Builder claims, RSAKey key) {
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256)
                            .keyID(key.getKeyID())
                            .build(),
                    claims.build());
            token.sign(new RSASSASigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void answer(HttpExchange exchange, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        goAway();
    }
}
