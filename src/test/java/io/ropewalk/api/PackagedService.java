package io.ropewalk.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The packaged jar, running as its users run it, on free ports of the loopback. */
final class PackagedService implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(10);

    private final Process process;
    private final int port;
    private final int nbdPort;

    private PackagedService(Process process, int port, int nbdPort) {
        this.process = process;
        this.port = port;
        this.nbdPort = nbdPort;
    }

    static PackagedService start(Path folder, String... more) throws IOException {
        int port = freePort();
        int management = freePort();
        int nbd = freePort();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-jar",
                Objects.requireNonNull(System.getProperty("ropewalk.jar"), "set -Dropewalk.jar"),
                "--server.port=" + port,
                "--management.server.port=" + management,
                "--ropewalk.nbd.port=" + nbd,
                "--ropewalk.io.threads=2",
                "--ropewalk.data-dir=" + folder.resolve("data")));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile())
                .start();
        PackagedService service = new PackagedService(process, port, nbd);
        service.awaitReady(URI.create("http://127.0.0.1:" + management + "/actuator/health/readiness"));
        return service;
    }

    private void awaitReady(URI readiness) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            Awaitility.await("the service is ready")
                    .atMost(START)
                    .pollInterval(Duration.ofMillis(200))
                    .ignoreExceptions()
                    .failFast("the service has ended", () -> !process.isAlive())
                    .until(() -> http.send(HttpRequest.newBuilder(readiness).build(), BodyHandlers.discarding())
                                    .statusCode()
                            == 200);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + port);
    }

    URI export(String name) {
        return URI.create("nbd://127.0.0.1:" + nbdPort + "/" + name);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
