package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.nbd.RawNbdClient.Reply;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.ScriptedDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NbdServerTransmissionTest {
    private static final long SIZE = 64 << 20;
    private static final int MAX = Geometry.MAXIMUM_PAYLOAD_BYTES;
    private static final long COOKIE = 0xfedcba9876543210L;

    private final Random random = new Random(42);
    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(SIZE, 512));
    private NbdServerFixture fixture;

    @BeforeEach
    void start() throws IOException {
        fixture = NbdServerFixture.serving(disk);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    // What is legal

    @ParameterizedTest
    @CsvSource({
        "SIMPLE,0",
        "SIMPLE,15",
        "SIMPLE,16",
        "STRUCTURED,0",
        "STRUCTURED,27",
        "STRUCTURED,28",
        "EXTENDED,0",
        "EXTENDED,39",
        "EXTENDED,40",
        "EXTENDED,100"
    })
    void whatIsWritten_isReadBack(NbdReplyFormat format, int headroom) throws IOException {
        disk.withHeadroom(headroom);
        byte[] data = randomBytes(70_144);
        try (RawNbdClient client = fixture.open(format)) {
            client.write(0, COOKIE, 1024, data);
            assertSuccess(client.reply(), COOKIE);
            client.request(Nbd.CMD_READ, 0, COOKIE, 1024, data.length);
            Reply reply = client.reply(data.length);
            assertSuccess(reply, COOKIE);
            assertThat(reply.chunk()).isEqualTo(format == NbdReplyFormat.SIMPLE ? -1 : Nbd.REPLY_OFFSET_DATA);
            assertThat(reply.offset()).isEqualTo(format == NbdReplyFormat.SIMPLE ? 0 : 1024);
            assertThat(reply.payload()).isEqualTo(data);
            assertThat(disk.bytes(1024, data.length)).isEqualTo(data);
        }
    }

    private static void assertSuccess(Reply reply, long cookie) {
        assertThat(reply.errno()).as(reply.text()).isZero();
        assertThat(reply.cookie()).isEqualTo(cookie);
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void theLongestReadAndWrite_areServed(NbdReplyFormat format) throws IOException {
        byte[] data = randomBytes(MAX);
        try (RawNbdClient client = fixture.open(format)) {
            client.write(0, 1, SIZE - MAX, data);
            assertSuccess(client.reply(), 1);
            client.request(Nbd.CMD_READ, 0, 2, SIZE - MAX, MAX);
            assertThat(client.reply(MAX).payload()).isEqualTo(data);
        }
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void everyOtherCommand_reachesTheDeviceWithItsFlags(NbdReplyFormat format) throws IOException {
        try (RawNbdClient client = fixture.open(format)) {
            client.write(Nbd.CMD_FLAG_FUA, 1, 0, new byte[512]);
            client.request(Nbd.CMD_FLUSH, 0, 2, 0, 0);
            client.request(Nbd.CMD_FLUSH, Nbd.CMD_FLAG_FUA, 3, 0, 0);
            client.request(Nbd.CMD_TRIM, Nbd.CMD_FLAG_FUA, 4, 512, 1024);
            client.request(Nbd.CMD_CACHE, 0, 5, 0, SIZE);
            client.request(Nbd.CMD_WRITE_ZEROES, Nbd.CMD_FLAG_NO_HOLE, 6, 0, 4096);
            client.request(Nbd.CMD_WRITE_ZEROES, Nbd.CMD_FLAG_FAST_ZERO | Nbd.CMD_FLAG_FUA, 7, 0, SIZE);
            for (int i = 1; i <= 7; i++) {
                Reply reply = client.reply();
                assertSuccess(reply, i);
                assertThat(reply.chunk()).isEqualTo(format == NbdReplyFormat.EXTENDED ? Nbd.REPLY_NONE : -1);
            }
        }
        assertThat(disk.journal())
                .containsExactly(
                        "WRITE 0+512 flags 1",
                        "FLUSH 0+0",
                        "FLUSH 0+0",
                        "TRIM 512+1024 flags 1",
                        "CACHE 0+67108864",
                        "WRITE_ZEROES 0+4096 flags 2",
                        "WRITE_ZEROES 0+67108864 flags 5");
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void whatIsLong_goesPieceByPiece_andIsAnsweredOnce(NbdReplyFormat format) throws IOException {
        fixture.close();
        long piece = NbdServerRequest.PIECE_BYTES;
        ScriptedDevice large = new ScriptedDevice("large", new ScriptedDevice.Disk(0)).with(Geometry.of(1L << 50, 512));
        List<String> asked = new CopyOnWriteArrayList<>();
        large.failingWhere(request -> {
            asked.add(request.toString());
            return request.offset() == 5 * piece ? IoError.of(Kind.IO, "a bad spot") : null;
        });
        fixture = NbdServerFixture.serving(large);
        try (RawNbdClient client = fixture.open(format)) {
            client.request(Nbd.CMD_CACHE, 0, 1, piece / 2, 2 * piece);
            assertSuccess(client.reply(), 1);
            assertThat(asked)
                    .containsExactly(
                            "CACHE " + piece / 2 + "+" + piece / 2,
                            "CACHE " + piece + "+" + piece,
                            "CACHE " + 2 * piece + "+" + piece / 2);
            asked.clear();
            client.request(Nbd.CMD_CACHE, 0, 2, 4 * piece, 3 * piece);
            Reply refused = client.reply();
            assertThat(refused.cookie()).isEqualTo(2);
            assertThat(refused.errno()).isEqualTo(Nbd.EIO);
            assertThat(asked).hasSize(2);
            asked.clear();
            assertRefused(client, Nbd.CMD_WRITE_ZEROES, 0, (1L << 50) - piece, 2 * piece, Nbd.ENOSPC);
            assertRefused(client, Nbd.CMD_TRIM, 0, 0, 2 * piece + 1, Nbd.EINVAL);
            assertThat(asked).isEmpty();
        }
    }

    @Test
    void dontFragment_isAlwaysObeyed() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.STRUCTURED)) {
            client.request(Nbd.CMD_READ, Nbd.CMD_FLAG_DF, 1, 0, 1 << 20);
            assertThat(client.reply().payload()).hasSize(1 << 20);
        }
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void manyRequestsAtOnce_areAllAnsweredWithTheirOwnCookies(NbdReplyFormat format) throws IOException {
        disk.withHeadroom(40);
        byte[] content = randomBytes(1 << 20);
        disk.put(0, content);
        int count = 3000;
        try (RawNbdClient client = fixture.open(format)) {
            Map<Long, Integer> asked = new HashMap<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        Reply reply = client.reply(i % 3 == 0 ? 0 : 512);
                        asked.merge(reply.cookie(), 1, Integer::sum);
                        assertThat(reply.errno()).isZero();
                        if (reply.payload().length > 0) {
                            int at = (int) (reply.cookie() % 2048) * 512;
                            assertThat(ByteBuffer.wrap(reply.payload())).isEqualTo(ByteBuffer.wrap(content, at, 512));
                        }
                    }
                } catch (IOException broken) {
                    throw new AssertionError(broken);
                }
            });
            for (long i = 0; i < count; i++) {
                if (i % 3 == 0) {
                    client.header(
                            Nbd.CMD_WRITE,
                            format == NbdReplyFormat.EXTENDED ? Nbd.CMD_FLAG_PAYLOAD_LEN : 0,
                            i,
                            SIZE - 512,
                            512);
                    client.send(new byte[512]);
                } else {
                    client.request(Nbd.CMD_READ, 0, i, i % 2048 * 512, 512);
                }
            }
            join(reader);
            assertThat(asked).hasSize(count);
        }
    }

    private static void join(Thread thread) {
        await().atMost(NbdServerFixture.PATIENCE).until(() -> !thread.isAlive());
    }

    @Test
    void requestsMayArriveByteByByte() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            ByteBuffer two = ByteBuffer.allocate(28 + 512 + 28);
            two.putInt(Nbd.REQUEST_MAGIC)
                    .putInt(Nbd.CMD_WRITE)
                    .putLong(1)
                    .putLong(0)
                    .putInt(512);
            two.put(randomBytes(512));
            two.putInt(Nbd.REQUEST_MAGIC)
                    .putInt(Nbd.CMD_READ)
                    .putLong(2)
                    .putLong(0)
                    .putInt(512);
            for (byte one : two.array()) {
                client.send(new byte[] {one});
            }
            assertSuccess(client.reply(), 1);
            assertThat(ByteBuffer.wrap(client.reply(512).payload())).isEqualTo(two.slice(28, 512));
        }
    }

    // BLOCK_STATUS

    @Test
    void blockStatus_tellsHolesIn32Bits() throws IOException {
        disk.put(65536, new byte[] {1});
        try (RawNbdClient client = fixture.open(NbdReplyFormat.STRUCTURED)) {
            client.request(Nbd.CMD_BLOCK_STATUS, 0, 9, 512, SIZE - 512);
            Reply reply = client.reply();
            assertThat(reply.chunk()).isEqualTo(Nbd.REPLY_BLOCK_STATUS);
            assertThat(ints(reply)).containsExactly(1, 65536 - 512, 3, 65536, 0, (int) SIZE - 2 * 65536, 3);
            client.request(Nbd.CMD_BLOCK_STATUS, Nbd.CMD_FLAG_REQ_ONE, 9, 0, 512);
            assertThat(ints(client.reply())).containsExactly(1, 512, 3);
        }
    }

    @Test
    void blockStatus_tells64BitLengthsWithExtendedHeaders() throws IOException {
        long huge = 1L << 40;
        disk.resize(huge);
        disk.put(huge - 65536, new byte[] {1});
        try (RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            client.request(Nbd.CMD_BLOCK_STATUS, Nbd.CMD_FLAG_REQ_ONE, 9, 512, huge - 512);
            Reply reply = client.reply();
            assertThat(reply.chunk()).isEqualTo(Nbd.REPLY_BLOCK_STATUS_EXT);
            assertThat(reply.offset()).isEqualTo(512);
            ByteBuffer data = ByteBuffer.wrap(reply.payload());
            assertThat(List.of(data.getInt(), data.getInt())).containsExactly(1, 1);
            assertThat(List.of(data.getLong(), data.getLong())).containsExactly(huge - 65536 - 512, 3L);
            assertThat(data.hasRemaining()).isFalse();
        }
    }

    private static List<Integer> ints(Reply reply) {
        List<Integer> ints = new ArrayList<>();
        ByteBuffer data = ByteBuffer.wrap(reply.payload());
        while (data.hasRemaining()) {
            ints.add(data.getInt());
        }
        return ints;
    }

    @Test
    void blockStatusWithoutContext_isInvalid() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertRefused(client, Nbd.CMD_BLOCK_STATUS, 0, 0, 512, Nbd.EINVAL);
        }
    }

    // What is not legal: the errno that the protocol asks for, and the session lives on

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void rangesBeyondTheEnd_areNoSpaceForWritesAndInvalidElse(NbdReplyFormat format) throws IOException {
        try (RawNbdClient client = fixture.open(format)) {
            for (long offset : new long[] {SIZE, SIZE - 512, Long.MAX_VALUE & ~511L, -512}) {
                assertRefused(client, Nbd.CMD_READ, 0, offset, 1024, Nbd.EINVAL);
                assertRefused(client, Nbd.CMD_TRIM, 0, offset, 1024, Nbd.EINVAL);
                assertRefused(client, Nbd.CMD_CACHE, 0, offset, 1024, Nbd.EINVAL);
                assertRefused(client, Nbd.CMD_WRITE_ZEROES, 0, offset, 1024, Nbd.ENOSPC);
                assertWriteRefused(client, 0, offset, 1024, Nbd.ENOSPC);
                if (format != NbdReplyFormat.SIMPLE) {
                    assertRefused(client, Nbd.CMD_BLOCK_STATUS, 0, offset, 1024, Nbd.EINVAL);
                }
            }
            assertAlive(client);
        }
        assertThat(disk.journal()).containsExactly("READ 0+512");
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void unalignedAndEmptyRequests_areInvalid(NbdReplyFormat format) throws IOException {
        try (RawNbdClient client = fixture.open(format)) {
            for (int command : new int[] {Nbd.CMD_READ, Nbd.CMD_TRIM, Nbd.CMD_WRITE_ZEROES, Nbd.CMD_CACHE}) {
                assertRefused(client, command, 0, 1, 512, Nbd.EINVAL);
                assertRefused(client, command, 0, 512, 511, Nbd.EINVAL);
                assertRefused(client, command, 0, 512, 0, Nbd.EINVAL);
            }
            assertWriteRefused(client, 0, 256, 512, Nbd.EINVAL);
            assertWriteRefused(client, 0, 0, 300, Nbd.EINVAL);
            assertWriteRefused(client, 0, 0, 0, Nbd.EINVAL);
            assertAlive(client);
        }
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void unknownCommandsAndFlags_areInvalid(NbdReplyFormat format) throws IOException {
        try (RawNbdClient client = fixture.open(format)) {
            assertRefused(client, Nbd.CMD_RESIZE, 0, 0, 512, Nbd.EINVAL);
            assertRefused(client, 99, 0, 0, 512, Nbd.EINVAL);
            assertRefused(client, 0xffff, 0, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_READ, 1 << 9, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_READ, Nbd.CMD_FLAG_NO_HOLE, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_READ, Nbd.CMD_FLAG_REQ_ONE, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_TRIM, Nbd.CMD_FLAG_FAST_ZERO, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_CACHE, Nbd.CMD_FLAG_DF, 0, 512, Nbd.EINVAL);
            assertWriteRefused(client, Nbd.CMD_FLAG_DF, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_FLUSH, 0, 512, 0, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_FLUSH, 0, 0, 512, Nbd.EINVAL);
            assertAlive(client);
        }
    }

    @Test
    void flagsThatWereNotAdvertised_areInvalid() throws IOException {
        disk.without(Capability.FUA).without(Capability.FAST_ZERO);
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertRefused(client, Nbd.CMD_FLUSH, Nbd.CMD_FLAG_FUA, 0, 0, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_READ, Nbd.CMD_FLAG_DF, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_WRITE_ZEROES, Nbd.CMD_FLAG_FAST_ZERO, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_TRIM, Nbd.CMD_FLAG_PAYLOAD_LEN, 0, 512, Nbd.EINVAL);
            assertWriteRefused(client, Nbd.CMD_FLAG_FUA, 0, 512, Nbd.EINVAL);
            assertAlive(client);
        }
    }

    @Test
    void commandsThatTheDeviceDoesNotDo_areInvalid() throws IOException {
        disk.without(Capability.FLUSH)
                .without(Capability.TRIM)
                .without(Capability.WRITE_ZEROES)
                .without(Capability.CACHE);
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertRefused(client, Nbd.CMD_FLUSH, 0, 0, 0, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_TRIM, 0, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_WRITE_ZEROES, 0, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_CACHE, 0, 0, 512, Nbd.EINVAL);
            assertAlive(client);
        }
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void readOnlyExport_permitsNoChange(NbdReplyFormat format) throws IOException {
        fixture.exports.set(0, new NbdExport("disk", disk, true, ""));
        try (RawNbdClient client = fixture.open(format)) {
            assertWriteRefused(client, 0, 0, 512, Nbd.EPERM);
            assertRefused(client, Nbd.CMD_TRIM, 0, 0, 512, Nbd.EPERM);
            assertRefused(client, Nbd.CMD_WRITE_ZEROES, 0, 0, 512, Nbd.EPERM);
            assertAlive(client);
        }
        assertThat(disk.journal()).containsExactly("READ 0+512");
    }

    @Test
    void readOnlyDevice_permitsNoChange() throws IOException {
        disk.without(Capability.WRITE);
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertWriteRefused(client, 0, 0, 512, Nbd.EPERM);
            assertAlive(client);
        }
    }

    @Test
    void readsThatAreTooLong_overflowWhereRepliesComeInChunks() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertRefused(client, Nbd.CMD_READ, 0, 0, MAX + 512, Nbd.EINVAL);
            assertAlive(client);
        }
        try (RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            assertRefused(client, Nbd.CMD_READ, Nbd.CMD_FLAG_DF, 0, MAX + 512, Nbd.EOVERFLOW);
            assertRefused(client, Nbd.CMD_READ, 0, 0, 1L << 40, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_READ, 0, 0, -512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_WRITE_ZEROES, 0, 0, -512, Nbd.ENOSPC);
            assertAlive(client);
        }
    }

    @Test
    void writesThatAreTooLong_areSkippedAndAbsurdOnesEndTheSession() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.STRUCTURED)) {
            client.write(0, 5, 0, new byte[MAX + 512]);
            Reply reply = client.reply();
            assertThat(reply.errno()).isEqualTo(Nbd.EINVAL);
            assertThat(reply.cookie()).isEqualTo(5);
            assertAlive(client);
            client.request(Nbd.CMD_WRITE, 0, 6, 0, 0xffff_fe00L);
            client.awaitClosed();
        }
        try (RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            client.request(Nbd.CMD_WRITE, Nbd.CMD_FLAG_PAYLOAD_LEN, 6, 0, MAX + 512);
            client.awaitClosed();
        }
        assertThat(disk.journal()).containsExactly("READ 0+512");
    }

    @Test
    void writesLongerThanTheDeviceTakes_areInvalid() throws IOException {
        MemoryDevice narrow = new MemoryDevice("narrow", new Geometry(SIZE, 512, 4096, 1 << 16));
        fixture.exports.set(0, new NbdExport("narrow", narrow, false, ""));
        try (RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            assertWriteRefused(client, 0, 0, (1 << 16) + 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_READ, 0, 0, (1 << 16) + 512, Nbd.EOVERFLOW);
            assertAlive(client);
        }
    }

    @Test
    void payloadWhereNoneBelongs_isConsumedAndInvalid() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            for (int command : new int[] {Nbd.CMD_BLOCK_STATUS, Nbd.CMD_READ, Nbd.CMD_FLUSH, 77}) {
                client.header(command, Nbd.CMD_FLAG_PAYLOAD_LEN, 3, 0, 12).send(new byte[12]);
                assertThat(client.reply().errno()).isEqualTo(Nbd.EINVAL);
            }
            assertRefused(client, Nbd.CMD_WRITE, 0, 0, 512, Nbd.EINVAL);
            assertRefused(client, Nbd.CMD_BLOCK_STATUS, Nbd.CMD_FLAG_PAYLOAD_LEN, 0, 0, Nbd.EINVAL);
            assertAlive(client);
        }
    }

    @Test
    void requestWithoutMagic_endsTheSession() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            client.send(new byte[28]);
            client.awaitClosed();
        }
        await().untilAsserted(() ->
                assertThat(fixture.heard).contains("closed disk: the client sent a request without its magic number"));
    }

    @Test
    void fastZeroThatIsSlow_isNotSupported() throws IOException {
        disk.slowToZero();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            assertRefused(client, Nbd.CMD_WRITE_ZEROES, Nbd.CMD_FLAG_FAST_ZERO, 0, 512, Nbd.ENOTSUP);
            assertAlive(client);
        }
    }

    private static void assertRefused(RawNbdClient client, int command, int flags, long offset, long length, int errno)
            throws IOException {
        client.request(command, flags, COOKIE, offset, length);
        assertRefusal(client.reply(), errno, command == Nbd.CMD_READ);
    }

    private static void assertWriteRefused(RawNbdClient client, int flags, long offset, int length, int errno)
            throws IOException {
        client.write(flags, COOKIE, offset, new byte[length]);
        assertRefusal(client.reply(), errno, false);
    }

    private static void assertRefusal(Reply reply, int errno, boolean read) {
        assertThat(reply.errno()).as(reply.text()).isEqualTo(errno);
        assertThat(reply.cookie()).isEqualTo(COOKIE);
        if (reply.chunk() != -1) {
            assertThat(reply.chunk()).isEqualTo(Nbd.REPLY_ERROR);
            assertThat(reply.text()).isNotBlank();
        }
    }

    private static void assertAlive(RawNbdClient client) throws IOException {
        client.request(Nbd.CMD_READ, 0, 1, 0, 512);
        assertThat(client.reply(512).payload()).hasSize(512);
    }

    // What the device cannot do

    @ParameterizedTest
    @CsvSource({
        "IO,5",
        "DISCONNECTED,5",
        "NO_PATH,5",
        "NO_SPACE,28",
        "NO_MEMORY,12",
        "NOT_PERMITTED,1",
        "SHUTTING_DOWN,108",
        "NOT_SUPPORTED,22",
        "TIMEOUT,5"
    })
    void devicesErrors_areToldWithTheirText(Kind kind, int errno) throws IOException {
        String text = "ä".repeat(300);
        try (RawNbdClient chunks = fixture.open(NbdReplyFormat.EXTENDED);
                RawNbdClient simple = fixture.open(NbdReplyFormat.SIMPLE)) {
            disk.failWith(IoError.of(kind, text));
            chunks.request(Nbd.CMD_READ, 0, 1, 0, 512);
            Reply reply = chunks.reply();
            assertThat(reply.errno()).isEqualTo(errno);
            assertThat(text).startsWith(reply.text());
            assertThat(reply.text()).hasSizeGreaterThan(100);
            simple.request(Nbd.CMD_READ, 0, 1, 0, 512);
            assertThat(simple.reply(512).errno()).isEqualTo(errno);
            disk.failWith(null);
            assertAlive(chunks);
            assertAlive(simple);
        }
        assertThat(fixture.heard).hasSizeGreaterThanOrEqualTo(2);
    }

    // The end

    @Test
    void disc_letsWhatIsInFlightFinish() throws IOException {
        disk.holdBack();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.STRUCTURED)) {
            client.write(0, 1, 0, randomBytes(512));
            client.request(Nbd.CMD_READ, 0, 2, 0, 4096);
            client.request(Nbd.CMD_DISC, 0, 3, 0, 0);
            fixture.awaitHeldBack(disk, 2);
            disk.letGo();
            assertSuccess(client.reply(), 1);
            assertThat(client.reply().payload()).hasSize(4096);
            client.awaitClosed();
        }
        await().untilAsserted(() ->
                assertThat(fixture.heard).containsExactly("opened disk", "closed disk: the client disconnected"));
    }

    @ParameterizedTest
    @EnumSource(NbdReplyFormat.class)
    void brokenConnection_leavesWhatIsInFlightToTheDevice(NbdReplyFormat format) throws IOException {
        disk.holdBack();
        byte[] data = randomBytes(1 << 20);
        try (RawNbdClient client = fixture.open(format)) {
            client.write(0, 1, 0, data);
            client.request(Nbd.CMD_READ, 0, 2, 0, 1 << 20);
            client.request(Nbd.CMD_FLUSH, 0, 3, 0, 0);
            fixture.awaitHeldBack(disk, 3);
            client.header(Nbd.CMD_WRITE, 0, 4, 0, 1 << 20).send(new byte[1000]);
            client.reset();
        }
        fixture.settle();
        assertThat(fixture.server.sessions()).hasSize(1);
        assertThat(disk.openChannels()).isEqualTo(1);
        disk.letGo();
        fixture.awaitNoSessions();
        assertThat(disk.openChannels()).isZero();
        assertThat(disk.bytes(0, data.length)).isEqualTo(data);
    }

    @Test
    void writeFollowedByDiscAndAClosedSocket_isDone() throws IOException {
        byte[] data = randomBytes(512);
        disk.holdBack();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            client.write(0, 1, 0, data).request(Nbd.CMD_DISC, 0, 2, 0, 0);
        }
        fixture.awaitHeldBack(disk, 1);
        disk.letGo();
        fixture.awaitNoSessions();
        assertThat(disk.bytes(0, 512)).isEqualTo(data);
    }

    @Test
    void counters_tellWhatWasDone() throws IOException {
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            client.write(0, 1, 0, new byte[1024]).request(Nbd.CMD_READ, 0, 2, 0, 512);
            assertSuccess(client.reply(), 1);
            assertSuccess(client.reply(512), 2);
            assertRefused(client, Nbd.CMD_READ, 0, 1, 1, Nbd.EINVAL);
            NbdSessionView view = fixture.server.sessions().getFirst();
            assertThat(view.export()).isEqualTo("disk");
            assertThat(view.peer().toString()).startsWith("127.0.0.1:");
            assertThat(view.requests()).isEqualTo(3);
            assertThat(view.errors()).isEqualTo(1);
            assertThat(view.bytesWritten()).isEqualTo(1024);
            assertThat(view.bytesRead()).isEqualTo(512);
            assertThat(view.inFlight()).isZero();
        }
    }
}
