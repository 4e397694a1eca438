package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import io.ropewalk.api.AccessTokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit of the whole service, and that nothing secret lies anywhere. */
class AuditTest {
    private static final String ADMIN = "an-administrators-token-3f7a";
    private static final String VIEWER = "a-viewers-own-token-91bc";
    private static final String SECRET = "hunter2-is-secret";

    @TempDir
    static Path folder;

    private static final AtomicInteger keys = new AtomicInteger();

    private static RunningService service;

    @BeforeAll
    static void start() throws Exception {
        Path disk = folder.resolve("disk.img");
        Files.write(disk, new byte[1 << 20]);
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.security.mode=token",
                "--ropewalk.security.token=" + ADMIN,
                "--ropewalk.security.tokens.watcher.sha256=" + HexFormat.of().formatHex(AccessTokens.sha256(VIEWER)),
                "--ropewalk.security.tokens.watcher.role=viewer");
        assertThat(post(ADMIN, "/devices", "{\"name\":\"a\",\"uri\":\"" + disk.toUri() + "\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(post(
                                ADMIN,
                                "/geoms",
                                "{\"name\":\"disk\",\"mode\":\"ACTIVE_PASSIVE\",\"type\":\"MANUAL\",\"paths\":[\"a\"]}")
                        .statusCode())
                .isEqualTo(201);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void aChangeIsThere_withWhoWhatAndFromWhichGenerationToWhich() throws Exception {
        post(ADMIN, "/geoms/disk/paths/a:fail", "{\"reason\":\"maintenance\"}");

        Map<String, Object> entry = audit("?verb=failPath&pageSize=1").getFirst();

        assertThat(entry)
                .containsEntry("actor", "admin")
                .containsEntry("source", "127.0.0.1")
                .containsEntry("resource", "geom disk")
                .containsEntry("outcome", "done")
                .containsEntry("idempotencyKey", "key-of-failPath");
        assertThat((Integer) entry.get("toGeneration")).isEqualTo((Integer) entry.get("fromGeneration") + 1);
        assertThat(audit("?resource=geom%20disk&verb=createGeom").getFirst())
                .containsEntry("fromGeneration", null)
                .containsEntry("toGeneration", 1);
        assertThat(audit("?resource=device%20a&verb=registerDevice")).hasSize(1);
    }

    @Test
    void aVerbThatStoresNothing_isThereToo_once() throws Exception {
        post(ADMIN, "/devices/a:taste", "");

        assertThat(audit("?verb=tasteDevice"))
                .singleElement()
                .satisfies(entry ->
                        assertThat(entry).containsEntry("resource", "device a").containsEntry("outcome", "done"));
    }

    @Test
    void whatIsRefused_isThere_withTheProblemsCode() throws Exception {
        post(ADMIN, "/geoms/nothing:rotate", "");
        post(VIEWER, "/geoms/disk:stop", "");
        post("not-one-of-our-tokens", "/geoms/disk:stop", "");

        assertThat(audit("?verb=rotateGeom").getFirst())
                .containsEntry("outcome", "geom-not-found")
                .containsEntry("resource", "geom nothing")
                .containsEntry("actor", "admin");
        assertThat(audit("?outcome=forbidden").getFirst())
                .containsEntry("actor", "watcher")
                .containsEntry("resource", "geom disk");
        assertThat(audit("?outcome=unauthenticated").getFirst()).containsEntry("actor", "unknown");
    }

    @Test
    void aDryRun_andAQuestion_areNoChanges() throws Exception {
        int before = audit("").size();
        post(ADMIN, "/geoms/disk:rotate?dryRun=true", "");
        get(ADMIN, "/geoms");

        assertThat(audit("")).hasSize(before);
    }

    @Test
    void whoMayNotComeIn_isThere_alsoWhenItWasButADryRun() throws Exception {
        post(ADMIN, "/geoms/disk:rotate", "");
        post("not-one-of-our-tokens", "/geoms/disk:rotate?dryRun=true", "");

        assertThat(audit("").getFirst()).containsEntry("outcome", "unauthenticated");
    }

