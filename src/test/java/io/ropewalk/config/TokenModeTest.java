package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.api.AccessTokens;
import io.ropewalk.cli.GmultipathCommand;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service with tokens: one from a mounted secret, one by its hash. */
class TokenModeTest {
    private static final String ADMIN = "an-admin-token-of-a-test";
    private static final String OPERATOR = "an-operator-token-of-a-test";

    @TempDir
    static Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() throws IOException {
        Path secrets = Files.createDirectory(folder.resolve("secrets"));
        Files.writeString(secrets.resolve("ropewalk.security.token"), ADMIN + "\n");
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.demo=true",
                "--ropewalk.security.mode= Token ",
                "--spring.config.import=configtree:" + secrets + "/",
                "--ropewalk.security.tokens.olga.sha256=" + HexFormat.of().formatHex(AccessTokens.sha256(OPERATOR)),
                "--ropewalk.security.tokens.olga.role=operator");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static HttpResponse<String> send(HttpRequest.Builder request, String token) throws Exception {
        return service.http()
                .send(request.header("Authorization", "Bearer " + token).build(), BodyHandlers.ofString());
    }

    @Test
    void aCallerWithoutTokenLearnsNothing() {
        HttpResponse<String> refused = service.get("/geoms/demo");

        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer");
        assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(refused.body())
                .contains("\"code\":\"unauthenticated\"")
                .doesNotContain("Exception", "stackTrace", "\tat ");
        assertThat(service.delete("/geoms/demo").statusCode()).isEqualTo(401);
        assertThat(service.raw("/error").body()).doesNotContain("Exception", "stackTrace", "\tat ");
    }

    @Test
    void aRoleMayDoWhatIsItsOwn() throws Exception {
        HttpRequest.Builder fail =
                service.request("/geoms/demo/paths/demo-a:fail").POST(BodyPublishers.noBody());
        HttpRequest.Builder restore =
                service.request("/geoms/demo/paths/demo-a:restore").POST(BodyPublishers.noBody());

        assertThat(send(fail, OPERATOR).statusCode()).isEqualTo(200);
        assertThat(send(restore, OPERATOR).statusCode()).isEqualTo(200);
        HttpResponse<String> events = send(service.request("/events?pageSize=1000"), ADMIN);
        assertThat(events.body()).contains("\"actor\":\"olga\"");
        HttpResponse<String> refused = send(service.request("/geoms/demo").DELETE(), OPERATOR);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"forbidden\"", "olga");
        assertThat(send(service.request("/geoms/demo?dryRun=true").DELETE(), ADMIN)
                        .statusCode())
                .isBetween(200, 204);
    }

    @Test
    void theContractAndItsPageAreOpen() {
        assertThat(service.raw("/v3/api-docs").statusCode()).isEqualTo(200);
        assertThat(service.raw("/swagger-ui/index.html").statusCode()).isEqualTo(200);
        assertThat(service.raw("/").statusCode()).isEqualTo(302);
    }

    @Test
    void ofManagementHealthAndMetricsAreOpenAndNothingElse() throws Exception {
        assertThat(service.management("/health/readiness").statusCode()).isEqualTo(200);
        assertThat(service.management("/prometheus").statusCode()).isEqualTo(200);
        assertThat(service.management("/info").statusCode()).isEqualTo(401);
        assertThat(service.management("").statusCode()).isEqualTo(401);
        HttpRequest.Builder info =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.managementPort() + "/actuator/info"));
        assertThat(send(info, ADMIN).statusCode()).isEqualTo(403);
        assertThat(service.raw("/actuator/health").statusCode())
                .as("of the API's own port")
                .isEqualTo(404);
    }

    @Test
    void theCommandSendsItsToken() {
        String url = "http://127.0.0.1:" + service.port();

        assertThat(GmultipathCommand.main("--url", url, "--token", ADMIN, "status"))
                .isZero();
        assertThat(GmultipathCommand.main("--url", url, "--token", "nobodys-token", "status"))
                .isNotZero();
    }

    @Test
    void aStreamOfEventsResumesAndBeatsAndSaysWhenItCannot() throws Exception {
        HttpResponse<String> page = send(service.request("/events?pageSize=1"), ADMIN);
        String first = String.valueOf(RunningService.<Long>read(page, "$.items[0].seq"));
        HttpResponse<String> next = send(service.request("/events?after=" + first + "&pageSize=1"), ADMIN);
        String second = String.valueOf(RunningService.<Long>read(next, "$.items[0].seq"));

        HttpRequest resume = service.request("/events")
                .header("Accept", "text/event-stream")
                .header("Last-Event-ID", first)
                .header("Authorization", "Bearer " + OPERATOR)
                .build();
        try (Stream<String> lines =
                service.http().send(resume, BodyHandlers.ofLines()).body()) {
            List<String> until =
                    lines.takeWhile(line -> !line.startsWith(":nothing")).toList();
            assertThat(until).as("what came after the first").contains("id:" + second);
            assertThat(until).as("what was seen already").doesNotContain("id:" + first);
        }

        HttpResponse<String> gone = send(
                service.request("/events").header("Accept", "text/event-stream").header("Last-Event-ID", "1"), ADMIN);
        assertThat(gone.statusCode()).isEqualTo(410);
        assertThat(gone.body()).contains("\"code\":\"events-compacted\"");
        HttpResponse<String> refused = service.http()
                .send(
                        service.request("/events")
                                .header("Accept", "text/event-stream")
                                .build(),
                        BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(401);
    }

    @Test
    void headIsAnsweredWhereGetIs() throws Exception {
        for (String path : List.of("/actuator/health", "/actuator/health/readiness", "/actuator/prometheus")) {
            HttpRequest head = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.managementPort() + path))
                    .HEAD()
                    .build();
            assertThat(service.http().send(head, BodyHandlers.discarding()).statusCode())
                    .as(path)
                    .isEqualTo(200);
        }
    }

    @Test
    void aProblemsPageIsOpen() {
        assertThat(service.raw("/problems/unauthenticated").body()).contains("What to do");
    }
}
