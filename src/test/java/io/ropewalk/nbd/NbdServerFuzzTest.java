package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ropewalk.block.Geometry;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Fuzz;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.VirtualLoop;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends, the server neither throws nor keeps memory. The input is what a client sends after the
 * greeting; its first byte says in pieces of how many bytes it arrives (0: as a whole).
 */
public class NbdServerFuzzTest {
    private static final String CORPUS = "nbd-server";
    private static final long ONE_MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final long MEMORY_BYTES = 64L << 20;

    /** Never used: sessions live on virtual loops here, but a server needs some. */
    private static final NettyLoops LOOPS = new NettyLoops(Transport.NIO, 1);

    @Test
    void everyInputOfTheCorpusIsServedOrRefused() {
        Fuzz.replay(CORPUS, NbdServerFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void mutantsOfTheCorpusAreServedOrRefused() {
        Fuzz.mutate(CORPUS, NbdServerFuzzTest::fuzzerTestOneInput);
    }

    /** Once, before a search. */
    public static void fuzzerInitialize() {
        Fuzz.silence();
    }

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > 0) {
            Client client = new Client();
            client.send(input);
            client.leave();
        }
    }

    /** One client of a server of its own, on virtual time. */
    private static final class Client implements NbdExports, NbdServerObserver {
        private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
        private final VirtualLoop loop = new VirtualLoop(allocator);
        private final MemoryDevice device = new MemoryDevice("disk", Geometry.of(1 << 20, 512)).withHeadroom(32);
        private final NbdServer server;
        private final NbdSession session;
        private final EmbeddedChannel channel = new EmbeddedChannel();
        private @Nullable String end;

        Client() {
            NbdServerOptions options = NbdServerOptions.on(new InetSocketAddress("127.0.0.1", 0), null)
                    .withBounds(16, 1 << 20, MEMORY_BYTES);
            server = new NbdServer(LOOPS, this, options, this);
            session = new NbdSession(server, 1, new NbdPeer(null), loop);
            channel.config().setAllocator(allocator);
            channel.pipeline().addLast(session);
            channel.closeFuture().addListener(gone -> session.connectionGone());
            channel.pipeline().fireChannelActive();
        }

        void send(byte[] input) {
            int step = input[0] == 0 ? input.length : Byte.toUnsignedInt(input[0]);
            for (int at = 1; at < input.length && channel.isOpen(); at += step) {
                ByteBuf piece = Unpooled.wrappedBuffer(input, at, Math.min(step, input.length - at));
                channel.writeInbound(piece);
                takeAnswers();
                assertThat(server.memoryBytes()).isLessThanOrEqualTo(MEMORY_BYTES);
            }
        }

        void leave() {
            channel.close();
            loop.runFor(ONE_MINUTE);
            takeAnswers();
            assertThat(end).as("why the session ended").isNotNull().doesNotContain("a failure");
            assertThat(server.memoryBytes()).isZero();
            assertThat(device.openChannels()).isZero();
            assertThat(allocator.metric().usedDirectMemory()
                            + allocator.metric().usedHeapMemory())
                    .as("bytes of buffers left behind")
                    .isZero();
        }

        private void takeAnswers() {
            loop.run();
            channel.runPendingTasks();
            for (ByteBuf answer = channel.readOutbound(); answer != null; answer = channel.readOutbound()) {
                answer.release();
            }
        }

        @Override
        public List<NbdExport> list(NbdPeer peer) {
            return List.of(new NbdExport("disk", device, false, "a disk"));
        }

        @Override
        public Optional<NbdExport> find(String name, NbdPeer peer) {
            return name.equals("disk") ? Optional.of(list(peer).getFirst()) : Optional.empty();
        }

        @Override
        public void onSessionClosed(NbdSessionView view, String reason) {
            end = reason;
        }

        @Override
        public void onHandshakeFailed(NbdPeer peer, String reason) {
            end = reason;
        }
    }
}
