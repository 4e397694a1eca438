package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.Geometry;
import io.ropewalk.nbd.ScriptedNbdServer.Peer;
import io.ropewalk.nbd.ScriptedNbdServer.Script;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NbdClientHandshakeTest {
    private final NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.IMPATIENT);
    private ScriptedNbdServer server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedNbdServer();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        fixture.close();
        assertThat(server.failures()).isEmpty();
    }

    @Test
    void whatTheServerTellsIsLearned() {
        AtomicReference<Peer> seen = new AtomicReference<>();
        server.then(peer -> {
            seen.set(peer);
            peer.size = 12 << 20;
            peer.blockSizes = new int[] {512, 65536, 1 << 20};
            peer.flags |= Nbd.TRANS_ROTATIONAL;
            peer.structured().handshake();
            assertThat(peer.request().type()).isEqualTo(Nbd.CMD_DISC);
            assertThat(peer.in.read()).isEqualTo(-1);
        });
        BlockDevice device = fixture.open(server.uri());
        assertThat(device.geometry()).isEqualTo(new Geometry(12 << 20, 512, 65536, 1 << 20));
        assertThat(device.capabilities().asSet()).containsExactlyInAnyOrder(Capability.values());
        assertThat(device.name()).isEqualTo("disk");
        assertThat(seen.get().optionsSeen)
                .containsExactly(
                        Nbd.OPT_EXTENDED_HEADERS, Nbd.OPT_STRUCTURED_REPLY, Nbd.OPT_SET_META_CONTEXT, Nbd.OPT_GO);
        assertThat(seen.get().exportAsked).isEqualTo("disk");
    }

    @Test
    void extendedHeadersMakeStructuredRepliesSuperfluous() {
        AtomicReference<Peer> seen = new AtomicReference<>();
        server.then(peer -> {
            seen.set(peer);
            peer.extended().handshake().serve();
        });
        assertThat(fixture.open(server.uri()).capabilities().has(Capability.BLOCK_STATUS))
                .isTrue();
        assertThat(seen.get().optionsSeen)
                .containsExactly(Nbd.OPT_EXTENDED_HEADERS, Nbd.OPT_SET_META_CONTEXT, Nbd.OPT_GO);
    }

    @Test
    void withoutBlockSizesTheDefaultsHold() {
        server.then(peer -> {
            peer.blockSizes = new int[0];
            peer.flags = 1 | Nbd.TRANS_READ_ONLY;
            peer.handshake().serve();
        });
        BlockDevice device = fixture.open(server.uri());
        assertThat(device.geometry()).isEqualTo(new Geometry(1 << 20, 1, 4096, 32 << 20));
        assertThat(device.capabilities()).isEqualTo(Capabilities.of(Capability.MULTI_CHANNEL));
    }

    @Test
    void aPayloadWithoutBoundIsOurBound() {
        server.then(peer -> {
            peer.blockSizes = new int[] {1, 4096, -1};
            peer.handshake().serve();
        });
        assertThat(fixture.open(server.uri()).geometry().maximumPayloadBytes()).isEqualTo(32 << 20);
    }

    @Test
    void bytesBeyondTheLastBlockAreOutOfReach() {
        server.then(peer -> {
            peer.size = 10_000;
            peer.blockSizes = new int[] {4096, 4096, 10_000};
            peer.handshake().serve();
        });
        assertThat(fixture.open(server.uri()).geometry()).isEqualTo(new Geometry(8192, 4096, 4096, 8192));
    }

    @Test
    void aServerWithoutGoIsAskedByName() {
        AtomicReference<Peer> seen = new AtomicReference<>();
        server.then(peer -> {
            seen.set(peer);
            peer.go = false;
            peer.handshake().serve();
        });
        assertThat(fixture.open(server.uri()).geometry().sizeBytes()).isEqualTo(1 << 20);
        assertThat(seen.get().optionsSeen).endsWith(Nbd.OPT_GO, Nbd.OPT_EXPORT_NAME);
        assertThat(seen.get().exportAsked).isEqualTo("disk");
    }

    @Test
    void aServerWithoutFixedNewstyleIsAskedByNameAtOnce() {
        AtomicReference<Peer> seen = new AtomicReference<>();
        server.then(peer -> {
            seen.set(peer);
            peer.serverFlags = 0;
            peer.handshake().serve();
        });
        assertThat(fixture.open(server.uri()).geometry().sizeBytes()).isEqualTo(1 << 20);
        assertThat(seen.get().optionsSeen).containsExactly(Nbd.OPT_EXPORT_NAME);
    }

    @Test
    void aSlowServerIsWaitedForByteByByte() {
        server.then(peer -> {
            peer.serverFlags = 0;
            byte[] greeting = "NBDMAGICIHAVEOPT\0\0".getBytes(StandardCharsets.US_ASCII);
            for (byte b : greeting) {
                peer.out.write(b);
                peer.out.flush();
                Thread.yield();
            }
            peer.in.readInt();
            peer.answerOption();
            peer.serve();
        });
        assertThat(fixture.open(server.uri()).geometry().sizeBytes()).isEqualTo(1 << 20);
    }

    @Test
    void aHostNameIsResolved() {
        server.then(peer -> peer.handshake().serve());
        URI uri = URI.create(server.uri().toString().replace("127.0.0.1", "localhost"));
        assertThat(fixture.open(uri).geometry().sizeBytes()).isEqualTo(1 << 20);
    }

    @Test
    void anUnknownHostNameIsSaid() {
        DeviceException refusal = fixture.refusal(URI.create("nbd://no-such-host.invalid/disk"));
        assertThat(refusal.reason()).isEqualTo(Reason.UNREACHABLE);
        assertThat(refusal).hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void nothingListening_isSaid() throws IOException {
        server.close();
        assertRefused(Reason.UNREACHABLE, "Nothing listens at 127.0.0.1:");
        DeviceException unix = fixture.refusal(URI.create("nbd+unix:///?socket=/nonexistent/nbd.sock"));
        assertThat(unix.reason()).isEqualTo(Reason.UNREACHABLE);
        assertThat(unix).hasMessageContaining("There is no socket /nonexistent/nbd.sock");
    }

    @Test
    void silenceIsGivenUp() {
        CountDownLatch never = new CountDownLatch(1);
        server.then(peer -> never.await());
        long start = System.nanoTime();
        assertRefused(Reason.UNREACHABLE, "sent no greeting in time");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        never.countDown();
    }

    @Test
    void silenceInTheMiddleIsGivenUp() {
        server.then(peer -> {
            peer.greet();
            peer.ignore();
        });
        assertRefused(Reason.UNREACHABLE, "did not complete the handshake in time");
    }

    @Test
    void closingWithoutAGreetingIsSaid() {
        server.then(peer -> {});
        assertRefused(Reason.UNREACHABLE, "closed the connection without a greeting");
    }

    @Test
    void closingInTheMiddleIsSaid() {
        server.then(peer -> {
            peer.greet();
            peer.in.readNBytes(20);
        });
        assertRefused(Reason.UNREACHABLE, "during the handshake");
    }

    @Test
    void closingWhenAskedByNameMeansNoSuchExport() {
        server.then(peer -> {
            peer.serverFlags = 0;
            peer.greet();
            peer.in.readNBytes(4 + 16 + 4);
        });
        assertRefused(Reason.UNREACHABLE, "when asked for export 'disk'; most likely it has none of that name");
    }

    @Test
    void anotherProtocolIsRecognized() {
        server.then(peer -> peer.out.writeBytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        assertRefused(Reason.UNSUITABLE, "does not speak NBD");
        server.then(peer -> peer.out.writeBytes("SSH-2.0-x\r\n"));
        assertRefused(Reason.UNSUITABLE, "does not speak NBD");
    }

    @Test
    void oldstyleIsRecognized() {
        server.then(peer -> {
            peer.out.writeLong(Nbd.INIT_MAGIC);
            peer.out.writeLong(0x00420281861253L);
            peer.out.write(new byte[136]);
        });
        assertRefused(Reason.UNSUITABLE, "oldstyle");
    }

    @Test
    void badOptionRepliesAreRefused() {
        assertBadReply("unknown magic number", peer -> peer.out.write(new byte[20]));
        assertBadReply("answers option 7 when asked for 11", peer -> peer.reply(Nbd.OPT_GO, Nbd.REP_ACK));
        assertBadReply("answers option 11 with more than it may", peer -> {
            peer.out.writeLong(Nbd.OPTION_REPLY_MAGIC);
            peer.out.writeInt(Nbd.OPT_EXTENDED_HEADERS);
            peer.out.writeInt(Nbd.REP_ACK);
            peer.out.writeInt(0x7fffffff);
        });
        assertBadReply("with reply type 3", peer -> peer.reply(Nbd.OPT_EXTENDED_HEADERS, Nbd.REP_INFO));
        assertBadReply("too few bytes", peer -> {
            peer.reply(Nbd.OPT_EXTENDED_HEADERS, Nbd.REP_ACK);
            peer.reply(Nbd.OPT_SET_META_CONTEXT, Nbd.REP_META_CONTEXT, (byte) 1);
        });
        assertBadReply("instead of 10", peer -> {
            toGo(peer);
            peer.reply(Nbd.OPT_GO, Nbd.REP_INFO, new byte[3]);
        });
        assertBadReply("without telling its size", peer -> {
            toGo(peer);
            peer.reply(Nbd.OPT_GO, Nbd.REP_ACK);
        });
        assertBadReply("answers option 7 with more than it may", peer -> {
            toGo(peer);
            for (int i = 0; i < 2000; i++) {
                peer.reply(Nbd.OPT_GO, Nbd.REP_INFO, (byte) 0, (byte) 99);
            }
        });
    }

    @Test
    void anUnknownExportIsNamedWithWhatThereIs() {
        server.then(peer -> {
            peer.goError = Nbd.REP_ERR_UNKNOWN;
            peer.exports = List.of("one", "two\n");
            peer.handshake();
        });
        assertRefused(Reason.UNREACHABLE, "does not have export 'disk'; it offers 'one', 'two'.");
        server.then(peer -> {
            peer.goError = Nbd.REP_ERR_UNKNOWN;
            peer.exports = IntStream.range(0, 500).mapToObj(i -> "export" + i).toList();
            peer.handshake();
        });
        assertRefused(Reason.UNREACHABLE, "'export7' and more.");
        server.then(peer -> {
            peer.goError = Nbd.REP_ERR_UNKNOWN;
            peer.handshake();
        });
        assertRefused(Reason.UNREACHABLE, "correct the name");
    }

    @Test
    void refusalsSayWhy() {
        assertGoError(Nbd.REP_ERR_TLS_REQD, "", Reason.UNSUITABLE, "requires TLS");
        assertGoError(Nbd.REP_ERR_POLICY, "not you", Reason.NOT_ALLOWED, "(it says: not you)");
        assertGoError(Nbd.REP_ERR_SHUTDOWN, "", Reason.UNREACHABLE, "is shutting down");
        assertGoError(Nbd.REP_ERR_EXT_HEADER_REQD, "", Reason.UNSUITABLE, "extended headers");
        assertGoError(0x80000042, "x".repeat(3000), Reason.UNSUITABLE, "error 2^31 + 66");
    }

    @Test
    void oddGeometryIsRefused() {
        assertOdd("minimum block size of 3", 1 << 20, 3, 4096, 1 << 20);
        assertOdd("minimum block size of 0", 1 << 20, 0, 4096, 1 << 20);
        assertOdd("minimum block size of 131072", 1 << 20, 131072, 131072, 1 << 20);
        assertOdd("prefers a block size of 512", 1 << 20, 4096, 512, 1 << 20);
        assertOdd("prefers a block size of 4000", 1 << 20, 512, 4000, 1 << 20);
        assertOdd("prefers a block size of 2147483648", 1 << 20, 512, Integer.MIN_VALUE, 1 << 20);
        assertOdd("takes payloads of 256 bytes only", 1 << 20, 512, 512, 256);
        assertOdd("claims 9223372036854775808 bytes", Long.MIN_VALUE, 512, 512, 1 << 20);
    }

    private void assertOdd(String why, long size, int... blockSizes) {
        server.then(peer -> {
            peer.size = size;
            peer.blockSizes = blockSizes;
            peer.handshake();
        });
        assertRefused(Reason.UNSUITABLE, why);
    }

    private void assertGoError(int error, String text, Reason reason, String why) {
        server.then(peer -> {
            peer.goError = error;
            peer.goErrorText = text;
            peer.handshake();
        });
        assertRefused(reason, why);
    }

    private void assertBadReply(String why, Script replies) {
        server.then(peer -> {
            peer.greet();
            peer.in.readNBytes(4 + 16);
            replies.run(peer);
            peer.ignore();
        });
        assertRefused(Reason.UNSUITABLE, why);
    }

    private static void toGo(Peer peer) throws IOException {
        peer.reply(Nbd.OPT_EXTENDED_HEADERS, Nbd.REP_ACK);
        peer.reply(Nbd.OPT_SET_META_CONTEXT, Nbd.REP_ERR_UNSUP);
    }

    private void assertRefused(Reason reason, String why) {
        DeviceException refusal = fixture.refusal(server.uri());
        assertThat(refusal).as(why).isNotNull().hasMessageContaining(why).hasMessageEndingWith(".");
        assertThat(refusal.reason()).isEqualTo(reason);
    }
}
