package io.ropewalk.failover;

import io.ropewalk.testing.Tools;
import java.io.IOException;
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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The packaged service in a process of its own, on free ports of loopback, with the JVM flags of the image and the memory
 * limit of the chart.
 */
final class PackagedService implements AutoCloseable {
    private static final String MEMORY_OF_THE_CHART = "1g";

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final int apiPort = freePort();
    private final int managementPort = freePort();
    private final int nbdPort = freePort();
    private final Path log;
    private final Process process;

    /** Starts {@link #jar} with its data in {@code folder}; returns when it is ready. */
    PackagedService(Path folder, Path log, List<String> arguments) throws IOException {
        this(folder, log, arguments, Map.of());
    }

    /** The same with more in its environment. */
    PackagedService(Path folder, Path log, List<String> arguments, Map<String, String> environment) throws IOException {
        this.log = log;
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@src/main/docker/jvm.args",
                "-XX:MaxRAM=" + MEMORY_OF_THE_CHART,
                "-jar",
                jar().toString(),
                "--server.port=" + apiPort,
                "--management.server.port=" + managementPort,
                "--ropewalk.nbd.port=" + nbdPort,
                "--ropewalk.data-dir=" + folder.resolve("data")));
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        awaitReady();
    }

    /** What the build has packaged; {@code -Dropewalk.jar} for another one. */
    private static Path jar() throws IOException {
        String named = System.getProperty("ropewalk.jar");
        if (named != null) {
            return Path.of(named);
        }
        Path target = Path.of("target");
        try (Stream<Path> files = Files.list(target)) {
            List<Path> jars = files.filter(
                            file -> file.getFileName().toString().matches("ropewalk-[^-]+(-SNAPSHOT)?\\.jar"))
                    .toList();
            Tools.need(!jars.isEmpty(), "needs the packaged service; ./mvnw package -DskipTests");
            return jars.getFirst();
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitReady() {
        try {
            Awaitility.await("the service is ready or has ended")
                    .atMost(Duration.ofMinutes(6))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> !process.isAlive() || isReady());
        } catch (ConditionTimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("The service is not ready:\n" + log(), e);
        }
        if (!process.isAlive()) {
            throw new AssertionError("The service ended with " + process.exitValue() + ":\n" + log());
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            URI readiness = management("/health/readiness");
            return http.send(HttpRequest.newBuilder(readiness).build(), BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String nbdUri(String export) {
        return "nbd://127.0.0.1:" + nbdPort + "/" + export;
    }

    /** Makes something by the API; it is answered 201. */
    void make(String path, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(api(path))
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 201) {
            throw new AssertionError(path + " is answered " + answer.statusCode() + ": " + answer.body());
        }
    }

    /** Processor time of the process since its start. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** SIGKILL: it has no time for anything. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    JsonNode geom(String name) {
        return JsonMapper.shared().readTree(get(api("/geoms/" + name)));
    }

    URI api(String path) {
        return URI.create("http://127.0.0.1:" + apiPort + "/api/v1" + path);
    }

    /** The sum of all series of that metric. */
    double metric(String name) {
        return series(name).stream()
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Every series of that metric with its value, as scraped. */
    List<String> series(String name) {
        return get(management("/prometheus"))
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .toList();
    }

    private URI management(String path) {
        return URI.create("http://127.0.0.1:" + managementPort + "/actuator" + path);
    }

    private String get(URI uri) {
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(60)).build();
            return http.send(request, BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** SIGTERM, as an orchestrator would. */
    @Override
    public void close() throws InterruptedException {
        http.close();
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("The service did not end within a minute of SIGTERM");
        }
    }
}
