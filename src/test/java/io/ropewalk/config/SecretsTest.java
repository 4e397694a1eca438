package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.RSAKey;
import io.netty.pkitesting.X509Bundle;
import io.ropewalk.api.AccessTokens;
import io.ropewalk.testing.TestPki;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * Gives the service every kind of secret there is, has it do and refuse things with them, and then searches all that it
 * has said and written. Its own log is at its most talkative. A word that is no secret shows that the search finds.
 */
@ExtendWith(OutputCaptureExtension.class)
class SecretsTest {
    private static final String ADMIN = "an-administrators-token-8d21c7";
    private static final String VIEWER = "a-viewers-token-5be09a";
    private static final String WRONG = "a-token-of-somebody-else-c33f1e";
    private static final String IN_URI = "hunter2-in-an-uri";
    private static final String STORE = "pass-of-a-key-store-77aa";
    private static final String DATABASE = "pass-of-the-database-90fe";
    /** To be found: in the log, in events, in the audit, in the database. */
    private static final String CANARY = "canary-4711";

    private static final TestPki PKI = new TestPki("ours");

    @TempDir
    Path folder;

    @Test
    void noSecretStandsAnywhere_withTokens(CapturedOutput output) throws Exception {
        TestPki.Identity server = PKI.server("localhost", "127.0.0.1");
        Map<String, String> secrets = new LinkedHashMap<>(Map.of(
                "the administrator's token", ADMIN,
                "a viewer's token", VIEWER,
                "a token that nobody knows", WRONG,
                "a password in a URI", IN_URI,
                "the key store's password", STORE,
                "the database's password", DATABASE));
        secrets.put(
                "the private key",
                Base64.getEncoder()
                        .encodeToString(
                                server.bundle().getKeyPair().getPrivate().getEncoded())
                        .substring(40, 80));
        Map<String, String> said = new TreeMap<>();
        try (RunningService service = RunningService.start(
                folder.resolve("data"),
                "--logging.level.io.ropewalk=trace",
                "--logging.file.name=" + folder.resolve("service.log"),
                "--spring.datasource.url=jdbc:h2:file:" + folder.resolve("data/inventory") + ";db_close_delay=-1",
                "--spring.datasource.username=keeper",
                "--spring.datasource.password=" + DATABASE,
                "--spring.ssl.bundle.jks.door.keystore.location=file:" + keyStore(server.bundle()),
                "--spring.ssl.bundle.jks.door.keystore.password=" + STORE,
                "--ropewalk.nbd.ssl-bundle=door",
                "--server.ssl.bundle=door",
                "--ropewalk.demo=true",
                "--ropewalk.security.mode=token",
                "--ropewalk.security.token=" + ADMIN,
                "--ropewalk.security.tokens.vera.sha256=" + HexFormat.of().formatHex(AccessTokens.sha256(VIEWER)),
                "--ropewalk.security.tokens.vera.role=viewer")) {
            Caller caller = new Caller("https://localhost:" + service.port(), said);
            useTokens(caller);
            Caller management = new Caller("https://localhost:" + service.managementPort(), said);
            for (String path : List.of("health", "info", "prometheus", "sbom/application", "env", "configprops")) {
                management.ask(ADMIN, "GET", "/actuator/" + path, null);
            }
        }
        said.put("what was printed", output.getAll());
        readFiles(said);

        assertThat(placesOf(CANARY, said))
                .as("the search finds")
                .contains("GET /api/v1/events?pageSize=1000 as " + ADMIN)
                .anyMatch(place -> place.contains("inventory.mv.db"))
                .anyMatch(place -> place.contains("service.log"))
                .contains("what was printed");
        secrets.forEach(
                (what, secret) -> assertThat(placesOf(secret, said)).as(what).isEmpty());
    }

    private static void useTokens(Caller caller) throws Exception {
        for (String token : List.of(ADMIN, VIEWER, WRONG)) {
            caller.ask(token, "GET", "/api/v1/system", null);
            caller.ask(token, "POST", "/api/v1/geoms/demo/paths/demo-a:fail", "{\"reason\":\"" + CANARY + "\"}");
            caller.ask(token, "POST", "/api/v1/geoms", "{\"name\":\"" + token + "\",\"paths\":[\"" + "x\"]");
        }
        caller.ask(ADMIN, "PUT", "/api/v1/exports/" + CANARY, "{\"geom\":\"demo\"}");
        for (String uri : List.of(
                "nbd://user:" + IN_URI + "@127.0.0.1/x",
                "nbds://user:" + IN_URI + "@127.0.0.1/x?tls-bundle=door",
                "iscsi://user:" + IN_URI + "@127.0.0.1/x",
                "nbd://user:" + IN_URI + "@127.0.0.1/%zz",
                "file:///x?password=" + IN_URI)) {
            caller.ask(ADMIN, "POST", "/api/v1/devices", "{\"uri\":\"" + uri + "\"}");
        }
        caller.ask(ADMIN, "GET", "/api/v1/events?pageSize=1000", null);
        caller.ask(ADMIN, "GET", "/api/v1/audit?pageSize=1000", null);
        caller.ask(ADMIN, "GET", "/api/v1/devices", null);
        caller.ask(ADMIN, "GET", "/api/v1/operations", null);
        caller.ask(ADMIN, "GET", "/v3/api-docs", null);
    }

