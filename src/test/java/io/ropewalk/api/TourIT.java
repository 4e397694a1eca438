package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Requests;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A tour through everything that REST can do and refuse, against the packaged jar: every operation of the contract does
 * its work once, and every problem code is met once. A new operation or code fails this until it has a step here.
 */
class TourIT {
    /** To meet it on purpose would be a fault of ours; ProblemsTest makes one. */
    private static final Set<String> NOT_TO_BE_MET = Set.of(ProblemCode.INTERNAL_ERROR.code());

    private static final String API = Api.BASE;
    private static final Duration SOON = Duration.ofSeconds(90);

    @TempDir
    private Path folder;

    private final Set<String> codes = new TreeSet<>();

    @Test
    void everyOperationWorksAndEveryProblemIsMet() throws Exception {
        Set<String> done = new TreeSet<>();
        Set<String> all;
        try (PackagedService service = PackagedService.start(
                        Files.createDirectory(folder.resolve("open")),
                        "--ropewalk.limits.request-time=3s",
                        "--ropewalk.limits.event-streams-per-client=100");
                Tour tour = new Tour(service.base());
                Disks disks = new Disks(folder)) {
            all = tour.operations();
            devicesAndGeoms(tour, disks);
            refusedDevices(tour, disks);
            refusedGeoms(tour, disks);
            exportsAndSessions(tour, service);
            labels(tour, disks);
            manyPaths(tour, disks);
            stoppingGeom(tour, service, disks);
            unflushedPath(tour, service, disks);
            answersOfOnce(tour);
            refusedRequests(tour);
            slowRequest(tour);
            events(tour);
            done.addAll(tour.done());
            codes.addAll(tour.codes());
        }
        rolesAndStorage();
        tooManyRequests();

        assertThat(done).as("operations").containsExactlyInAnyOrderElementsOf(all);
        Set<String> toMeet = Arrays.stream(ProblemCode.values())
                .map(ProblemCode::code)
                .collect(Collectors.toCollection(TreeSet::new));
        toMeet.removeAll(NOT_TO_BE_MET);
        assertThat(codes).as("problem codes").containsExactlyInAnyOrderElementsOf(toMeet);
    }

    /** The disks of the tour. */
    private static final class Disks implements AutoCloseable {
        final DiskServer disk;
        final DiskServer other;
        final DiskServer small;
        final DiskServer coarse;
        final DiskServer readOnly;
        final DiskServer refusing;
        final DiskServer slow;
        final Path used;

        Disks(Path folder) throws IOException {
            disk = DiskServer.start(folder, "disk", "memory", "64M");
            other = DiskServer.start(folder, "other", "memory", "64M");
            small = DiskServer.start(folder, "small", "memory", "32M");
            coarse = DiskServer.start(
                    folder,
                    "coarse",
                    "--filter=blocksize-policy",
                    "memory",
                    "64M",
                    "blocksize-minimum=4096",
                    "blocksize-preferred=4096");
            readOnly = DiskServer.start(folder, "readonly", "-r", "memory", "64M");
            refusing = DiskServer.start(
                    folder, "refusing", "--filter=error", "memory", "64M", "error-pwrite=EIO", "error-pwrite-rate=1");
            slow = DiskServer.start(folder, "slow", "--filter=pause", "memory", "64M", "pause-control=CONTROL");
            used = folder.resolve("used.img");
            try (RandomAccessFile file = new RandomAccessFile(used.toFile(), "rw")) {
                file.setLength(8 << 20);
                file.seek((8 << 20) - 512);
                file.write("not a label, and not to be lost".getBytes(StandardCharsets.US_ASCII));
            }
        }

        @Override
        public void close() {
            List.of(disk, other, small, coarse, readOnly, refusing, slow).forEach(DiskServer::close);
        }
    }

    private static void register(Tour tour, String name, String uri) {
        tour.post(API + "/devices", device(name, uri));
    }

    private static String device(String name, String uri) {
        return "{\"name\":\"" + name + "\",\"uri\":\"" + uri + "\"}";
    }

    private static String geom(String name, String... paths) {
        return geomOf("MANUAL", name, paths);
    }

    private static String labelled(String name, String... paths) {
        return geomOf("AUTOMATIC", name, paths);
    }

