package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.nbd.ScriptedNbdServer.Peer;
import io.ropewalk.nbd.ScriptedNbdServer.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A server that breaks the rules in the transmission phase: what is in flight fails, and a good server helps again. */
@Timeout(60)
class NbdClientMisbehaviorTest {
    private static final int BLOCK = 4096;

    private final NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.IMPATIENT);
    private ScriptedNbdServer server;

    /** How replies are framed. */
    private enum Framing {
        SIMPLE,
        STRUCTURED,
        EXTENDED;

        Peer set(Peer peer) {
            return switch (this) {
                case SIMPLE -> peer;
                case STRUCTURED -> peer.structured();
                case EXTENDED -> peer.extended();
            };
        }
    }

    private interface Reply {
        void to(Request request, Peer peer) throws IOException;
    }

    /** One way to break the rules when a block is to be read at 8192. */
    private record Sin(String name, Framing framing, IoOp op, Kind kind, String why, Reply reply) {
        @Override
        public String toString() {
            return framing + " " + op + ": " + name;
        }
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

    static Stream<Sin> sins() {
        List<Sin> sins = new ArrayList<>();
        for (Framing framing : Framing.values()) {
            sins.add(
                    read(framing, "closes before the reply", Kind.DISCONNECTED, "closed the connection", (r, p) -> {}));
            sins.add(read(
                    framing,
                    "closes in the middle of a header",
                    Kind.DISCONNECTED,
                    "middle of a reply",
                    (r, p) -> p.out.writeInt(
                            framing == Framing.SIMPLE ? Nbd.SIMPLE_REPLY_MAGIC : Nbd.STRUCTURED_REPLY_MAGIC)));
            sins.add(read(
                    framing, "resets the connection", Kind.DISCONNECTED, "", (r, p) -> p.socket.setSoLinger(true, 0)));
            sins.add(read(framing, "unknown magic", Kind.PROTOCOL, "reply magic 0xabcdef01", (r, p) -> {
                p.out.writeInt(0xabcdef01);
                p.out.write(new byte[60]);
                p.ignore();
            }));
            sins.add(read(framing, "answers twice", Kind.PROTOCOL, "was not asked", (r, p) -> {
                Request next = p.request();
                p.succeed(r);
                p.succeed(r);
                p.ignore();
                assertThat(next).isNotNull();
            }));
        }
        simpleSins(sins);
        for (Framing framing : List.of(Framing.STRUCTURED, Framing.EXTENDED)) {
            chunkSins(sins, framing);
            statusSins(sins, framing);
        }
        extendedSins(sins);
        return sins.stream();
    }

    private static void simpleSins(List<Sin> sins) {
        sins.add(read(Framing.SIMPLE, "unknown cookie", Kind.PROTOCOL, "was not asked", (r, p) -> {
            p.simple(new Request(0, 0, r.cookie() + 1000, 0, 0, new byte[0]), 0);
            p.ignore();
        }));
        sins.add(read(Framing.SIMPLE, "cookie out of this world", Kind.PROTOCOL, "was not asked", (r, p) -> {
            p.simple(new Request(0, 0, -1, 0, 0, new byte[0]), 0);
            p.ignore();
        }));
        sins.add(read(
                Framing.SIMPLE,
                "closes in the middle of the data",
                Kind.DISCONNECTED,
                "middle of a reply",
                (r, p) -> p.simple(r, 0, new byte[100])));
        sins.add(read(Framing.SIMPLE, "structured reply nobody agreed on", Kind.PROTOCOL, "reply magic", (r, p) -> {
            p.structured = true;
            p.succeed(r);
            p.ignore();
        }));
        sins.add(read(Framing.STRUCTURED, "simple reply to a READ", Kind.PROTOCOL, "by a simple reply", (r, p) -> {
            p.simple(r, 0, new byte[BLOCK]);
            p.ignore();
        }));
        sins.add(new Sin(
                "simple reply", Framing.STRUCTURED, IoOp.BLOCK_STATUS, Kind.PROTOCOL, "simple reply", (r, p) -> {
                    p.simple(r, 0);
                    p.ignore();
                }));
    }

    private static void chunkSins(List<Sin> sins, Framing framing) {
        sins.add(sin(framing, "overlapping data", "twice", (r, p) -> {
            p.data(r, false, r.offset(), new byte[BLOCK - 1]);
            p.data(r, true, r.offset() + BLOCK - 2, new byte[2]);
        }));
        sins.add(sin(framing, "a hole over the whole", "twice", (r, p) -> {
            p.data(r, false, r.offset(), new byte[BLOCK]);
            p.hole(r, true, r.offset(), 1);
        }));
        sins.add(sin(framing, "the whole over a hole", "twice", (r, p) -> {
            p.hole(r, false, r.offset(), 1);
            p.data(r, true, r.offset(), new byte[BLOCK]);
        }));
        sins.add(sin(framing, "a gap", "without all its bytes", (r, p) -> {
            p.data(r, false, r.offset(), new byte[BLOCK / 2]);
            p.data(r, true, r.offset() + BLOCK / 2 + 1, new byte[BLOCK / 2 - 1]);
        }));
        sins.add(sin(framing, "nothing", "without all its bytes", (r, p) -> p.chunk(r, true, Nbd.REPLY_NONE)));
        sins.add(sin(
                framing,
                "data before the range",
                "outside the range",
                (r, p) -> p.data(r, true, r.offset() - 1, new byte[BLOCK])));
        sins.add(sin(
                framing,
                "a hole beyond the range",
                "outside the range",
                (r, p) -> p.hole(r, true, r.offset(), BLOCK + 1)));
        sins.add(sin(framing, "a hole of gigabytes", "outside the range", (r, p) -> p.hole(r, true, r.offset(), -1)));
        sins.add(sin(framing, "an empty hole", "outside the range", (r, p) -> p.hole(r, true, r.offset(), 0)));
        sins.add(sin(
                framing,
                "more data than asked for",
                "chunk of type 1",
                (r, p) -> p.chunkHeader(r, true, Nbd.REPLY_OFFSET_DATA, BLOCK + 9)));
        sins.add(sin(
                framing,
                "data of gigabytes",
                "chunk of type 1",
                (r, p) -> p.chunkHeader(r, true, Nbd.REPLY_OFFSET_DATA, 0xffff_ffffL)));
        sins.add(sin(
                framing,
                "data without data",
                "chunk of type 1",
                (r, p) -> p.chunkHeader(r, true, Nbd.REPLY_OFFSET_DATA, 8)));
        sins.add(sin(framing, "a status", "chunk of type", (r, p) -> {
            int type = framing == Framing.EXTENDED ? Nbd.REPLY_BLOCK_STATUS_EXT : Nbd.REPLY_BLOCK_STATUS;
            p.chunk(r, true, type, new byte[24]);
        }));
        sins.add(
                sin(framing, "a chunk of a type not invented yet", "chunk of type 77", (r, p) -> p.chunk(r, true, 77)));
        sins.add(sin(
                framing,
                "an empty chunk that is not empty",
                "chunk of type 0",
                (r, p) -> p.chunk(r, true, Nbd.REPLY_NONE, (byte) 1)));
        sins.add(sin(
                framing,
                "an empty chunk that is not the last",
                "not the last one",
                (r, p) -> p.chunk(r, false, Nbd.REPLY_NONE)));
        sins.add(sin(
                framing,
                "an error that is none",
                "makes no sense",
                (r, p) -> p.error(r, true, Nbd.REPLY_ERROR, 0, "")));
        sins.add(sin(
                framing,
                "an error longer than its chunk",
                "makes no sense",
                (r, p) -> p.chunk(r, true, Nbd.REPLY_ERROR, new byte[] {0, 0, 0, 5, 0, 1})));
        sins.add(sin(
                framing,
                "a short error",
                "chunk of type 32769",
                (r, p) -> p.chunk(r, true, Nbd.REPLY_ERROR, new byte[5])));
        sins.add(sin(
                framing,
                "an error of megabytes",
                "chunk of type 32769",
                (r, p) -> p.chunkHeader(r, true, Nbd.REPLY_ERROR, 1 << 20)));
        sins.add(sin(
                framing,
                "an error somewhere else",
                "offset that was not asked for",
                (r, p) -> p.error(r, true, Nbd.REPLY_ERROR_OFFSET, 5, "", new byte[8])));
        sins.add(new Sin("data", framing, IoOp.FLUSH, Kind.PROTOCOL, "chunk of type 1", (r, p) -> {
            p.data(r, true, 0, new byte[1]);
            p.ignore();
        }));
    }

    private static void statusSins(List<Sin> sins, Framing framing) {
        boolean extended = framing == Framing.EXTENDED;
        sins.add(status(framing, "none", "without a status", (r, p) -> p.chunk(r, true, Nbd.REPLY_NONE)));
        sins.add(status(framing, "of another context", "metadata context", (r, p) -> status(r, p, true, 8, 512)));
        sins.add(status(framing, "twice", "metadata context", (r, p) -> {
            status(r, p, false, p.context, 512);
            status(r, p, true, p.context, 512);
        }));
        sins.add(status(framing, "of nothing", "status of 0 bytes", (r, p) -> status(r, p, true, p.context, 0)));
        int type = extended ? Nbd.REPLY_BLOCK_STATUS_EXT : Nbd.REPLY_BLOCK_STATUS;
        int other = extended ? Nbd.REPLY_BLOCK_STATUS : Nbd.REPLY_BLOCK_STATUS_EXT;
        sins.add(status(
                framing,
                "of the other framing",
                "chunk of type " + other,
                (r, p) -> p.chunk(r, true, other, new byte[24])));
        sins.add(status(
                framing, "of odd length", "chunk of type " + type, (r, p) -> p.chunk(r, true, type, new byte[13])));
        sins.add(status(
                framing,
                "of gigabytes",
                "chunk of type " + type,
                (r, p) -> p.chunkHeader(r, true, type, 8L + (1L << 31))));
    }

    private static void extendedSins(List<Sin> sins) {
        sins.add(sin(
                Framing.EXTENDED,
                "another offset",
                "another offset",
                (r, p) -> p.succeed(new Request(0, r.type(), r.cookie(), r.offset() + 1, r.length(), r.payload()))));
        sins.add(sin(Framing.EXTENDED, "a simple reply", "reply magic", (r, p) -> p.simple(r, 0, new byte[BLOCK])));
        sins.add(sin(
                Framing.EXTENDED,
                "a length of 64 bits",
                "18446744073709551615 bytes",
                (r, p) -> p.chunkHeader(r, true, Nbd.REPLY_OFFSET_DATA, -1)));
        sins.add(status(Framing.EXTENDED, "counted wrongly", "counts", (r, p) -> {
            ByteBuffer payload = ByteBuffer.allocate(24)
                    .putInt(p.context)
                    .putInt(2)
                    .putLong(512)
                    .putLong(0);
            p.chunk(r, true, Nbd.REPLY_BLOCK_STATUS_EXT, payload.array());
        }));
    }

    private static Sin read(Framing framing, String name, Kind kind, String why, Reply reply) {
        return new Sin(name, framing, IoOp.READ, kind, why, reply);
    }

    private static Sin sin(Framing framing, String name, String why, Reply reply) {
        return new Sin(name, framing, IoOp.READ, Kind.PROTOCOL, why, (r, p) -> {
            reply.to(r, p);
            p.ignore();
        });
    }

    private static Sin status(Framing framing, String name, String why, Reply reply) {
        return new Sin(name, framing, IoOp.BLOCK_STATUS, Kind.PROTOCOL, why, (r, p) -> {
            reply.to(r, p);
            p.ignore();
        });
    }

    private static void status(Request request, Peer peer, boolean done, int context, long length) throws IOException {
        ByteBuffer payload = peer.extended
                ? ByteBuffer.allocate(24)
                        .putInt(context)
                        .putInt(1)
                        .putLong(length)
                        .putLong(0)
                : ByteBuffer.allocate(12).putInt(context).putInt((int) length).putInt(0);
        int type = peer.extended ? Nbd.REPLY_BLOCK_STATUS_EXT : Nbd.REPLY_BLOCK_STATUS;
        peer.chunk(request, done, type, payload.array());
    }

    @ParameterizedTest
    @MethodSource("sins")
    void aServerThatBreaksTheRules_failsWhatIsInFlight_andIsForgivenLater(Sin sin) {
        server.then(
                peer -> sin.framing.set(peer).handshake().serve(),
                peer -> sin.reply.to(sin.framing.set(peer).handshake().request(), peer));
        server.otherwise(peer -> sin.framing.set(peer).handshake().serve());
        BlockDevice device = fixture.open(server.uri());
        BlockChannel channel = fixture.channel(device);

        long length = sin.op == IoOp.FLUSH ? 0 : BLOCK;
        var asked = NbdClientTestRequest.of(sin.op, length * 2, length, 0);
        var bystander = NbdClientTestRequest.write(0, 0, new byte[BLOCK], 0);
        channel.loop().execute(() -> {
            channel.submit(asked);
            channel.submit(bystander);
        });

        // whoever answers twice has answered once
        IoError error = sin.name.equals("answers twice") ? bystander.awaitError() : asked.awaitError();
        assertThat(error.kind()).as("%s", error).isEqualTo(sin.kind);
        assertThat(error.message()).contains(sin.why);
        assertThat(bystander.awaitError().kind()).isEqualTo(sin.kind);
        awaitRecovery(channel);
        assertThat(server.accepted()).as("connections").isEqualTo(3);
    }

    @Test
    void silence_isForWhoeverAsksToGiveUp_andAbortEndsTheConnection() throws Exception {
        var gone = new java.util.concurrent.CountDownLatch(1);
        server.then(peer -> peer.handshake().serve(), peer -> {
            peer.handshake();
            try {
                peer.ignore();
            } finally {
                gone.countDown();
            }
        });
        server.otherwise(peer -> peer.handshake().serve());
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var asked = NbdClientTestRequest.read(0, BLOCK).on(channel);
        Awaitility.await().until(() -> server.accepted() == 2);

        NbdClientFixture.runOn(channel.loop(), () -> {
            channel.abort(IoError.of(Kind.TIMEOUT, "no patience"));
            assertThat(asked.isAnswered()).isTrue();
        });

        IoError error = asked.awaitError();
        assertThat(error.kind()).isEqualTo(Kind.TIMEOUT);
        assertThat(error.message()).isEqualTo("no patience");
        // The server closes its side when it sees that ours is closed: what was sent can no longer take effect.
        Awaitility.await().until(() -> error.settlement().isSettled());
        assertThat(gone.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        awaitRecovery(channel);
    }

    @Test
    void aServerThatTricklesItsReplies_isUnderstood() {
        server.then(peer -> peer.structured().handshake().serve(), peer -> {
            peer.structured().handshake();
            Request request = peer.request();
            ByteBuffer reply = ByteBuffer.allocate(28 + BLOCK);
            reply.putInt(Nbd.STRUCTURED_REPLY_MAGIC).putShort((short) 1).putShort((short) Nbd.REPLY_OFFSET_DATA);
            reply.putLong(request.cookie()).putInt(8 + BLOCK).putLong(request.offset());
            for (byte b : reply.array()) {
                peer.out.write(b);
                peer.out.flush();
            }
            peer.serve();
        });
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        assertThat(NbdClientTestRequest.read(0, BLOCK).on(channel).awaitData()).isEqualTo(new byte[BLOCK]);
    }

    private static void awaitRecovery(BlockChannel channel) {
        Awaitility.await("the channel works again")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(() ->
                        NbdClientTestRequest.read(0, BLOCK).on(channel).await().error() == null);
    }
}
