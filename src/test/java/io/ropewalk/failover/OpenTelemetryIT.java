package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces in OpenTelemetry, as src/docs/operations.md tells to switch them on: the packaged service, the real agent, a collector. */
class OpenTelemetryIT {
    private static final Path AGENT = Path.of("target/agents/opentelemetry-javaagent.jar");
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @TempDir
    private Path folder;

    private final List<Export> received = new CopyOnWriteArrayList<>();
    private HttpServer collector;

    /** What was posted to the collector, in protobuf, where a trace id stands as its 16 bytes. */
    private record Export(String path, String bytes) {
        @Override
        public String toString() {
            return path + ", " + bytes.length() + " bytes";
        }

        boolean has(String traceId) {
            return bytes.contains(new String(HexFormat.of().parseHex(traceId), StandardCharsets.ISO_8859_1));
        }
    }

    @BeforeEach
    void collect() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/", this::take);
        collector.start();
    }

    @AfterEach
    void stop() {
        collector.stop(0);
    }

    private void take(HttpExchange exchange) throws IOException {
        String bytes = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
        received.add(new Export(exchange.getRequestURI().getPath(), bytes));
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
    }

    private PackagedService service(Map<String, String> more) throws IOException {
        Map<String, String> environment = new HashMap<>(more);
        environment.put(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + collector.getAddress().getPort());
        environment.put("OTEL_SERVICE_NAME", "gateway-of-the-test");
        environment.put("OTEL_BSP_SCHEDULE_DELAY", "100");
        return new PackagedService(folder, folder.resolve("log"), List.of(), environment);
    }

    /** The answer is a problem with the trace id of the one who asked. */
    private static void askWithTrace(PackagedService service) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(service.api("/geoms/nowhere"))
                    .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                    .build();
            assertThat(http.send(request, BodyHandlers.ofString()).body()).contains("\"traceId\":\"" + TRACE + "\"");
        }
    }

    @Test
    void withTheAgent_spansReachTheCollectorUnderTheTraceIdOfTheProblem() throws Exception {
        Tools.need(
                Files.exists(AGENT), "needs OpenTelemetry's agent; ./mvnw pre-integration-test -DskipTests brings it");
        try (PackagedService service = service(Map.of("JDK_JAVA_OPTIONS", "-javaagent:" + AGENT.toAbsolutePath()))) {
            askWithTrace(service);

            Awaitility.await("the span of the request")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(received).anySatisfy(export -> {
                        assertThat(export.path()).isEqualTo("/v1/traces");
                        assertThat(export.has(TRACE)).as("the caller's trace").isTrue();
                        assertThat(export.bytes()).contains("gateway-of-the-test", "GET /api/v1/geoms/");
                    }));
        }
    }

    @Test
    void withoutTheAgent_nothingIsSentAndNothingIsSaidOfIt() throws Exception {
        try (PackagedService service = service(Map.of())) {
            askWithTrace(service);
        }

        assertThat(received).isEmpty();
        assertThat(Files.readString(folder.resolve("log")))
                .contains("Started Ropewalk")
                .doesNotContain("WARN", "ERROR", "elemetry");
    }
}