    private static String geomOf(String type, String name, String... paths) {
        return "{\"name\":\"" + name + "\",\"type\":\"" + type + "\",\"paths\":["
                + Arrays.stream(paths).map(path -> '"' + path + '"').collect(Collectors.joining(",")) + "]}";
    }

    // ---- what works

    private static void devicesAndGeoms(Tour tour, Disks disks) {
        tour.get(API + "/system");
        register(tour, "a", disks.disk.uri("a"));
        register(tour, "b", disks.disk.uri("b"));
        register(tour, "c", disks.disk.uri("c"));
        assertThat(tour.get(API + "/devices?pageSize=2").get("nextPageToken").isNull())
                .isFalse();
        tour.get(API + "/devices/a");
        tour.post(API + "/devices/a:resize", null);
        tour.post(API + "/devices/a:taste", null);
        tour.post(API + "/devices:rescan", null);
        tour.post(API + "/geoms?dryRun=true", geom("g", "a", "b"));
        tour.post(API + "/geoms", geom("g", "a", "b"));
        tour.get(API + "/geoms?state=OPTIMAL&view=basic");
        tour.get(API + "/geoms/g");
        tour.get(API + "/geoms/g/active");
        tour.get(API + "/geoms/g/paths");
        tour.get(API + "/geoms/g/paths/a");
        tour.get(API + "/geoms/g/paths/a/explain");
        tour.put(API + "/geoms/g/paths/c", null);
        tour.post(API + "/geoms/g/paths/a:fail", "{\"reason\":\"drill\"}");
        tour.post(API + "/geoms/g/paths/a:restore", null);
        tour.post(API + "/geoms/g/paths/a:prefer", null);
        tour.post(API + "/geoms/g/paths/c:drain", "{\"reason\":\"drill\"}");
        tour.post(API + "/geoms/g:rotate", null);
        tour.ok("PATCH", API + "/geoms/g", "{\"mode\":\"ACTIVE_ACTIVE\"}");
        tour.delete(API + "/geoms/g/paths/c");
        tour.delete(API + "/devices/c");
    }

