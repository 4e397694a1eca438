package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.IoFlags;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Answer;
import io.ropewalk.testing.Requests;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as a process under load: told to end, killed, started again; and what it writes to its log. */
@Timeout(900)
class ServiceLifeTest {
    private static final Duration SOON = Duration.ofSeconds(240);
    private static final int BLOCK = 4096;
    private static final int DEPTH = 16;
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final NbdClientOptions PATIENT = new NbdClientOptions(
            Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofMillis(10), Duration.ofMillis(200));

    @TempDir
    Path folder;

    private final NettyLoops loops = new NettyLoops(Transport.best(), 1);
    private Path store;
    private List<Backend> backends = List.of();
    private @Nullable ServiceProcess service;

    @BeforeEach
    void setUp() throws Exception {
        store = Rig.store(folder, 256 << 20);
        backends = Rig.twoPaths(folder, store);
        service = new ServiceProcess(folder, backends, "--logging.structured.format.console=ecs");
        service.awaitOptimal();
    }

    @AfterEach
    void tearDown() throws Exception {
        if (service != null) {
            service.close();
        }
        for (Backend backend : backends) {
            backend.close();
        }
        loops.close();
    }

    @Test
    void toldToEndUnderLoad_itLosesNothingThatItAcknowledged_andEndsInTime() throws Exception {
        Writer writer = new Writer();
        writer.awaitAcknowledged(500);

        ServiceProcess.Ended ended = service.terminate();

        System.out.printf(
                "SIGTERM: ended after %d ms, %d writes acknowledged%n",
                ended.took().toMillis(), writer.end());
        assertThat(ended.status()).as("ended by itself").isEqualTo(143);
        // Users are promised 10 s; this machine may be doing ten other things.
        assertThat(ended.took()).isLessThan(Duration.ofSeconds(30));
        everyAcknowledgedBlockIsInTheStore(writer.acknowledged);
        assertThat(service.logged()).doesNotContain("\"level\":\"ERROR\"");
    }

    @Test
    void killedUnderLoadAndStartedAgain_itServesSoon_andNothingAcknowledgedIsLost() throws Exception {
        Writer writer = new Writer();
        writer.awaitAcknowledged(500);

        service.kill();
        writer.end();
        long before = System.nanoTime();
        service.start();
        BlockDevice again = openSoon();
        Requests requests = Requests.open(again, loops.next());
        long last = writer.acknowledged.getLast();
        assertThat(requests.read(last * BLOCK, BLOCK)).isEqualTo(content(last));
        System.out.printf("kill -9: serving again after %d ms%n", (System.nanoTime() - before) / 1_000_000);

        everyAcknowledgedBlockIsInTheStore(writer.acknowledged);
        requests.close();
        again.close();
    }

    @Test
    void theLogIsOneJsonObjectPerLine_withTheTraceOfWhoAsked() throws Exception {
        URI fail = service.api("/api/v1/geoms/" + ServiceProcess.GEOM + "/paths/a:fail");
        HttpRequest request = HttpRequest.newBuilder(fail)
                .header("Content-Type", "application/json")
                .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                .POST(BodyPublishers.ofString("{\"reason\":\"drill\"}"))
                .build();

        assertThat(service.http().send(request, BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);

        Awaitility.await("the event in the log")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(logged()).anySatisfy(line -> {
                    assertThat(line.path("message").asString()).startsWith("path.failed");
                    assertThat(line.at("/trace/id").asString("")).isEqualTo(TRACE);
                }));
        assertThat(logged())
                .allSatisfy(
                        line -> assertThat(line.at("/ecs/version").asString("")).isNotEmpty());
    }

    private List<JsonNode> logged() throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        return service.logged()
                .lines()
                .filter(line -> line.endsWith("}"))
                .map(json::readTree)
                .toList();
    }

    private BlockDevice openSoon() {
        return Awaitility.await("NBD answers").atMost(SOON).until(this::open, device -> device != null);
    }

    private BlockDevice open() {
        try {
            return new NbdDeviceFactory(loops, PATIENT).open("client", URI.create(service.uri()));
        } catch (DeviceException notYet) {
            return null;
        }
    }

    private void everyAcknowledgedBlockIsInTheStore(List<Long> blocks) throws IOException {
        byte[] there = new byte[BLOCK];
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "r")) {
            for (long block : blocks) {
                file.seek(block * BLOCK);
                file.readFully(there);
                assertThat(there).as("block %d", block).isEqualTo(content(block));
            }
        }
    }

    private static byte[] content(long block) {
        ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
        while (bytes.hasRemaining()) {
            bytes.putLong(block + 1);
        }
        return bytes.array();
    }

    /** Writes one block after the other, several at a time, until it is told so or meets an error. */
    private final class Writer {
        final List<Long> acknowledged = new CopyOnWriteArrayList<>();
        private final BlockDevice device = openSoon();
        private final Requests requests = Requests.open(device, loops.next());
        private final Thread thread = Thread.ofVirtual().start(this::run);
        private volatile boolean ended;

        private void run() {
            long blocks = device.geometry().sizeBytes() / BLOCK;
            for (long first = 0; !ended && first + DEPTH <= blocks; first += DEPTH) {
                writeSome(first);
            }
        }

        private void writeSome(long first) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < DEPTH; i++) {
                answers.add(requests.writeLater((first + i) * BLOCK, content(first + i), IoFlags.NONE));
            }
            for (int i = 0; i < DEPTH; i++) {
                if (Requests.await(answers.get(i)).isSuccess()) {
                    acknowledged.add(first + i);
                } else {
                    ended = true;
                }
            }
        }

        void awaitAcknowledged(int least) {
            Awaitility.await("load").atMost(SOON).until(() -> acknowledged.size() >= least);
        }

        int end() throws Exception {
            ended = true;
            thread.join(Duration.ofSeconds(60));
            requests.close();
            device.close();
            return acknowledged.size();
        }
    }
}
