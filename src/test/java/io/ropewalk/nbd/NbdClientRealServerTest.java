package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.net.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against nbdkit and its filters: errors, deaths, restarts, and servers that are not what they were. */
@Timeout(120)
class NbdClientRealServerTest {
    private static final int BLOCK = 4096;

    @TempDir
    Path temporary;

    private NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.PATIENT);
    private @Nullable NbdClientServerProcess server;

    @AfterEach
    void stop() throws Exception {
        fixture.close();
        if (server != null) {
            server.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void bytesPassOnEveryTransport(Transport transport) throws Exception {
        assumeTrue(transport.isAvailable(), transport + " does not work on this machine");
        fixture.close();
        fixture = new NbdClientFixture(NbdClientFixture.PATIENT, transport);
        for (boolean unix : new boolean[] {true, false}) {
            var one = unix
                    ? NbdClientServerProcess.nbdkitUnix("memory", "80M")
                    : NbdClientServerProcess.nbdkitTcp("memory", "80M");
            try (one) {
                BlockDevice device = fixture.open(one.uri(""));
                exchange(fixture.channel(device));
                device.close();
            }
        }
    }

    private static void exchange(BlockChannel channel) {
        Random random = new Random(3);
        List<NbdClientTestRequest> writes = new ArrayList<>();
        List<byte[]> contents = new ArrayList<>();
        long at = 0;
        for (int length : new int[] {32 << 20, 1, 512, 4096, 128 << 10, 1 << 20, 3_000_001, 16 << 20}) {
            byte[] content = new byte[length];
            random.nextBytes(content);
            contents.add(content);
            writes.add(NbdClientTestRequest.write(at, 0, content, length % 2 == 0 ? 32 : 0)
                    .on(channel));
            at += length;
        }
        writes.forEach(NbdClientTestRequest::awaitSuccess);
        List<NbdClientTestRequest> reads = writes.stream()
                .map(write -> NbdClientTestRequest.read(write.offset(), (int) write.length())
                        .on(channel))
                .toList();
        for (int i = 0; i < reads.size(); i++) {
            assertThat(reads.get(i).awaitData()).isEqualTo(contents.get(i));
        }
    }

    @Test
    void errorsComeThrough_withTheSessionAlive() throws Exception {
        Path trigger = temporary.resolve("trigger");
        BlockChannel channel = open(NbdClientServerProcess.nbdkitTcp(
                "--filter=error", "memory", "1M", "error=ENOSPC", "error-rate=100%", "error-file=" + trigger));
        read(channel).awaitSuccess();
        Files.createFile(trigger);
        assertThat(read(channel).awaitError().kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(NbdClientTestRequest.of(IoOp.FLUSH, 0, 0, 0)
                        .on(channel)
                        .await()
                        .error())
                .isNull();
        Files.delete(trigger);
        read(channel).awaitSuccess();
    }

    @Test
    void aServerThatDiesAndComesBack_isMetAgain() throws Exception {
        server = NbdClientServerProcess.nbdkitTcp("memory", "1M");
        BlockChannel channel = fixture.channel(fixture.open(server.uri("")));
        for (int round = 0; round < 3; round++) {
            read(channel).awaitSuccess();
            server.signal("STOP");
            var inFlight = read(channel);
            NbdClientFixture.runOn(channel.loop(), () -> {});
            server.kill();
            assertThat(inFlight.awaitError().kind()).isEqualTo(Kind.DISCONNECTED);
            IoError error = read(channel).awaitError();
            assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
            assertThat(error.message()).contains("Nothing listens at");
            server.start();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> read(channel).await().error() == null);
        }
    }

    @Test
    void aSlowServer_answersManyAtOnce() throws Exception {
        BlockChannel channel = open(NbdClientServerProcess.nbdkitUnix(
                "-t", "64", "--filter=delay", "memory", "4M", "rdelay=100ms", "wdelay=50ms"));
        List<NbdClientTestRequest> asked = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 64; i++) {
            asked.add(
                    i % 2 == 0
                            ? NbdClientTestRequest.read(i * 4096L, BLOCK).on(channel)
                            : NbdClientTestRequest.write(i * 4096L, 0, new byte[BLOCK], 28)
                                    .on(channel));
        }
        asked.forEach(NbdClientTestRequest::awaitSuccess);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void anExportThatShrankWhileAway_isAnotherOne() throws Exception {
        Path image = Files.write(temporary.resolve("disk.img"), new byte[1 << 20]);
        server = NbdClientServerProcess.nbdkitUnix("file", image.toString());
        BlockDevice device = fixture.open(server.uri(""));
        BlockChannel channel = fixture.channel(device);
        read(channel).awaitSuccess();
        server.kill();
        Files.delete(server.folder().resolve("nbd.sock"));
        Files.write(image, new byte[1 << 19]);
        server.start();
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            IoError error = read(channel).awaitError();
            assertThat(error.kind()).isEqualTo(Kind.IDENTITY);
            assertThat(error.message()).contains("its size is 524288 bytes, it was 1048576");
        });
        device.refreshGeometry();
        read(channel).awaitSuccess();
        assertThat(device.geometry().sizeBytes()).isEqualTo(1 << 19);
    }

    @Test
    void filtersShowInWhatTheDeviceCan() throws Exception {
        assertThat(capabilities("memory", "1M"))
                .contains(Capability.WRITE, Capability.FLUSH, Capability.FUA, Capability.TRIM, Capability.BLOCK_STATUS);
        assertThat(capabilities("-r", "memory", "1M")).doesNotContain(Capability.WRITE);
        assertThat(capabilities("--filter=nozero", "memory", "1M")).doesNotContain(Capability.WRITE_ZEROES);
        assertThat(capabilities("--no-sr", "memory", "1M")).doesNotContain(Capability.BLOCK_STATUS);
        assertThat(capabilities("--filter=noextents", "memory", "1M")).contains(Capability.MULTI_CHANNEL);
    }

    private EnumSet<Capability> capabilities(String... arguments) throws Exception {
        try (var one = NbdClientServerProcess.nbdkitUnix(arguments)) {
            BlockDevice device = fixture.open(one.uri(""));
            device.close();
            return EnumSet.copyOf(device.capabilities().asSet());
        }
    }

    @Test
    void simpleRepliesOfARealServer_areUnderstood() throws Exception {
        exchange(open(NbdClientServerProcess.nbdkitUnix("--no-sr", "memory", "80M")));
    }

    @Test
    void blockSizesAreLearned() throws Exception {
        BlockChannel channel = open(NbdClientServerProcess.nbdkitUnix(
                "--filter=blocksize-policy",
                "memory",
                "1M",
                "blocksize-minimum=512",
                "blocksize-preferred=64K",
                "blocksize-maximum=128K",
                "blocksize-error-policy=error"));
        assertThat(channel.device().geometry()).isEqualTo(new Geometry(1 << 20, 512, 65536, 128 << 10));
        NbdClientTestRequest.read(0, 128 << 10).on(channel).awaitSuccess();
    }

    @Test
    void anUnknownExport_isRefusedWithWhatThereIs() throws Exception {
        Files.write(temporary.resolve("one"), new byte[512]);
        Files.write(temporary.resolve("two"), new byte[512]);
        server = NbdClientServerProcess.nbdkitTcp("file", "dir=" + temporary);
        DeviceException refusal = fixture.refusal(server.uri("three"));
        assertThat(refusal.reason()).isEqualTo(Reason.UNREACHABLE);
        assertThat(refusal)
                .hasMessageContaining("does not have export 'three'")
                .hasMessageContaining("'one'")
                .hasMessageContaining("'two'");
        assertThat(fixture.open(server.uri("two")).geometry().sizeBytes()).isEqualTo(512);
    }

    @Test
    void aServerThatRequiresTls_isRefused() throws Exception {
        Path keys = Files.writeString(temporary.resolve("keys.psk"), "user:" + "a1".repeat(32) + "\n");
        server = NbdClientServerProcess.nbdkitTcp("--tls=require", "--tls-psk=" + keys, "memory", "1M");
        DeviceException refusal = fixture.refusal(server.uri(""));
        assertThat(refusal.reason()).isEqualTo(Reason.UNSUITABLE);
        assertThat(refusal).hasMessageContaining("it requires TLS; use the scheme nbds");
    }

    @Test
    void anExportNameOfAnyKind_reachesTheServer() throws Exception {
        Files.write(temporary.resolve("a b%é#?.img"), new byte[1024]);
        server = NbdClientServerProcess.nbdkitUnix("file", "dir=" + temporary);
        assertThat(fixture.open(server.uri("a%20b%25%C3%A9%23%3F.img"))
                        .geometry()
                        .sizeBytes())
                .isEqualTo(1024);
    }

    private BlockChannel open(NbdClientServerProcess started) throws IOException {
        server = started;
        return fixture.channel(fixture.open(started.uri("")));
    }

    private static NbdClientTestRequest read(BlockChannel channel) {
        return NbdClientTestRequest.read(0, BLOCK).on(channel);
    }
}
