package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.metrics.Metric;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole service with its demo, from outside: REST, NBD, Prometheus. */
class ServiceTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final NbdClientOptions PATIENT = new NbdClientOptions(
            Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofMillis(10), Duration.ofMillis(200));

    @TempDir
    static Path folder;

    private static RunningService service;
    private static NettyLoops clientLoops;

    @BeforeAll
    static void start() {
        service = RunningService.start(folder.resolve("data"), "--ropewalk.demo=true");
        clientLoops = new NettyLoops(Transport.best(), 1);
    }

    @AfterAll
    static void stop() {
        service.close();
        clientLoops.close();
    }

    @Test
    void theDemoIsThere() {
        HttpResponse<String> geom = service.get("/geoms/demo");

        assertThat(RunningService.<String>read(geom, "$.state")).isEqualTo("OPTIMAL");
        assertThat(RunningService.<List<String>>read(geom, "$.paths[*].device")).containsExactly("demo-a", "demo-b");
        assertThat(RunningService.<Integer>read(geom, "$.sizeBytes")).isEqualTo(64 << 20);
        assertThat(RunningService.<String>read(geom, "$.export.uri"))
                .isEqualTo(service.export("demo").toString());
    }

    @Test
    void aClientReadsAndWritesWhileAnOperatorFailsAndRestoresPaths() throws Exception {
        assertThat(service.post("/geoms", """
                        {"name":"disk1","paths":["spare-a","spare-b"]}""").statusCode()).isEqualTo(201);
        byte[] bytes = bytes(70_000);
        BlockDevice client = open("disk1");
        Requests requests = Requests.open(client, clientLoops.next());
        requests.write(4096, bytes);

        assertThat(RunningService.<String>read(
                        service.post("/geoms/disk1/paths/spare-a:fail", "{\"reason\":\"drill\"}"), "$.state"))
                .isEqualTo("FAIL");

        assertThat(requests.read(4096, bytes.length)).isEqualTo(bytes);
        assertThat(RunningService.<List<String>>read(service.get("/geoms/disk1/active"), "$.paths"))
                .containsExactly("spare-b");
        assertThat(service.metric("multipath_path_failures_total{geom=\"disk1\",path=\"spare-a\",reason=\"operator\"}"))
                .isEqualTo(1);
        assertThat(service.metric("multipath_geom_state{geom=\"disk1\",state=\"degraded\"}"))
                .isEqualTo(1);
        assertThat(service.metric("multipath_path_io_seconds_count{geom=\"disk1\",op=\"read\",path=\"spare-b\"}"))
                .isPositive();
        assertThat(service.management("/health/storage").body()).contains("\"status\":\"DEGRADED\"");

        assertThat(RunningService.<String>read(service.post("/geoms/disk1/paths/spare-a:restore"), "$.state"))
                .isEqualTo("PASSIVE");
        assertThat(service.metric("multipath_geom_state{geom=\"disk1\",state=\"optimal\"}"))
                .isEqualTo(1);

        endWithSessionsOpen(requests);
        client.close();
    }

    /** The client holds sessions; so the geom goes only when told twice. */
    private static void endWithSessionsOpen(Requests requests) {
        HttpResponse<String> sessions = service.get("/exports/disk1/sessions");
        assertThat(RunningService.<List<String>>read(sessions, "$.items[*].id")).isNotEmpty();
        assertThat(service.metric("multipath_export_sessions{export=\"disk1\"}"))
                .isPositive();
        HttpResponse<String> refused = service.delete("/geoms/disk1");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).contains("geom-in-use");

        assertThat(service.delete("/geoms/disk1?force=true").statusCode()).isEqualTo(204);

        assertThat(service.get("/geoms/disk1").statusCode()).isEqualTo(404);
        assertThat(service.management("/prometheus").body()).doesNotContain("geom=\"disk1\"");
        requests.close();
    }

    @Test
    void aClientCanBeDisconnected() throws Exception {
        BlockDevice client = open("demo");
        Requests requests = Requests.open(client, clientLoops.next());
        requests.read(0, 512);
        HttpResponse<String> sessions = service.get("/exports/demo/sessions");
        String id = RunningService.<List<String>>read(sessions, "$.items[*].id").getFirst();

        assertThat(service.delete("/exports/demo/sessions/" + id).statusCode()).isEqualTo(204);

        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(() -> assertThat(RunningService.<List<String>>read(
                                service.get("/exports/demo/sessions"), "$.items[*].id"))
                        .doesNotContain(id));
        assertThat(service.delete("/exports/demo/sessions/" + id).statusCode()).isEqualTo(404);
        requests.close();
        client.close();
    }

    @Test
    void twoFilesThatAreOneMakeAGeom() throws Exception {
        Path file = folder.resolve("disk.img");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(8 << 20);
        }
        Path link = Files.createLink(folder.resolve("link.img"), file);
        register("file-a", file);
        register("file-b", link);
        assertThat(service.post("/geoms", """
                        {"name":"files","mode":"ACTIVE_ACTIVE","paths":["file-a","file-b"]}""").statusCode()).isEqualTo(201);
        byte[] bytes = bytes(4096);

        BlockDevice client = open("files");
        Requests requests = Requests.open(client, clientLoops.next());
        requests.write(8192, bytes);
        requests.flush();
        requests.close();
        client.close();

        assertThat(Arrays.copyOfRange(Files.readAllBytes(file), 8192, 8192 + 4096))
                .isEqualTo(bytes);
    }

    private static void register(String name, Path file) {
        String body = "{\"name\":\"" + name + "\",\"uri\":\"" + file.toUri() + "\"}";
        assertThat(service.post("/devices", body).statusCode()).isEqualTo(201);
    }

    @Test
    void whoAsksForTheHeadOfAStreamCanGoOnAsking() {
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> head = service.send(service.request("/events")
                    .header("Accept", "text/event-stream")
                    .method("HEAD", HttpRequest.BodyPublishers.noBody()));

            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
            assertThat(service.get("/system").statusCode()).isEqualTo(200);
        }
    }

    // ---- metrics and health

    @Test
    void everySeriesIsDocumentedAndEveryMetricOfAGeomIsThere() {
        Map<String, Metric> documented =
                Stream.of(Metric.values()).collect(Collectors.toMap(Metric::metricName, metric -> metric));
        Pattern series = Pattern.compile("(multipath_[a-z_]+)\\{(.*)} (\\S+)");
        TreeSet<String> seen = new TreeSet<>();

        for (String line :
                multipathLines().lines().filter(line -> !line.startsWith("#")).toList()) {
            Matcher match = series.matcher(line);
            assertThat(match.matches()).as(line).isTrue();
            Metric metric = documented.get(base(match.group(1), documented));
            assertThat(metric).as(line).isNotNull();
            assertThat(labels(match.group(2))).as(line).containsExactlyInAnyOrderElementsOf(metric.labels());
            seen.add(metric.metricName());
        }

        assertThat(documented.keySet().stream().filter(name -> !seen.contains(name)))
                .as("metrics that show only once something has failed")
                .isSubsetOf("multipath_geom_io_errors_total", "multipath_path_io_errors_total");
    }

    private static String base(String name, Map<String, Metric> documented) {
        return documented.containsKey(name) ? name : name.replaceAll("_(bucket|sum|count)$", "");
    }

    private static List<String> labels(String text) {
        return Pattern.compile("([a-z_]+)=\"")
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .filter(label -> !label.equals("le"))
                .toList();
    }

    @Test
    void promtoolFindsNothingToSayOfTheMetrics() throws Exception {
        Path promtool = Tools.require("promtool");
        Process check = new ProcessBuilder(promtool.toString(), "check", "metrics")
                .redirectErrorStream(true)
                .start();
        try (var input = check.outputWriter(StandardCharsets.UTF_8)) {
            input.write(multipathLines());
        }
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(check.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said).isEmpty();
        assertThat(check.exitValue()).isZero();
    }

    private static String multipathLines() {
        return service.management("/prometheus")
                .body()
                .lines()
                .filter(line -> line.contains("multipath_"))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    @Test
    void itIsReadyAndSaysHowItsStorageIs() {
        assertThat(service.management("/health/readiness").body()).contains("\"status\":\"UP\"", "\"nbd\":true");
        assertThat(service.management("/health/liveness").statusCode()).isEqualTo(200);
        assertThat(service.management("/health/storage").body()).contains("\"path demo-a\"");
        assertThat(service.management("/env").statusCode()).isEqualTo(404);
    }

    // ---- HTTP

    @Test
    void whatTomcatRefusesIsAProblem() throws IOException {
        assertThat(rawHttp("GET /api/v1/geoms/..%2f HTTP/1.1\r\nHost: localhost\r\n"))
                .contains("400", "application/problem+json", "\"code\":\"bad-request\"")
                .doesNotContain("Tomcat");
        assertThat(rawHttp("GET /api/v1/ge{oms HTTP/1.1\r\nHost: localhost\r\n"))
                .contains("400", "application/problem+json");
        assertThat(rawHttp("GET /api/v1/geoms?pageSize=%zz HTTP/1.1\r\nHost: localhost\r\n"))
                .contains("400", "\"code\":\"invalid-parameter\"");
        assertThat(rawHttp("TRACE /api/v1/geoms HTTP/1.1\r\nHost: localhost\r\n"))
                .contains("405", "method-not-allowed");
    }

    private static String rawHttp(String head) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", service.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void swaggerUiAndTheContractAreServed() {
        assertThat(service.raw("/swagger-ui/index.html").body()).contains("Swagger UI");
        assertThat(service.raw("/v3/api-docs.yaml").body()).contains("operationId: createGeom");
    }

    @Test
    void theSystemSaysWhatItIs() {
        HttpResponse<String> system = service.get("/system");

        assertThat(RunningService.<List<String>>read(system, "$.deviceSchemes")).contains("file", "nbd", "nbd+unix");
        assertThat(RunningService.<List<String>>read(system, "$.features")).contains("demo");
    }

    // ---- life

    @Test
    void aRestartBringsEverythingBackAndEndsStreamsInTime() throws Exception {
        Path dataDir = folder.resolve("again");
        CompletableFuture<String> told;
        try (RunningService first = RunningService.start(dataDir, "--ropewalk.demo=true")) {
            assertThat(first.post("/geoms", """
                            {"name":"kept","mode":"ACTIVE_ACTIVE","paths":["spare-b","spare-a"]}""").statusCode()).isEqualTo(201);
            first.post("/geoms/kept/paths/spare-a:fail", "{\"reason\":\"its cable is loose\"}");
            first.post("/geoms/demo:stop");
            HttpResponse<InputStream> stream = first.http()
                    .send(
                            first.request("/events?after=0")
                                    .header("Accept", "text/event-stream")
                                    .build(),
                            BodyHandlers.ofInputStream());
            told = CompletableFuture.supplyAsync(() -> text(stream.body()));
        }
        assertThat(told.get(30, TimeUnit.SECONDS)).contains("event:geom.created");

        try (RunningService second = RunningService.start(dataDir, "--ropewalk.demo=true")) {
            HttpResponse<String> kept = second.get("/geoms/kept");
            assertThat(RunningService.<List<String>>read(kept, "$.paths[*].device"))
                    .containsExactly("spare-b", "spare-a");
            assertThat(RunningService.<String>read(kept, "$.paths[1].state")).isEqualTo("FAIL");
            assertThat(RunningService.<String>read(kept, "$.paths[1].detail")).isEqualTo("its cable is loose");
            assertThat(RunningService.<String>read(kept, "$.mode")).isEqualTo("ACTIVE_ACTIVE");
            assertThat(second.get("/geoms/demo").statusCode()).isEqualTo(404);
        }
    }

    private static BlockDevice open(String export) throws DeviceException {
        return new NbdDeviceFactory(clientLoops, PATIENT).open("client", service.export(export));
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private static String text(InputStream body) {
        try {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
