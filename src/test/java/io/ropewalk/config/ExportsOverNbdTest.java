package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.Tools;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What REST says of an export is what NBD clients meet. */
class ExportsOverNbdTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final NettyLoops CLIENT_LOOPS = new NettyLoops(Transport.NIO, 1);

    @TempDir
    static Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() {
        service = RunningService.start(
                folder.resolve("data"), "--ropewalk.demo=true", "--ropewalk.nbd.unix-socket=" + socket());
    }

    private static Path socket() {
        return folder.resolve("nbd.sock");
    }

    @AfterAll
    static void stop() {
        service.close();
        CLIENT_LOOPS.close();
    }

    @AfterEach
    void takeAway() {
        service.delete("/exports/more?force=true");
    }

    private static void put(String body) throws Exception {
        HttpResponse<String> answer = service.http()
                .send(
                        service.request("/exports/more")
                                .header("Content-Type", "application/json")
                                .header("If-Match", "*")
                                .PUT(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201);
    }

    private static BlockDevice open() throws DeviceException {
        return new NbdDeviceFactory(CLIENT_LOOPS, NbdClientOptions.DEFAULTS).open("client", service.export("more"));
    }

    private static List<String> sessionIds() {
        return RunningService.read(service.get("/exports/more/sessions"), "$.items[*].id");
    }

    /** Of the server as a program of other people's lists them. */
    private static String listed() throws Exception {
        Process nbdinfo = new ProcessBuilder(
                        Tools.require("nbdinfo").toString(),
                        "--list",
                        service.export("").toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(nbdinfo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(nbdinfo.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @Test
    void anExportOfTheServiceItselfIsNoDeviceForItWhateverItsAddress() {
        int port = service.export("demo").getPort();
        for (String uri : List.of(
                "nbd://127.0.0.1:" + port + "/demo",
                "nbd://localhost:" + port + "/demo",
                "nbd://[::ffff:127.0.0.1]:" + port + "/demo",
                "nbd+unix:///demo?socket=" + socket())) {
            HttpResponse<String> answer = service.post("/devices", "{\"name\": \"own\", \"uri\": \"" + uri + "\"}");

            assertThat(answer.statusCode()).as(uri + ": " + answer.body()).isEqualTo(422);
            assertThat(answer.body()).contains("unsuitable-device", "is this service itself");
        }
    }

    @Test
    void aReadOnlyExportCanBeReadAndNotWritten() throws Exception {
        put("{\"geom\":\"demo\",\"readOnly\":true}");

        BlockDevice client = open();
        Requests requests = Requests.open(client, CLIENT_LOOPS.next());

        assertThat(client.capabilities().has(Capability.WRITE)).isFalse();
        assertThat(requests.read(0, 512)).hasSize(512);
        HttpResponse<String> sessions = service.get("/exports/more/sessions");
        assertThat(RunningService.<List<Boolean>>read(sessions, "$.items[*].readOnly"))
                .containsOnly(true);
        assertThat(RunningService.<List<Integer>>read(sessions, "$.items[*].bytesRead"))
                .contains(512);
        requests.close();
        client.close();
    }

    @Test
    void whoMayWriteIsCutOffWhenTheExportBecomesReadOnly() throws Exception {
        put("{\"geom\":\"demo\"}");
        BlockDevice client = open();
        Requests requests = Requests.open(client, CLIENT_LOOPS.next());
        requests.read(0, 512);
        List<String> before = sessionIds();
        assertThat(before).isNotEmpty();

        put("{\"geom\":\"demo\",\"readOnly\":true}");

        Awaitility.await()
                .atMost(SOON)
                .untilAsserted(() -> assertThat(sessionIds()).doesNotContainAnyElementsOf(before));
        requests.close();
        client.close();
    }

    @Test
    void toAClientThatIsNotAllowedTheExportDoesNotExist() throws Exception {
        put("{\"geom\":\"demo\",\"allowedClients\":[\"127.0.0.0/8\"]}");
        assertThat(listed()).contains("export=\"more\"");
        open().close();

        put("{\"geom\":\"demo\",\"allowedClients\":[\"192.0.2.0/24\",\"2001:db8::/32\"]}");

        assertThat(listed()).contains("export=\"demo\"").doesNotContain("more");
        assertThatThrownBy(ExportsOverNbdTest::open).isInstanceOf(DeviceException.class);
    }

    @Test
    void aDeletedExportLetsNobodyIn() throws Exception {
        put("{\"geom\":\"demo\"}");
        BlockDevice client = open();
        Requests requests = Requests.open(client, CLIENT_LOOPS.next());
        requests.read(0, 512);

        assertThat(service.delete("/exports/more").body()).contains("\"code\":\"export-in-use\"");
        assertThat(service.delete("/exports/more?force=true").statusCode()).isEqualTo(204);

        assertThatThrownBy(ExportsOverNbdTest::open).isInstanceOf(DeviceException.class);
        assertThat(service.get("/exports/demo").statusCode()).isEqualTo(200);
        requests.close();
        client.close();
    }
}
