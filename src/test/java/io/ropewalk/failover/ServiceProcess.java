package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.Ropewalk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The service as a process of its own, to be asked, told to end and killed. It opens the {@code backends} it is given as the
 * paths of one geom, {@value #GEOM}, and keeps ports and data folder over a restart.
 */
final class ServiceProcess implements AutoCloseable {
    static final String GEOM = "disk1";

    /** Generous: the machine may be doing ten other things. */
    private static final Duration DEADLINE = Duration.ofSeconds(300);

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(20)).build();
    private final Path folder;
    private final List<Backend> backends;
    private final List<String> more;
    private final int api = freePort();
    private final int management = freePort();
    private final int nbd = freePort();
    private Process process;

    ServiceProcess(Path folder, List<Backend> backends, String... more) throws IOException {
        this.folder = folder;
        this.backends = backends;
        this.more = List.of(more);
        start();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    void start() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                Ropewalk.class.getName(),
                "--server.port=" + api,
                "--management.server.port=" + management,
                "--ropewalk.nbd.port=" + nbd,
                "--ropewalk.data-dir=" + folder.resolve("data"),
                "--ropewalk.geoms." + GEOM + ".paths="
                        + String.join(",", backends.stream().map(Backend::name).toList())));
        backends.forEach(backend -> command.add("--ropewalk.devices." + backend.name() + ".uri=" + backend.uri()));
        command.addAll(more);
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    /** Waits until every path can be used. */
    void awaitOptimal() {
        Awaitility.await("the geom with every path")
                .atMost(DEADLINE)
                .pollInterval(Duration.ofMillis(20))
                .until(this::isOptimal);
    }

    private boolean isOptimal() {
        assertThat(process.isAlive()).as("the service lives: %s", log()).isTrue();
        return isReady()
                && get("/api/v1/geoms/" + GEOM).path("state").asString("").equals("OPTIMAL");
    }

    boolean isReady() {
        try {
            return send(management("/actuator/health/readiness")).statusCode() == 200;
        } catch (UncheckedIOException notYet) {
            return false;
        }
    }

    JsonNode get(String path) {
        return JSON.readTree(send(URI.create("http://127.0.0.1:" + api + path)).body());
    }

    String scrape() {
        return send(management("/actuator/prometheus")).body();
    }

    URI management(String path) {
        return URI.create("http://127.0.0.1:" + management + path);
    }

    URI api(String path) {
        return URI.create("http://127.0.0.1:" + api + path);
    }

    String uri() {
        return "nbd://127.0.0.1:" + nbd + "/" + GEOM;
    }

    Path log() {
        return folder.resolve("service.log");
    }

    HttpClient http() {
        return http;
    }

    private HttpResponse<String> send(URI uri) {
        try {
            return http.send(
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGTERM; how long it took to end, and with which status. */
    Ended terminate() throws InterruptedException {
        long before = System.nanoTime();
        process.destroy();
        assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS))
                .as("ends at all")
                .isTrue();
        return new Ended(Duration.ofNanos(System.nanoTime() - before), process.exitValue());
    }

    record Ended(Duration took, int status) {}

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
    }

    String logged() throws IOException {
        return Files.readString(log());
    }

    @Override
    public void close() throws InterruptedException {
        kill();
        http.close();
    }
}
