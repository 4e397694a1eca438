package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ropewalk.api.AccessTokens;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tried as somebody would who wants to do harm: refused with the right answer, and the service goes on. */
class AbuseTest {
    private static final String GREEDY = "the-token-of-one-who-asks-all-the-time";
    private static final String MODEST = "the-token-of-one-who-asks-now-and-then";
    private static final int CROWD = 1000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private RunningService service;
    private final List<Socket> crowd = new ArrayList<>();

    @AfterEach
    void leave() throws IOException {
        for (Socket socket : crowd) {
            socket.close();
        }
        service.close();
    }

    @Test
    void aThousandIdleConnections_hinderNobody_andAreClosed() throws Exception {
        service = RunningService.start(folder, "--server.tomcat.connection-timeout=3s", "--ropewalk.demo=true");
        long before = usedBytes();
        for (int i = 0; i < CROWD; i++) {
            crowd.add(new Socket(InetAddress.getLoopbackAddress(), service.port()));
            crowd.add(new Socket(
                    InetAddress.getLoopbackAddress(), service.export("demo").getPort()));
        }

        assertThat(service.get("/geoms/demo").statusCode()).isEqualTo(200);
        assertThat(greeting(service.export("demo").getPort())).startsWith("NBDMAGIC");
        assertThat(usedBytes() - before).as("bytes that the crowd costs").isLessThan(256L << 20);
        await().atMost(PATIENCE).until(() -> crowd.stream().allMatch(AbuseTest::isClosedByPeer));
        assertThat(service.get("/geoms/demo").statusCode()).isEqualTo(200);
        assertThat(greeting(service.export("demo").getPort())).startsWith("NBDMAGIC");
    }

    @Test
    void howManyNbdClientsThereMayBe_isConfigured() throws Exception {
        service = RunningService.start(
                folder,
                "--ropewalk.demo=true",
                "--ropewalk.nbd.max-sessions=4",
                "--ropewalk.nbd.max-sessions-per-address=2",
                "--ropewalk.nbd.max-handshakes=3",
                "--ropewalk.nbd.handshake-timeout=2s");
        int port = service.export("demo").getPort();
        for (int i = 0; i < 3; i++) {
            crowd.add(new Socket(InetAddress.getLoopbackAddress(), port));
        }

        await().atMost(PATIENCE).until(() -> crowd.stream().anyMatch(AbuseTest::isClosedByPeer));
        await().atMost(PATIENCE).until(() -> crowd.stream().allMatch(AbuseTest::isClosedByPeer));
        assertThat(greeting(port)).startsWith("NBDMAGIC");
    }

    @Test
    void whoAsksTooOften_isToldWhenToComeBack() {
        service = RunningService.start(
                folder, "--ropewalk.limits.requests-per-second=1", "--ropewalk.limits.requests-at-once=20");
        HttpResponse<String> answer = service.get("/geoms");
        for (int i = 0; i < 100 && answer.statusCode() == 200; i++) {
            answer = service.get("/geoms");
        }

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).contains("\"code\":\"too-many-requests\"");
        assertThat(answer.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(1L, 2L);
        await().atMost(PATIENCE).until(() -> service.get("/geoms").statusCode() == 200);
    }

    @Test
    void whoAsksTooOften_hindersNobodyElseBehindTheSameAddress() {
        service = RunningService.start(
                folder,
                "--ropewalk.limits.requests-per-second=1",
                "--ropewalk.limits.requests-at-once=20",
                "--ropewalk.security.mode=token",
                "--ropewalk.security.tokens.greedy.sha256=" + hash(GREEDY),
                "--ropewalk.security.tokens.greedy.role=viewer",
                "--ropewalk.security.tokens.modest.sha256=" + hash(MODEST),
                "--ropewalk.security.tokens.modest.role=viewer");
        HttpResponse<String> answer = ask(GREEDY);
        for (int i = 0; i < 100 && answer.statusCode() == 200; i++) {
            answer = ask(GREEDY);
        }

        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).contains("come from greedy");
        assertThat(ask(MODEST).statusCode()).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> ask(GREEDY).statusCode() == 200);
    }

    private static String hash(String token) {
        return HexFormat.of().formatHex(AccessTokens.sha256(token));
    }

    private HttpResponse<String> ask(String token) {
        return service.send(service.request("/geoms").header("Authorization", "Bearer " + token));
    }

    @Test
    void hugeHeaders_hugeBodies_andRequestsThatNeverEnd_areRefused() throws Exception {
        service = RunningService.start(folder, "--server.tomcat.connection-timeout=2s");
        String start = "POST /api/v1/devices HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

        assertThat(exchange(start + "X-Long: " + "x".repeat(64 << 10) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(exchange(start + "Content-Length: 1000000000\r\n\r\n{")).startsWith("HTTP/1.1 413");
        assertThat(exchange(start + "Content-Length: 100\r\n\r\n{\"uri\":")).startsWith("HTTP/1.1 4");
        assertThat(exchange(start)).as("a header that never ends").isIn("", "HTTP/1.1 408");
        assertThat(service.get("/geoms").statusCode()).isEqualTo(200);
    }

    /** The status line that comes before the service closes the connection; empty when it just closes it. */
    private String exchange(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            try {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            } catch (IOException closedMeanwhile) {
                // Then there may still be an answer to read.
            }
            byte[] answer = socket.getInputStream().readNBytes(12);
            return new String(answer, StandardCharsets.US_ASCII);
        }
    }

    private static String greeting(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return new String(socket.getInputStream().readNBytes(8), StandardCharsets.US_ASCII);
        }
    }

    private static boolean isClosedByPeer(Socket socket) {
        try {
            socket.setSoTimeout(1);
            InputStream in = socket.getInputStream();
            return in.readNBytes(256).length < 256 && in.read() < 0;
        } catch (java.net.SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException reset) {
            return true;
        }
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