    @Test
    void noSecretStandsAnywhere_withAnIssuersTokens(CapturedOutput output) throws Exception {
        RSAKey key = OidcIssuer.newKey("one");
        Map<String, String> said = new TreeMap<>();
        String good;
        String foreign;
        try (OidcIssuer issuer = new OidcIssuer();
                RunningService service = RunningService.start(
                        folder.resolve("data"),
                        "--logging.level.io.ropewalk=trace",
                        "--logging.file.name=" + folder.resolve("service.log"),
                        "--ropewalk.security.mode=jwt",
                        "--spring.security.oauth2.resourceserver.jwt.issuer-uri=" + issuer.uri(),
                        "--spring.security.oauth2.resourceserver.jwt.audiences=ropewalk")) {
            good = OidcIssuer.sign(issuer.claims("admin").subject(CANARY), key);
            foreign = OidcIssuer.sign(issuer.claims("admin"), OidcIssuer.newKey("one"));
            issuer.show(key);
            Caller caller = new Caller("http://localhost:" + service.port(), said);
            caller.ask(good, "GET", "/api/v1/system", null);
            issuer.comeUp();
            for (String token : List.of(good, foreign)) {
                caller.ask(token, "POST", "/api/v1/devices:rescan", null);
                caller.ask(token, "POST", "/api/v1/geoms/none:rotate", null);
                caller.ask(token, "GET", "/api/v1/events", null);
                caller.ask(token, "GET", "/api/v1/audit?pageSize=1000", null);
            }
        }
        said.put("what was printed", output.getAll());
        readFiles(said);

        assertThat(placesOf(CANARY, said))
                .as("the search finds")
                .anyMatch(place -> place.contains("/audit"))
                .anyMatch(place -> place.contains("inventory.mv.db"));
        // What signs is the secret; the words before it are for anybody to read.
        for (String token : List.of(good, foreign)) {
            assertThat(placesOf(token.substring(token.lastIndexOf('.') + 1), said))
                    .isEmpty();
        }
    }

    /** Whoever is stopped by a mistake in the configuration reads the report; others may, too. */
    @Test
    void noSecretStandsInTheReportOfAStartThatFails(CapturedOutput output) {
        assertThatThrownBy(() -> RunningService.run(
                        folder.resolve("data"),
                        "--ropewalk.security.mode=token",
                        "--ropewalk.security.token=" + ADMIN,
                        "--ropewalk.security.tokens.vera.sha256=" + VIEWER,
                        "--ropewalk.security.tokens.vera.role=viewer"))
                .isInstanceOf(Exception.class);

        assertThat(output.getAll()).contains("ropewalk.security.tokens.vera").doesNotContain(ADMIN, VIEWER);
    }

    private Path keyStore(X509Bundle bundle) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("door", bundle.getKeyPair().getPrivate(), STORE.toCharArray(), bundle.getCertificatePath());
        Path file = folder.resolve("door.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, STORE.toCharArray());
        }
        return file;
    }

    /** Log and database; not the key store, which we have made ourselves. */
    private void readFiles(Map<String, String> said) throws IOException {
        List<Path> files = new ArrayList<>(List.of(folder.resolve("service.log")));
        try (Stream<Path> data = Files.walk(folder.resolve("data"))) {
            data.filter(Files::isRegularFile).forEach(files::add);
        }
        for (Path file : files) {
            byte[] bytes = Files.readAllBytes(file);
            for (Charset charset :
                    List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
                said.put(file.getFileName() + " as " + charset, new String(bytes, charset));
            }
        }
    }

    private static List<String> placesOf(String word, Map<String, String> said) {
        return said.entrySet().stream()
                .filter(place -> place.getValue().contains(word))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Asks, and keeps every answer, its headers too. */
    private record Caller(String base, Map<String, String> said) {
        void ask(String token, String method, String path, String body) throws Exception {
            try (HttpClient http =
                    HttpClient.newBuilder().sslContext(PKI.context(null)).build()) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                        .build();
                var answer = http.send(request, BodyHandlers.ofString());
                said.merge(
                        method + " " + path + " as " + token,
                        answer.headers().map() + "\n" + answer.body(),
                        String::concat);
            }
        }
    }
}