    @Test
    void onlyAnAdministratorReadsIt_pageByPage() throws Exception {
        assertThat(get(VIEWER, "/audit").statusCode()).isEqualTo(403);
        assertThat(send(VIEWER, service.request("/audit").HEAD()).statusCode()).isEqualTo(403);
        assertThat(send(ADMIN, service.request("/audit").HEAD()).statusCode()).isEqualTo(200);
        String first = get(ADMIN, "/audit?pageSize=1").body();
        String next = JsonPath.read(first, "$.nextPageToken");
        String second = get(ADMIN, "/audit?pageSize=1&pageToken=" + next).body();

        assertThat((Integer) JsonPath.read(second, "$.items[0].seq"))
                .isLessThan((Integer) JsonPath.read(first, "$.items[0].seq"));
        assertThat(get(ADMIN, "/audit?since=yesterday").statusCode()).isEqualTo(400);
        for (String token : List.of("x", "0", "-5", "99999999999999999999")) {
            assertThat(get(ADMIN, "/audit?pageToken=" + token).statusCode())
                    .as(token)
                    .isEqualTo(400);
        }
        for (String time : List.of(
                "-1000000000-01-01T00:00:00Z",
                "0000-12-31T23:59:59Z",
                "%2B10000-01-01T00:00:00Z",
                "%2B1000000000-12-31T23:59:59.999999999Z")) {
            assertThat(get(ADMIN, "/audit?since=" + time).statusCode()).as(time).isEqualTo(400);
        }
        for (String time : List.of("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z")) {
            assertThat(get(ADMIN, "/audit?since=" + time).statusCode()).as(time).isEqualTo(200);
        }
    }

    @Test
    void aDryRunIsNotTakenForAChange_howeverItIsWritten() throws Exception {
        post(ADMIN, "/geoms/disk:rotate", "");
        List<Map<String, Object>> before = audit("");

        for (String query : List.of("dryRun=true", "dryRun=%74rue", "dry%52un=true")) {
            assertThat(post(ADMIN, "/geoms/disk:rotate?" + query, "").statusCode())
                    .isEqualTo(200);
        }

        assertThat(audit("")).isEqualTo(before);
    }

    @Test
    void aChangeInEarnestCannotPassForADryRun() throws Exception {
        post(ADMIN, "/geoms/disk:rotate", "");
        for (String query : List.of("dryRun=false&dryRun=true", "dry%52un=false&dryRun=true")) {
            assertThat(post(ADMIN, "/geoms/disk:rotate?" + query, "").statusCode())
                    .as("it would not be in the audit")
                    .isEqualTo(400);
        }
    }

    @Test
    void secretsStandNowhere() throws Exception {
        for (String uri : List.of(
                "nbd://user:" + SECRET + "@127.0.0.1/x",
                "file:///x?password=" + SECRET,
                "iscsi://user:" + SECRET + "@127.0.0.1/x",
                "nbd://user:" + SECRET + "@127.0.0.1/%zz")) {
            HttpResponse<String> refused = post(ADMIN, "/devices", "{\"uri\":\"" + uri + "\"}");
            assertThat(refused.statusCode()).as(uri).isEqualTo(400);
            assertThat(refused.body()).doesNotContain(SECRET);
        }
        post(SECRET + "-token", "/devices", "{}");
        String told = get(ADMIN, "/events?pageSize=1000").body()
                + get(ADMIN, "/audit?pageSize=1000").body();

        assertThat(told).doesNotContain(SECRET, ADMIN, VIEWER);
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as("%s", file)
                        .doesNotContain(SECRET, ADMIN, VIEWER);
            }
        }
    }

    @Test
    void whatIsInside_isToldToAdministratorsOnly() throws Exception {
        URI sbom = URI.create("http://127.0.0.1:" + service.managementPort() + "/actuator/sbom");
        assertThat(send(VIEWER, HttpRequest.newBuilder(sbom).GET()).statusCode())
                .isEqualTo(403);
        assertThat(send(ADMIN, HttpRequest.newBuilder(sbom).GET()).statusCode()).isEqualTo(200);
    }

    private static List<Map<String, Object>> audit(String query) throws Exception {
        HttpResponse<String> answer = get(ADMIN, "/audit" + query);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JsonPath.read(answer.body(), "$.items");
    }

    private static HttpResponse<String> get(String token, String path) throws Exception {
        return send(token, service.request(path).GET());
    }

    private static HttpResponse<String> post(String token, String path, String body) throws Exception {
        String verb =
                path.replaceAll("\\?.*", "").replaceAll(".*:fail", "failPath").replaceAll(".*[:/]", "");
        HttpRequest.Builder request = service.request(path)
                .header(
                        "Idempotency-Key",
                        verb.equals("failPath") ? "key-of-failPath" : "key-" + keys.incrementAndGet())
                .header("Content-Type", "application/json");
        return send(token, request.POST(body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)));
    }

    private static HttpResponse<String> send(String token, HttpRequest.Builder request) throws Exception {
        return service.http()
                .send(request.header("Authorization", "Bearer " + token).build(), BodyHandlers.ofString());
    }
}
