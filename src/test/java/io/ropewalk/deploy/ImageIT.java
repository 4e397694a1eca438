package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.Capability;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.PullPolicy;

/**
 * The image as an engine runs it: without root, without a writable root, without capabilities. Needs a container engine
 * and the image that {@code .ci/image} builds ({@code ROPEWALK_IMAGE} names it); skipped where one is missing, unless
 * {@code ROPEWALK_REQUIRE_CONTAINERS=true}.
 */
class ImageIT {
    private static final Duration STOP = Duration.ofSeconds(10);

    private static @Nullable GenericContainer<?> container;
    private static int management;
    private static Duration start = Duration.ZERO;

    @BeforeAll
    static void startTheImage() throws IOException {
        String image = System.getenv("ROPEWALK_IMAGE");
        require(image != null, "ROPEWALK_IMAGE names no image: .ci/image builds one");
        require(DockerClientFactory.instance().isDockerAvailable(), "no container engine answers");
        management = freePort();
        container = gateway(Objects.requireNonNull(image));
        long before = System.nanoTime();
        container.start();
        start = Duration.ofNanos(System.nanoTime() - before);
    }

    private static void require(boolean present, String hint) {
        if (!present && "true".equals(System.getenv("ROPEWALK_REQUIRE_CONTAINERS"))) {
            Assertions.fail(hint);
        }
        Assumptions.assumeTrue(present, hint);
    }

    /** On the machine's own loopback, so that nothing has to be forwarded or opened. */
    private static GenericContainer<?> gateway(String image) throws IOException {
        return new GenericContainer<>(image)
                .withImagePullPolicy(PullPolicy.defaultPolicy())
                .withNetworkMode("host")
                .withEnv(Map.of(
                        "SERVER_PORT", Integer.toString(freePort()),
                        "SERVER_ADDRESS", "127.0.0.1",
                        "MANAGEMENT_SERVER_PORT", Integer.toString(management),
                        "MANAGEMENT_SERVER_ADDRESS", "127.0.0.1",
                        "ROPEWALK_NBD_PORT", Integer.toString(freePort())))
                .withTmpFs(Map.of("/tmp", "rw,noexec,size=64m"))
                .withCreateContainerCmdModifier(command -> Objects.requireNonNull(command.getHostConfig())
                        .withReadonlyRootfs(true)
                        .withCapDrop(Capability.ALL)
                        .withSecurityOpts(List.of("no-new-privileges"))
                        .withMemory(512L << 20))
                .waitingFor(Wait.forLogMessage(".*Started Ropewalk.*", 1).withStartupTimeout(Duration.ofSeconds(60)));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @AfterAll
    static void removeIt() {
        if (container != null) {
            container.close();
        }
    }

    @Test
    void itIsReady_fromTheAotCache_andLean() throws Exception {
        HttpResponse<String> readiness = get(management, "/actuator/health/readiness");
        String maps = read("/proc/1/maps");
        long residentKib = Long.parseLong(read("/proc/1/status")
                .lines()
                .filter(line -> line.startsWith("VmRSS"))
                .findFirst()
                .orElseThrow()
                .replaceAll("\\D", ""));
        System.out.printf("image: started in %d ms, %d MiB resident%n", start.toMillis(), residentKib >> 10);

        assertThat(readiness.statusCode()).isEqualTo(200);
        assertThat(maps).contains("/opt/ropewalk/ropewalk.aot");
        assertThat(residentKib).isLessThan(300 << 10);
        assertThat(running().getLogs())
                .as("on other ports than the image was built for")
                .contains("Starting AOT-processed Ropewalk");
    }

    @Test
    void itStartsWithAnotherConfigurationThanItWasBuiltFor() throws Exception {
        int there = freePort();
        try (GenericContainer<?> other = gateway(System.getenv("ROPEWALK_IMAGE"))
                .withEnv("MANAGEMENT_SERVER_PORT", Integer.toString(there))
                .withEnv("ROPEWALK_DEMO", "true")
                .withEnv("MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE", "health,metrics")) {
            other.start();

            assertThat(other.getLogs())
                    .contains("prepared for another management.endpoints.web.exposure.include")
                    .doesNotContain("AOT-processed");
            assertThat(get(there, "/actuator/metrics").statusCode()).isEqualTo(200);
            assertThat(get(there, "/actuator/prometheus").statusCode()).isEqualTo(404);
            assertThat(get(there, "/actuator/health/storage").body()).contains("\"demo\"");
        }
    }

    @Test
    void itRunsWithoutRootAndWithoutCapabilities() throws Exception {
        assertThat(read("/proc/1/status"))
                .containsPattern("Uid:\\s+65532\\s+65532")
                .containsPattern("CapEff:\\s+0000000000000000")
                .containsPattern("NoNewPrivs:\\s+1");
        assertThat(read("/proc/1/cmdline"))
                .as("the JVM itself is process 1, so that SIGTERM reaches it")
                .startsWith("java");
    }

    @Test
    void itsHealthCheckTellsGoodFromBad() throws Exception {
        assertThat(healthcheck("/actuator/health/readiness")).isZero();
        assertThat(healthcheck("/actuator/nothing")).isEqualTo(1);
    }

    private static int healthcheck(String path) throws Exception {
        return running()
                .execInContainer(
                        "java",
                        "-Xmx16m",
                        "-cp",
                        "/opt/ropewalk/health",
                        "Healthcheck",
                        "http://127.0.0.1:" + management + path)
                .getExitCode();
    }

    @Test
    void sigtermEndsASecondOneInTime() throws Exception {
        GenericContainer<?> other = gateway(System.getenv("ROPEWALK_IMAGE"))
                .withEnv("MANAGEMENT_SERVER_PORT", Integer.toString(freePort()));
        other.start();
        var client = other.getDockerClient();

        long before = System.nanoTime();
        client.stopContainerCmd(other.getContainerId())
                .withTimeout((int) STOP.toSeconds())
                .exec();
        Duration took = Duration.ofNanos(System.nanoTime() - before);
        Long exit = client.inspectContainerCmd(other.getContainerId())
                .exec()
                .getState()
                .getExitCodeLong();
        other.close();

        assertThat(took).isLessThan(STOP);
        assertThat(exit).as("ended by its own shutdown, not killed").isEqualTo(143L);
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(Duration.ofSeconds(5))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private static String read(String file) throws Exception {
        return running().execInContainer("cat", file).getStdout();
    }

    private static GenericContainer<?> running() {
        return Objects.requireNonNull(container);
    }
}
