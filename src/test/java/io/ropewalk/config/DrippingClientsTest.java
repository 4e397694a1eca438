package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that are never silent and never done. The time-out for silence is a minute here, so that it is not what ends
 * them.
 */
class DrippingClientsTest {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(50);
    private static final int DRIP_MILLIS = 100;
    private static final String START =
            "POST /api/v1/devices HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

    @TempDir
    static Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() {
        service = RunningService.start(
                folder.resolve("data"),
                "--ropewalk.limits.request-time=" + LIMIT.toSeconds() + "s",
                "--server.tomcat.connection-timeout=60s",
                "--server.tomcat.keep-alive-timeout=60s",
                "--ropewalk.security.mode=token",
                "--ropewalk.security.token=a-token-for-dripping-clients-only");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void aHeaderThatDripsEndsTheConnection() throws Exception {
        assertThat(drip(service.port(), START + "X-Slow: ", "x")).isEmpty();
        assertThat(drip(service.port(), "", "GET /api/v1/geoms/" + "x".repeat(8000)))
                .isEmpty();
    }

    @Test
    void theSameOnThePortOfManagement() throws Exception {
        assertThat(drip(service.managementPort(), "GET /actuator/health HTTP/1.1\r\nHost: x\r\nX-Slow: ", "x"))
                .isEmpty();
    }

    @Test
    void aBodyThatDripsIsRefused() throws Exception {
        String authorized = START + "Authorization: Bearer a-token-for-dripping-clients-only\r\n";
        for (String more : new String[] {"", "Idempotency-Key: slow\r\n"}) {
            String answer = drip(service.port(), authorized + more + "Content-Length: 60000\r\n\r\n{", " ");
            assertThat(answer).startsWith("HTTP/1.1 408").contains("\"code\":\"request-timeout\"");
        }
        String chunked = authorized + "Transfer-Encoding: chunked\r\n\r\n";
        assertThat(drip(service.port(), chunked, "1\r\n \r\n")).startsWith("HTTP/1.1 408");
    }

    /** Who is refused at once is read on a while for its own sake, and for no longer. */
    @Test
    void aBodyThatNobodyReadsIsNotWaitedForEither() throws Exception {
        String answer = drip(service.port(), START + "Content-Length: 60000\r\n\r\n{", " ");
        assertThat(answer).startsWith("HTTP/1.1 401");
        String health = "POST /actuator/health HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n";
        assertThat(drip(service.managementPort(), health, " ")).startsWith("HTTP/1.1 4");
    }

    @Test
    void whoIsRefusedAndSendsAllOfItKeepsItsConnection() throws Exception {
        String refused = START + "Content-Length: 2\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            String twoAndOne = (refused + "\r\n{}").repeat(2) + refused + "Connection: close\r\n\r\n{}";
            socket.getOutputStream().write(twoAndOne.getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .contains("\"code\":\"unauthenticated\"")
                    .satisfies(answers ->
                            assertThat(answers.split("HTTP/1.1 401", -1)).hasSize(4));
        }
    }

    /** All that is answered while {@code drops} fall, until the connection ends; which it must. */
    private static String drip(int port, String begin, String drops) throws IOException {
        long start = System.nanoTime();
        StringBuilder answer = new StringBuilder();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(DRIP_MILLIS);
            socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
            byte[] bytes = drops.getBytes(StandardCharsets.US_ASCII);
            byte[] room = new byte[8192];
            for (int i = 0; Duration.ofNanos(System.nanoTime() - start).compareTo(PATIENCE) < 0; i++) {
                try {
                    int read = socket.getInputStream().read(room);
                    if (read < 0) {
                        return answer.toString();
                    }
                    answer.append(new String(room, 0, read, StandardCharsets.UTF_8));
                } catch (SocketTimeoutException nothingYet) {
                    socket.getOutputStream().write(bytes, i % bytes.length, 1);
                }
            }
        } catch (IOException reset) {
            return answer.toString();
        }
        throw new AssertionError("The connection is still open after " + PATIENCE + "; it was told: " + answer);
    }
}
