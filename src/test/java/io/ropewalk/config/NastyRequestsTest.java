package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a client sends to the real web server: a refusal as a problem, never our fault, and no word of ours. */
class NastyRequestsTest {
    private static final String JSON = "Content-Type: application/json\r\n";

    @TempDir
    static Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() {
        service = RunningService.start(folder.resolve("data"));
    }

    @AfterAll
    static void stop() {
        assertThat(service.get("/system").statusCode()).as("it is unharmed").isEqualTo(200);
        service.close();
    }

    private static Arguments of(String what, int status, String code, String request) {
        return Arguments.of(what, status, code, request);
    }

    private static String post(String path, String headers, String body) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: "
                + body.getBytes(StandardCharsets.ISO_8859_1).length + "\r\nConnection: close\r\n\r\n" + body;
    }

    private static String get(String path, String headers) {
        return request("GET", path, headers);
    }

    private static String request(String method, String path, String headers) {
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Connection: close\r\n\r\n";
    }

    static Stream<Arguments> nasty() {
        String geoms = "/api/v1/geoms";
        return Stream.of(
                of("no Host", 400, "bad-request", "GET " + geoms + " HTTP/1.1\r\nConnection: close\r\n\r\n"),
                of("two Hosts", 400, "bad-request", get(geoms, "Host: y\r\n")),
                of("an unknown version", 400, "bad-request", "GET " + geoms + " HTTP/7.7\r\nHost: localhost\r\n\r\n"),
                of("a bad percent", 400, "bad-request", get("/api/v1/geoms/%zz", "")),
                of("a percent at the end", 400, "bad-request", get("/api/v1/geoms/%4", "")),
                of("a NUL", 400, "bad-request", get("/api/v1/geoms/%00", "")),
                of("an escaped slash", 400, "bad-request", get("/api/v1/geoms/a%2fb", "")),
                of("a semicolon", 400, "bad-request", get("/api/v1/geoms;x=y", "")),
                of("two slashes", 400, "bad-request", get("/api/v1//geoms", "")),
                of("bytes that are no UTF-8", 400, "bad-request", get("/api/v1/geoms/%ff%fe", "")),
                of("a long name", 404, "geom-not-found", get("/api/v1/geoms/" + "x".repeat(4000), "")),
                of("a name with odd signs", 404, "geom-not-found", get("/api/v1/geoms/%F0%9F%92%A9'%22%3Cb%3E", "")),
                of("a bad query", 400, "invalid-parameter", get(geoms + "?pageSize=%zz", "")),
                of("a huge number", 400, "invalid-parameter", get(geoms + "?pageSize=99999999999999999999", "")),
                of("an unknown parameter", 400, "invalid-parameter", get(geoms + "?nonsense=1", "")),
                of("a huge header", 400, "bad-request", get(geoms, "X-Big: " + "x".repeat(20_000) + "\r\n")),
                of("a folded header", 400, "bad-request", get(geoms, "X-A: b\r\n c\r\nno colon\r\n")),
                of("a media type that is none", 406, "not-acceptable", get(geoms, "Accept: ;;;\r\n")),
                of("a form we do not have", 406, "not-acceptable", get(geoms, "Accept: text/html\r\n")),
                of("an unknown method", 405, "method-not-allowed", request("BREW", geoms, "")),
                of("TRACE", 405, "method-not-allowed", request("TRACE", geoms, "")),
                of("CONNECT", 400, "bad-request", request("CONNECT", geoms, "")),
                of("a bad If-Match", 400, "invalid-parameter", request("DELETE", geoms + "/x", "If-Match: 7\r\n")),
                of(
                        "an If-Match for what has no ETag",
                        400,
                        "invalid-parameter",
                        request("DELETE", "/api/v1/devices/x", "If-Match: \"1\"\r\n")),
                of("a bad Prefer", 400, "invalid-parameter", request("DELETE", geoms + "/x", "Prefer: wait=x\r\n")),
                of("a bad length", 400, "bad-request", request("POST", geoms, "Content-Length: -1\r\n")),
                of(
                        "two lengths",
                        400,
                        "bad-request",
                        request("POST", geoms, "Content-Length: 1\r\nContent-Length: 2\r\n")),
                of(
                        "an unknown transfer coding",
                        400,
                        "bad-request",
                        request("POST", geoms, JSON + "Transfer-Encoding: br\r\n")),
                of(
                        "a broken chunk",
                        400,
                        "bad-request",
                        request("POST", geoms, JSON + "Transfer-Encoding: chunked\r\n") + "zz\r\n"),
                of(
                        "a broken chunk, and a key",
                        400,
                        "bad-request",
                        request("POST", geoms, JSON + "Idempotency-Key: k\r\nTransfer-Encoding: chunked\r\n")
                                + "zz\r\n"),
                of("no media type", 415, "unsupported-media-type", post(geoms, "", "{}")),
                of("another media type", 415, "unsupported-media-type", post(geoms, "Content-Type: a/b\r\n", "{}")),
                of(
                        "a media type that is broken",
                        415,
                        "unsupported-media-type",
                        post(geoms, "Content-Type: /\r\n", "{}")),
                of(
                        "an unknown charset",
                        415,
                        "unsupported-media-type",
                        post(geoms, "Content-Type: application/json;charset=klingon\r\n", "{}")),
                of(
                        "bytes that are no UTF-8 in JSON",
                        400,
                        "malformed-json",
                        post(geoms, JSON, "{\"name\":\"\u00ff\u00fe\"}")),
                of("no JSON", 400, "malformed-json", post(geoms, JSON, "<a/>")),
                of("deep JSON", 400, "invalid-body", post(geoms, JSON, "[".repeat(5000))),
                of(
                        "a huge number in JSON",
                        400,
                        "invalid-body",
                        post(geoms, JSON, "{\"name\":" + "9".repeat(900) + "}")),
                of("an unknown member", 400, "invalid-body", post(geoms, JSON, "{\"nam\":\"x\"}")),
                of("no body", 400, "invalid-body", post(geoms, JSON, "")),
                of("a large body", 413, "body-too-large", post(geoms, JSON, " ".repeat(70_000))),
                of("a bad key", 400, "invalid-parameter", post(geoms, JSON + "Idempotency-Key: a b\r\n", "{}")),
                of("a foreign origin", 403, "cross-origin", post(geoms, JSON + "Origin: http://e.example\r\n", "{}")),
                of("an origin that is none", 403, "cross-origin", post(geoms, JSON + "Origin: :::\r\n", "{}")),
                of(
                        "a page whose own name leads here",
                        403,
                        "cross-origin",
                        "DELETE /api/v1/geoms/x HTTP/1.1\r\nHost: evil.example:8080\r\nOrigin: http://evil.example:8080\r\n"
                                + "Connection: close\r\n\r\n"),
                of(
                        "a page whose own name leads here and that only reads",
                        403,
                        "cross-origin",
                        "GET /api/v1/devices HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
                of("a verb that is none", 404, "not-found", post("/api/v1/geoms/x:explode", JSON, "{}")),
                of("a path outside", 404, "not-found", get("/WEB-INF/web.xml", "")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nasty")
    void itIsRefusedAsAProblem(String what, int status, String code, String request) throws IOException {
        String answer = send(request);

        assertThat(answer).as(what).startsWith("HTTP/1.1 " + status + " ");
        assertThat(answer).contains("application/problem+json", "\"code\":\"" + code + "\"", "\"status\":" + status);
        assertThat(answer).doesNotContain("Exception", "io.ropewalk", "java.", "Tomcat", "org.spring");
    }

    static Stream<Arguments> harmless() {
        return Stream.of(
                Arguments.of("HEAD", 200, request("HEAD", "/api/v1/geoms", "")),
                Arguments.of("OPTIONS", 200, request("OPTIONS", "/api/v1/geoms", "")),
                Arguments.of("the oldest version", 200, "GET /api/v1/geoms HTTP/1.0\r\n\r\n"),
                Arguments.of("a whole URI", 200, request("GET", "http://localhost/api/v1/geoms", "")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("harmless")
    void whatIsUnusualAndLegalIsAnswered(String what, int status, String request) throws IOException {
        assertThat(send(request)).as(what).startsWith("HTTP/1.1 " + status);
    }

    private static String send(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.setSoTimeout(60_000);
            try {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            } catch (IOException refusedBeforeTheEnd) {
                // What it has answered counts.
            }
            byte[] bytes = new byte[64 << 10];
            int length = 0;
            try {
                int read;
                while ((read = socket.getInputStream().read(bytes, length, bytes.length - length)) > 0) {
                    length += read;
                }
            } catch (SocketTimeoutException silence) {
                throw new AssertionError("no answer within a minute", silence);
            } catch (IOException reset) {
                // What it has answered counts.
            }
            return new String(bytes, 0, length, StandardCharsets.UTF_8);
        }
    }
}
