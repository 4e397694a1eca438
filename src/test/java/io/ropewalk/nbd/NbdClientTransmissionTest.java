package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.nbd.ScriptedNbdServer.Peer;
import io.ropewalk.nbd.ScriptedNbdServer.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests as they leave, and replies of every legal kind. */
@Timeout(60)
class NbdClientTransmissionTest {
    private static final int BLOCK = 4096;

    private final NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.PATIENT);
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private ScriptedNbdServer server;

    private interface Service {
        void answer(Request request, Peer peer) throws IOException;
    }

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

    // ---- requests

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyOperationLeavesAsTheProtocolAsks(boolean extended) throws Exception {
        BlockChannel channel = serve(extended, true, (request, peer) -> peer.succeed(request));
        int payloadFlag = extended ? Nbd.CMD_FLAG_PAYLOAD_LEN : 0;
        byte[] bytes = noise(BLOCK);

        NbdClientTestRequest.read(BLOCK, 512).on(channel).awaitSuccess();
        expect(Nbd.CMD_READ, 0, BLOCK, 512);
        for (int headroom : new int[] {0, 16, 28, 32, 40}) {
            NbdClientTestRequest.write(8192, IoFlags.FUA, bytes, headroom)
                    .on(channel)
                    .awaitSuccess();
            Request write = expect(Nbd.CMD_WRITE, Nbd.CMD_FLAG_FUA | payloadFlag, 8192, BLOCK);
            assertThat(write.payload()).isEqualTo(bytes);
        }
        NbdClientTestRequest.of(IoOp.FLUSH, 0, 0, 0).on(channel).awaitSuccess();
        expect(Nbd.CMD_FLUSH, 0, 0, 0);
        NbdClientTestRequest.of(IoOp.TRIM, 0, BLOCK, IoFlags.FUA).on(channel).awaitSuccess();
        expect(Nbd.CMD_TRIM, Nbd.CMD_FLAG_FUA, 0, BLOCK);
        int all = IoFlags.FUA | IoFlags.NO_HOLE | IoFlags.FAST_ONLY;
        NbdClientTestRequest.of(IoOp.WRITE_ZEROES, 0, BLOCK, all).on(channel).awaitSuccess();
        int allThere = Nbd.CMD_FLAG_FUA | Nbd.CMD_FLAG_NO_HOLE | Nbd.CMD_FLAG_FAST_ZERO;
        expect(Nbd.CMD_WRITE_ZEROES, allThere, 0, BLOCK);
        NbdClientTestRequest.of(IoOp.CACHE, 0, BLOCK, 0).on(channel).awaitSuccess();
        expect(Nbd.CMD_CACHE, 0, 0, BLOCK);
        NbdClientFixture.runOn(channel.loop(), channel::close);
        expect(Nbd.CMD_DISC, 0, 0, 0);
    }

    @Test
    void whatWaitsForTheConnection_leavesInOrder() throws Exception {
        BlockChannel channel = serve(false, true, (request, peer) -> peer.succeed(request));
        List<NbdClientTestRequest> asked = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            asked.add(
                    i % 3 == 0
                            ? NbdClientTestRequest.write(i * 512L, 0, noise(512), i % 2 * 40)
                            : NbdClientTestRequest.read(i * 512L, 512));
        }
        channel.loop().execute(() -> asked.forEach(channel::submit));
        asked.forEach(NbdClientTestRequest::awaitSuccess);
        for (int i = 0; i < 300; i++) {
            assertThat(next().offset()).isEqualTo(i * 512L);
        }
    }

    @Test
    void whatIsTooLongForACompactHeader_leavesInParts() throws Exception {
        long size = 5L << 30;
        BlockChannel channel = serveLarge(false, size, (request, peer) -> peer.succeed(request));
        for (IoOp op : List.of(IoOp.TRIM, IoOp.WRITE_ZEROES)) {
            NbdClientTestRequest.of(op, 4096, size - 4096, 0).on(channel).awaitSuccess();
            long at = 4096;
            while (at < size) {
                Request part = next();
                assertThat(part.offset()).isEqualTo(at);
                assertThat(part.length()).isEqualTo(Math.min(1 << 30, size - at));
                at += part.length();
            }
        }
    }

    @Test
    void anExtendedHeaderTakesAnyLength() throws Exception {
        long size = 5L << 30;
        BlockChannel channel = serveLarge(true, size, (request, peer) -> peer.succeed(request));
        NbdClientTestRequest.of(IoOp.WRITE_ZEROES, 0, size, 0).on(channel).awaitSuccess();
        expect(Nbd.CMD_WRITE_ZEROES, 0, 0, size);
    }

    @Test
    void aPartThatFails_isTheLast() throws Exception {
        BlockChannel channel = serveLarge(false, 3L << 30, (request, peer) -> {
            if (request.offset() == 1 << 30) {
                peer.error(request, true, Nbd.REPLY_ERROR, Nbd.ENOSPC, "no room");
            } else {
                peer.succeed(request);
            }
        });
        var asked = NbdClientTestRequest.of(IoOp.TRIM, 0, 3L << 30, 0).on(channel);
        assertThat(asked.awaitError().kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(requests).hasSize(2);
    }

    @Test
    void aFreshCookieIsUsedForEachRequest() throws Exception {
        BlockChannel channel = serve(false, false, (request, peer) -> peer.succeed(request));
        List<Long> cookies = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            NbdClientTestRequest.read(0, 512).on(channel).awaitSuccess();
            cookies.add(next().cookie());
        }
        assertThat(cookies).doesNotHaveDuplicates();
    }

    // ---- READ

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReadInPieces_isPutTogether(boolean extended) {
        byte[] content = noise(BLOCK);
        Arrays.fill(content, 1000, 2000, (byte) 0);
        BlockChannel channel = serve(extended, true, (request, peer) -> {
            long at = request.offset();
            peer.data(request, false, at + 3000, Arrays.copyOfRange(content, 3000, BLOCK));
            peer.hole(request, false, at + 1000, 1000);
            peer.data(request, false, at, Arrays.copyOfRange(content, 0, 1000));
            peer.data(request, false, at + 2000, Arrays.copyOfRange(content, 2000, 3000));
            peer.chunk(request, true, Nbd.REPLY_NONE);
        });
        assertThat(NbdClientTestRequest.read(BLOCK, BLOCK).on(channel).awaitData())
                .isEqualTo(content);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aReadAsOnePiece_mayEndLater_orBeAHole(boolean extended) {
        byte[] content = noise(BLOCK);
        BlockChannel channel = serve(extended, true, (request, peer) -> {
            if (request.offset() == 0) {
                peer.data(request, false, 0, content);
                peer.chunk(request, true, Nbd.REPLY_NONE);
            } else {
                peer.hole(request, true, request.offset(), BLOCK);
            }
        });
        assertThat(NbdClientTestRequest.read(0, BLOCK).on(channel).awaitData()).isEqualTo(content);
        assertThat(NbdClientTestRequest.read(BLOCK, BLOCK).on(channel).awaitData())
                .isEqualTo(new byte[BLOCK]);
    }

    @Test
    void repliesComeInAnyOrder_andTheirChunksMixed() {
        List<Request> held = new ArrayList<>();
        BlockChannel channel = serve(false, true, (request, peer) -> {
            held.add(request);
            if (held.size() == 3) {
                for (Request one : held) {
                    peer.data(one, false, one.offset() + 512, filled(512, one));
                }
                for (Request one : held.reversed()) {
                    peer.data(one, true, one.offset(), filled(512, one));
                }
            }
        });
        List<NbdClientTestRequest> asked = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            asked.add(NbdClientTestRequest.read(i * 1024L, 1024).on(channel));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(asked.get(i).awaitData()).hasSize(1024).containsOnly(i);
        }
    }

    @Test
    void manySimpleReadsOfManySizes_areToldApart() {
        byte[] content = noise(1 << 20);
        BlockChannel channel = serve(false, false, (request, peer) -> {
            int from = (int) request.offset();
            peer.simple(request, 0, Arrays.copyOfRange(content, from, from + (int) request.length()));
        });
        Random random = new Random(7);
        List<NbdClientTestRequest> asked = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int length = 1 + random.nextInt(random.nextBoolean() ? 600 : 300_000);
            asked.add(NbdClientTestRequest.read(random.nextInt((1 << 20) - length), length)
                    .on(channel));
        }
        for (NbdClientTestRequest one : asked) {
            int from = (int) one.offset();
            assertThat(one.awaitData()).isEqualTo(Arrays.copyOfRange(content, from, from + (int) one.length()));
        }
    }

    // ---- errors

    private enum ErrorReply {
        SIMPLE,
        ERROR,
        ERROR_OFFSET,
        UNKNOWN,
        AFTER_DATA,
        BEFORE_DATA
    }

    @ParameterizedTest
    @EnumSource(ErrorReply.class)
    void anErrorIsHeard_andTheSessionGoesOn(ErrorReply kind) {
        BlockChannel channel = serve(false, kind != ErrorReply.SIMPLE, (request, peer) -> {
            if (request.offset() == 0) {
                peer.succeed(request);
                return;
            }
            byte[] at = ByteBuffer.allocate(8).putLong(request.offset() + 7).array();
            switch (kind) {
                case SIMPLE -> peer.simple(request, Nbd.EIO);
                case ERROR -> peer.error(request, true, Nbd.REPLY_ERROR, Nbd.EIO, "bad\nsector");
                case ERROR_OFFSET -> peer.error(request, true, Nbd.REPLY_ERROR_OFFSET, Nbd.EIO, "bad sector", at);
                case UNKNOWN -> peer.error(request, true, 0x8777, Nbd.EIO, "bad sector", new byte[99]);
                case AFTER_DATA -> {
                    peer.data(request, false, request.offset(), new byte[BLOCK]);
                    peer.error(request, false, Nbd.REPLY_ERROR_OFFSET, Nbd.EIO, "bad sector", at);
                    peer.error(request, true, Nbd.REPLY_ERROR_OFFSET, Nbd.ENOMEM, "another", at);
                }
                case BEFORE_DATA -> {
                    peer.error(request, false, Nbd.REPLY_ERROR, Nbd.EIO, "bad sector");
                    peer.data(request, false, request.offset(), new byte[10]);
                    peer.chunk(request, true, Nbd.REPLY_NONE);
                }
            }
        });
        IoError error = NbdClientTestRequest.read(BLOCK, BLOCK).on(channel).awaitError();
        assertThat(error.kind()).isEqualTo(Kind.IO);
        assertThat(error.message()).contains("READ 4096+4096").contains("EIO");
        if (kind != ErrorReply.SIMPLE) {
            assertThat(error.message()).contains("(bad sector)");
        }
        NbdClientTestRequest.read(0, BLOCK).on(channel).awaitSuccess();
        assertThat(server.accepted()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"1,NOT_PERMITTED", "12,NO_MEMORY", "22,INVALID", "28,NO_SPACE", "95,NOT_SUPPORTED", "6,GONE"})
    void errorNumbersAreKinds(int errno, Kind kind) {
        BlockChannel channel = serve(false, true, (request, peer) -> peer.simple(request, errno));
        var asked = NbdClientTestRequest.write(0, 0, new byte[512], 0).on(channel);
        assertThat(asked.awaitError().kind()).isEqualTo(kind);
    }

    // ---- BLOCK_STATUS

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void statusIsCutToWhatWasAskedFor_andNeighboursAreJoined(boolean extended) throws Exception {
        BlockChannel channel = serve(extended, true, (request, peer) -> {
            long[][] extents = {{512, 0}, {512, 0}, {1024, 3}, {512, 2}, {512, 1}, {1 << 20, 0x70}};
            ByteBuffer payload = ByteBuffer.allocate(200).putInt(peer.context);
            if (extended) {
                payload.putInt(extents.length);
            }
            for (long[] extent : extents) {
                if (extended) {
                    payload.putLong(extent[0]).putLong(extent[1]);
                } else {
                    payload.putInt((int) extent[0]).putInt((int) extent[1]);
                }
            }
            int type = extended ? Nbd.REPLY_BLOCK_STATUS_EXT : Nbd.REPLY_BLOCK_STATUS;
            peer.chunk(request, true, type, Arrays.copyOf(payload.array(), payload.position()));
        });
        var asked = NbdClientTestRequest.of(IoOp.BLOCK_STATUS, 0, BLOCK, IoFlags.ONE_EXTENT)
                .on(channel);
        assertThat(asked.awaitExtents())
                .containsExactly(
                        new Extent(1024, false, false),
                        new Extent(1024, true, true),
                        new Extent(512, false, true),
                        new Extent(512, true, false),
                        new Extent(1024, false, false));
        expect(Nbd.CMD_BLOCK_STATUS, Nbd.CMD_FLAG_REQ_ONE, 0, BLOCK);
    }

    // ---- helpers

    private BlockChannel serve(boolean extended, boolean structured, Service service) {
        return serve(extended, structured, 1 << 20, service);
    }

    private BlockChannel serveLarge(boolean extended, long size, Service service) {
        return serve(extended, true, size, service);
    }

    private BlockChannel serve(boolean extended, boolean structured, long size, Service service) {
        server.then(peer -> prepared(peer, extended, structured, size).serve(), peer -> {
            prepared(peer, extended, structured, size);
            while (true) {
                Request request = peer.request();
                requests.add(request);
                if (request.type() == Nbd.CMD_DISC) {
                    return;
                }
                service.answer(request, peer);
            }
        });
        BlockDevice device = fixture.open(server.uri());
        return fixture.channel(device);
    }

    private static Peer prepared(Peer peer, boolean extended, boolean structured, long size) throws IOException {
        peer.extended = extended;
        peer.structured = structured;
        peer.size = size;
        return peer.handshake();
    }

    private Request expect(int type, int flags, long offset, long length) throws InterruptedException {
        Request request = next();
        assertThat(request.type()).isEqualTo(type);
        assertThat(request.flags()).isEqualTo(flags);
        assertThat(request.offset()).isEqualTo(offset);
        assertThat(request.length()).isEqualTo(length);
        return request;
    }

    private Request next() throws InterruptedException {
        Request request = requests.poll(20, TimeUnit.SECONDS);
        assertThat(request).as("the next request").isNotNull();
        return java.util.Objects.requireNonNull(request);
    }

    private static byte[] filled(int length, Request request) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) (request.offset() / 1024));
        return bytes;
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