    private static void exportsAndSessions(Tour tour, PackagedService service) throws Exception {
        tour.get(API + "/exports");
        tour.put(API + "/exports/alias", "{\"geom\":\"g\"}");
        tour.get(API + "/exports/alias");
        tour.ok("PATCH", API + "/exports/alias", "{\"allowedClients\":[\"127.0.0.0/8\"]}");
        tour.refused(ProblemCode.PRECONDITION_REQUIRED, "PUT", API + "/exports/alias", "{\"geom\":\"g\"}");
        tour.refused(ProblemCode.STALE_ETAG, "PUT", API + "/exports/alias", "{\"geom\":\"g\"}", "If-Match", "\"1\"");
        tour.refused(ProblemCode.EXPORT_EXISTS, "PUT", API + "/exports/alias", "{\"geom\":\"other\"}");
        tour.refused(ProblemCode.EXPORT_NOT_FOUND, "GET", API + "/exports/nothing", null);
        tour.refused(ProblemCode.SESSION_NOT_FOUND, "DELETE", API + "/exports/alias/sessions/999999", null);
        NettyLoops loops = new NettyLoops(Transport.NIO, 1);
        BlockDevice client =
                new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS).open("tour", service.export("alias"));
        Requests requests = Requests.open(client, loops.next());
        assertThat(requests.read(0, 512)).hasSize(512);
        tour.refused(ProblemCode.GEOM_IN_USE, "DELETE", API + "/geoms/g", null);
        tour.refused(ProblemCode.EXPORT_IN_USE, "DELETE", API + "/exports/alias", null);
        JsonNode sessions = tour.get(API + "/exports/alias/sessions").get("items");
        tour.delete(API + "/exports/alias/sessions/" + sessions.get(0).get("id").asString());
        requests.close();
        client.close();
        tour.delete(API + "/exports/alias?force=true");
        loops.close();
    }

    private static void labels(Tour tour, Disks disks) {
        register(tour, "l1", disks.disk.uri("l1"));
        register(tour, "l2", disks.disk.uri("l2"));
        register(tour, "o", disks.other.uri("o"));
        tour.refused(ProblemCode.NO_LABEL, "GET", API + "/devices/o/label", null);
        tour.refused(ProblemCode.LABEL_MISMATCH, "POST", API + "/geoms", labelled("l", "l1", "o"));
        tour.post(API + "/geoms", labelled("l", "l1", "l2"));
        tour.get(API + "/devices/l1/label");
        tour.post(API + "/geoms/l:stop", null);
        tour.delete(API + "/devices/l1/label");
        tour.delete(API + "/geoms/l?force=true");
        register(tour, "used", disks.used.toUri().toString());
        tour.refused(ProblemCode.FOREIGN_DATA, "POST", API + "/geoms", labelled("u", "used"));
        register(tour, "ro", disks.readOnly.uri("ro"));
        tour.refused(ProblemCode.READ_ONLY, "POST", API + "/geoms", labelled("u", "ro"));
        register(tour, "refusing", disks.refusing.uri("x"));
        tour.refused(ProblemCode.LABEL_NOT_WRITTEN, "POST", API + "/geoms", labelled("u", "refusing"));
        tour.refused(ProblemCode.CAPABILITY_MISMATCH, "PUT", API + "/geoms/g/paths/ro", null);
    }

    private static void events(Tour tour) throws Exception {
        assertThat(tour.get(API + "/events?pageSize=1000").get("items").size()).isGreaterThan(10);
        assertThat(tour.get(API + "/audit?verb=createGeom").get("items").size()).isPositive();
        tour.refused(ProblemCode.EVENTS_COMPACTED, "GET", API + "/events?after=1", null);
        List<Socket> streams = new ArrayList<>();
        try {
            for (int i = 0; i < EventStreams.MOST; i++) {
                Socket stream = new Socket(
                        InetAddress.getLoopbackAddress(), tour.uri("/").getPort());
                streams.add(stream);
                stream.setSoTimeout(60_000);
                stream.getOutputStream()
                        .write(("GET " + API
                                        + "/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(stream.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 200");
            }
            tour.refused(ProblemCode.BUSY, "GET", API + "/events", null, "Accept", "text/event-stream");
        } finally {
            for (Socket stream : streams) {
                stream.close();
            }
        }
    }

    // ---- what is refused

    private static void refusedDevices(Tour tour, Disks disks) throws IOException {
        tour.refused(ProblemCode.DEVICE_NOT_FOUND, "GET", API + "/devices/nothing", null);
        tour.refused(ProblemCode.DEVICE_EXISTS, "POST", API + "/devices", device("a", disks.disk.uri("z")));
        tour.refused(ProblemCode.DEVICE_IN_USE, "DELETE", API + "/devices/a", null);
        tour.refused(ProblemCode.DEVICE_UNREACHABLE, "POST", API + "/devices", device("x", "file:///no/such/disk"));
        tour.refused(ProblemCode.UNSUITABLE_DEVICE, "POST", API + "/devices", device("x", "file:///tmp"));
        tour.refused(ProblemCode.INVALID_URI, "POST", API + "/devices", device("x", "ftp://127.0.0.1/x"));
        tour.refused(ProblemCode.INVALID_NAME, "POST", API + "/devices", device("-x", disks.disk.uri("x")));
        try (PolicyServer server = PolicyServer.start()) {
            tour.refused(ProblemCode.NOT_ALLOWED, "POST", API + "/devices", device("x", server.uri()));
        }
    }

    private static void refusedGeoms(Tour tour, Disks disks) {
        register(tour, "small", disks.small.uri("x"));
        register(tour, "coarse", disks.coarse.uri("x"));
        register(tour, "d", disks.disk.uri("d"));
        tour.refused(ProblemCode.GEOM_NOT_FOUND, "GET", API + "/geoms/nothing", null);
        tour.refused(ProblemCode.GEOM_EXISTS, "POST", API + "/geoms", geom("g", "d"));
        tour.refused(ProblemCode.PATH_EXISTS, "POST", API + "/geoms", geom("h", "d", "d"));
        tour.refused(ProblemCode.SIZE_MISMATCH, "POST", API + "/geoms", geom("h", "d", "small"));
        tour.refused(ProblemCode.SECTOR_SIZE_MISMATCH, "POST", API + "/geoms", geom("h", "d", "coarse"));
        tour.refused(ProblemCode.INVALID_VALUE, "PATCH", API + "/geoms/g", "{\"policies\":{\"hedgeAfter\":\"PT1H\"}}");
        tour.refused(ProblemCode.PATH_NOT_FOUND, "GET", API + "/geoms/g/paths/d", null);
        tour.post(API + "/geoms/g/paths/b:fail", null);
        tour.refused(ProblemCode.PATH_NOT_USABLE, "POST", API + "/geoms/g/paths/b:prefer", null);
        tour.post(API + "/geoms/g/paths/b:restore", null);
        tour.post(API + "/geoms", geom("one", "d"));
        tour.refused(ProblemCode.LAST_PATH, "POST", API + "/geoms/one/paths/d:drain?force=true", null);
        tour.refused(ProblemCode.LAST_PATH, "DELETE", API + "/geoms/one/paths/d", null);
        tour.delete(API + "/geoms/one");
    }

    private static void manyPaths(Tour tour, Disks disks) {
        String[] names = IntStream.range(0, 65).mapToObj(i -> "m" + i).toArray(String[]::new);
        for (String name : names) {
            register(tour, name, disks.disk.uri(name));
        }
        tour.post(API + "/geoms", geom("many", Arrays.copyOf(names, 64)));
        tour.refused(ProblemCode.TOO_MANY_PATHS, "PUT", API + "/geoms/many/paths/m64", null);
        tour.delete(API + "/geoms/many");
    }

    /** A request that its disk does not answer keeps the geom from ending; meanwhile it is an operation. */
    private static void stoppingGeom(Tour tour, PackagedService service, Disks disks) throws Exception {
        register(tour, "slow", disks.slow.uri("x"));
        tour.post(
                API + "/geoms", "{\"name\":\"slow\",\"paths\":[\"slow\"],\"policies\":{\"attemptTimeout\":\"PT2M\"}}");
        NettyLoops loops = new NettyLoops(Transport.NIO, 1);
        BlockDevice client =
                new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS).open("tour", service.export("slow"));
        Requests requests = Requests.open(client, loops.next());
        disks.slow.pause();
        var answer = requests.readLater(4096, 512);
        Awaitility.await("the request is under way")
                .atMost(SOON)
                .until(() ->
                        tour.get(API + "/geoms/slow/paths/slow").get("inFlight").asLong() > 0);
        JsonNode operation = tour.ok("POST", API + "/geoms/slow:stop", null, "Prefer", "wait=0");
        String id = operation.get("id").asString();
        tour.get(API + "/operations");
        assertThat(tour.get(API + "/operations/" + id).get("state").asString()).isEqualTo("RUNNING");
        tour.refused(ProblemCode.STOPPING, "POST", API + "/geoms/slow:rotate", null);
        disks.slow.resume();
        Awaitility.await("the operation ends")
                .atMost(SOON)
                .until(() -> tour.get(API + "/operations/" + id)
                        .get("state")
                        .asString()
                        .equals("SUCCEEDED"));
        assertThat(answer).succeedsWithin(60, TimeUnit.SECONDS);
        requests.close();
        client.close();
        loops.close();
        tour.refused(ProblemCode.OPERATION_NOT_FOUND, "GET", API + "/operations/" + UUID.randomUUID(), null);
    }

    /** A path that breaks before it is flushed is out of use, and whoever drained it hears what may be lost. */
    private static void unflushedPath(Tour tour, PackagedService service, Disks disks) throws Exception {
        register(tour, "slow2", disks.slow.uri("y"));
        tour.post(
                API + "/geoms",
                "{\"name\":\"cached\",\"paths\":[\"slow\",\"slow2\"],"
                        + "\"policies\":{\"attemptTimeout\":\"PT5S\",\"cache\":\"PER_PATH\"}}");
        NettyLoops loops = new NettyLoops(Transport.NIO, 1);
        BlockDevice client =
                new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS).open("tour", service.export("cached"));
        Requests requests = Requests.open(client, loops.next());
        restoredWhileItDrains(tour, disks, requests);
        requests.write(0, new byte[4096]).expectSuccess();
        disks.slow.pause();
        var answer = requests.readLater(4096, 512);
        awaitInFlight(tour, "slow2");
        tour.refused(ProblemCode.PATH_UNFLUSHED, "POST", API + "/geoms/cached/paths/slow2:drain", null);
        assertThat(stateOf(tour, "slow2")).isEqualTo("FAIL");
        disks.slow.resume();
        assertThat(answer).succeedsWithin(60, TimeUnit.SECONDS);
        requests.close();
        client.close();
        loops.close();
        tour.delete(API + "/geoms/cached?force=true");
    }

    /** Of the active path, so that the other one is active afterwards. */
    private static void restoredWhileItDrains(Tour tour, Disks disks, Requests requests) throws Exception {
        disks.slow.pause();
        var answer = requests.readLater(4096, 512);
        awaitInFlight(tour, "slow");
        var drained = CompletableFuture.runAsync(
                () -> tour.refused(ProblemCode.PATH_IN_USE, "POST", API + "/geoms/cached/paths/slow:drain", null),
                Thread::startVirtualThread);
        Awaitility.await("the path is out")
                .atMost(SOON)
                .until(() -> stateOf(tour, "slow").equals("FAIL"));
        tour.post(API + "/geoms/cached/paths/slow:restore", null);
        assertThat(drained).succeedsWithin(60, TimeUnit.SECONDS);
        disks.slow.resume();
        assertThat(answer).succeedsWithin(60, TimeUnit.SECONDS);
    }

    private static void awaitInFlight(Tour tour, String path) {
        Awaitility.await("the request is under way")
                .atMost(SOON)
                .until(() -> tour.get(API + "/geoms/cached/paths/" + path)
                                .get("inFlight")
                                .asLong()
                        > 0);
    }

    private static String stateOf(Tour tour, String path) {
        return tour.get(API + "/geoms/cached/paths/" + path).get("state").asString();
    }

    private static void answersOfOnce(Tour tour) throws Exception {
        String key = UUID.randomUUID().toString();
        HttpResponse<String> first =
                tour.ask("POST", API + "/geoms/g:rotate?dryRun=true", null, "Idempotency-Key", key);
        HttpResponse<String> again =
                tour.ask("POST", API + "/geoms/g:rotate?dryRun=true", null, "Idempotency-Key", key);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("Idempotency-Replayed")).contains("true");
        tour.refused(ProblemCode.IDEMPOTENCY_KEY_REUSED, "POST", API + "/geoms/g:rotate", null, "Idempotency-Key", key);
        String body;
        try (PolicyServer silent = PolicyServer.silent()) {
            body = device("x", silent.uri());
            String other = UUID.randomUUID().toString();
            CompletableFuture<HttpResponse<String>> waits =
                    tour.askLater("POST", API + "/devices", body, "Idempotency-Key", other);
            silent.awaitClient();
            tour.refused(ProblemCode.IDEMPOTENCY_KEY_IN_USE, "POST", API + "/devices", body, "Idempotency-Key", other);
            silent.close();
            tour.refused(
                    ProblemCode.DEVICE_UNREACHABLE, waits.get(120, TimeUnit.SECONDS), "a server that says nothing");
        }
    }

    private static void refusedRequests(Tour tour) {
        tour.refused(ProblemCode.MALFORMED_JSON, "POST", API + "/geoms", "{\"name\"}");
        tour.refused(ProblemCode.INVALID_BODY, "POST", API + "/geoms", "{\"nam\":\"x\"}");
        tour.refused(ProblemCode.INVALID_PARAMETER, "GET", API + "/geoms?pageSize=0", null);
        tour.refused(ProblemCode.BAD_REQUEST, "GET", API + "/geoms/..%2f", null);
        tour.refused(ProblemCode.CROSS_ORIGIN, "POST", API + "/geoms/g:rotate", null, "Origin", "http://a.example");
        tour.refused(ProblemCode.NOT_FOUND, "GET", API + "/nothing", null);
        tour.refused(ProblemCode.METHOD_NOT_ALLOWED, "PUT", API + "/geoms", "{}");
        tour.refused(ProblemCode.NOT_ACCEPTABLE, "GET", API + "/geoms", null, "Accept", "application/xml");
        tour.refused(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "POST", API + "/geoms", "{}", "Content-Type", "text/plain");
        tour.refused(ProblemCode.BODY_TOO_LARGE, "POST", API + "/geoms", " ".repeat(BodyLimitFilter.MOST_BYTES + 1));
    }

    /** One who sends a body byte by byte. */
    private static void slowRequest(Tour tour) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), tour.uri("/").getPort())) {
            socket.setSoTimeout(200);
            socket.getOutputStream()
                    .write(("POST " + API + "/geoms HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                    + "Content-Length: 60000\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            StringBuilder answer = new StringBuilder();
            while (answer.indexOf("}") < 0) {
                try {
                    answer.append((char) socket.getInputStream().read());
                } catch (SocketTimeoutException nothingYet) {
                    socket.getOutputStream().write(' ');
                }
            }
            assertThat(answer.toString()).startsWith("HTTP/1.1 408");
            tour.met(ProblemCode.REQUEST_TIMEOUT, answer.toString());
        }
    }

    /** A second service asks who calls, and keeps its state in a database that goes away. */
    private void rolesAndStorage() throws Exception {
        String viewer = "a-viewer-token-of-the-tour";
        String admin = "an-admin-token-of-the-tour";
        Server database = Server.createTcpServer(
                        "-tcpPort",
                        "0",
                        "-tcpDaemon",
                        "-ifNotExists",
                        "-baseDir",
                        folder.resolve("db").toString())
                .start();
        Path guarded = Files.createDirectory(folder.resolve("guarded"));
        String[] options = {
            "--spring.datasource.url=jdbc:h2:tcp://127.0.0.1:" + database.getPort() + "/inventory",
            "--spring.datasource.username=sa",
            "--spring.datasource.password=",
            "--spring.datasource.hikari.connection-timeout=2000",
            "--ropewalk.security.mode=token",
            "--ropewalk.security.tokens.vera.sha256=" + hash(viewer),
            "--ropewalk.security.tokens.vera.role=viewer",
            "--ropewalk.security.tokens.anna.sha256=" + hash(admin),
            "--ropewalk.security.tokens.anna.role=admin"
        };
        try (DiskServer mortal = DiskServer.start(folder, "mortal", "memory", "64M");
                PackagedService service = PackagedService.start(guarded, options);
                Tour tour = new Tour(service.base())) {
            tour.refused(ProblemCode.UNAUTHENTICATED, "GET", API + "/geoms", null);
            tour.use(viewer);
            tour.get(API + "/geoms");
            tour.refused(ProblemCode.FORBIDDEN, "POST", API + "/devices:rescan", null);
            tour.use(admin);
            register(tour, "mortal", mortal.uri("x"));
            tour.post(API + "/geoms", geom("lost", "mortal"));
            assertThat(tour.get(API + "/audit").toString())
                    .contains("\"vera\"", "\"forbidden\"", "\"anna\"", "\"createGeom\"")
                    .doesNotContain(admin, viewer);
            codes.addAll(tour.codes());
        }
        // The disk is gone when the service comes back.
        try (PackagedService service = PackagedService.start(guarded, options);
                Tour tour = new Tour(service.base())) {
            tour.use(admin);
            tour.refused(ProblemCode.NO_USABLE_PATH, "POST", API + "/geoms/lost:rotate", null);
            Path image = Files.write(folder.resolve("plain.img"), new byte[1 << 20]);
            database.stop();
            tour.refused(
                    ProblemCode.STORE_FAILED,
                    "POST",
                    API + "/devices",
                    device("plain", image.toUri().toString()));
            codes.addAll(tour.codes());
        } finally {
            database.stop();
        }
    }

    /** Without a pause between them, requests come faster than one a second on any machine. */
    private void tooManyRequests() throws IOException {
        try (PackagedService service = PackagedService.start(
                        Files.createDirectory(folder.resolve("patient")),
                        "--ropewalk.limits.requests-per-second=1",
                        "--ropewalk.limits.requests-at-once=20");
                Tour tour = new Tour(service.base())) {
            HttpResponse<String> refused = Stream.generate(() -> tour.ask("GET", API + "/system", null))
                    .limit(10_000)
                    .filter(answer -> answer.statusCode() != 200)
                    .findFirst()
                    .orElseThrow();
            tour.refused(ProblemCode.TOO_MANY_REQUESTS, refused, "one more");
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            codes.addAll(tour.codes());
        }
    }

    private static @Nullable String hash(String token) {
        return HexFormat.of().formatHex(AccessTokens.sha256(token));
    }
}
