package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.testing.Fuzz;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.VirtualLoop;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever a server sends, the client neither throws nor keeps memory, and what it takes for an answer is one: a READ
 * has as many bytes as were asked for, a BLOCK_STATUS lies within its range. The input is all that a server sends; its
 * first byte says in pieces of how many bytes it arrives (0: as a whole). Once the handshake is done, a request of every
 * kind is in flight.
 */
public class NbdClientFuzzTest {
    private static final String CORPUS = "nbd-client";
    private static final long ONE_MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final int MOST_LENGTH = 4096;

    @Test
    void everyInputOfTheCorpusIsUnderstoodOrRefused() {
        Fuzz.replay(CORPUS, NbdClientFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void mutantsOfTheCorpusAreUnderstoodOrRefused() {
        Fuzz.mutate(CORPUS, NbdClientFuzzTest::fuzzerTestOneInput);
    }

    /** Once, before a search. */
    public static void fuzzerInitialize() {
        Fuzz.silence();
    }

    public static void fuzzerTestOneInput(byte[] input) throws DeviceException {
        if (input.length > 0) {
            Server server = new Server();
            server.send(input);
            server.leave();
        }
    }

    /** A server that sends bytes, and the client's session with it, on virtual time. */
    private static final class Server implements NbdClientSession.Opener, NbdClientSession.User {
        private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
        private final VirtualLoop loop = new VirtualLoop(allocator);
        private final EmbeddedChannel channel = new EmbeddedChannel();
        private final NbdClientPending pending = new NbdClientPending();
        private final NbdClientSession session;
        private @Nullable Throwable find;
        private boolean refused;
        private boolean ended;

        Server() throws DeviceException {
            NbdUri uri = NbdUri.parse(URI.create("nbd://192.0.2.1/disk"));
            session = new NbdClientSession(loop, uri, NbdClientOptions.DEFAULTS, this);
            channel.config().setAllocator(allocator);
            channel.pipeline().addLast(session);
            channel.pipeline().fireChannelActive();
        }

        void send(byte[] input) {
            int step = input[0] == 0 ? input.length : Byte.toUnsignedInt(input[0]);
            for (int at = 1; at < input.length && channel.isOpen(); at += step) {
                channel.writeInbound(Unpooled.wrappedBuffer(input, at, Math.min(step, input.length - at)));
                takeRequests();
            }
        }

        void leave() {
            channel.close();
            takeRequests();
            loop.runFor(ONE_MINUTE);
            assertThat(find).as("what went wrong").isNull();
            assertThat(refused || ended)
                    .as("whether the opener or the user was told")
                    .isTrue();
            pending.occupied(slot -> true).forEach(slot -> {
                slot.request().fail(IoError.of(IoError.Kind.DISCONNECTED, "the session is over"));
                pending.release(slot);
            });
            assertThat(allocator.metric().usedDirectMemory()
                            + allocator.metric().usedHeapMemory())
                    .as("bytes of buffers left behind")
                    .isZero();
        }

        private void takeRequests() {
            loop.run();
            channel.runPendingTasks();
            for (ByteBuf request = channel.readOutbound(); request != null; request = channel.readOutbound()) {
                request.release();
            }
        }

        @Override
        public void onReady(NbdClientSession ready, NbdClientExport export) {
            ready.use(pending, this);
            Asker asker = new Asker(export);
            int length = (int) Math.min(MOST_LENGTH, export.geometry().sizeBytes());
            length -= length % export.geometry().minimumBlockSize();
            asker.submit(NbdClientTestRequest.read(0, length));
            asker.submit(NbdClientTestRequest.of(IoOp.BLOCK_STATUS, 0, length, 0));
            asker.submit(NbdClientTestRequest.write(0, 0, new byte[length], 32));
            asker.submit(NbdClientTestRequest.of(IoOp.FLUSH, 0, 0, 0));
        }

        /** Lets through what the export can do, as a device does. */
        private final class Asker extends BlockChannel {
            Asker(NbdClientExport export) {
                super(new MemoryDevice("server", export.geometry()).with(export.capabilities()), loop);
            }

            @Override
            protected void start(IoRequest request) {
                @SuppressWarnings("NullAway") // Nobody asks whose request it is.
                NbdClientSlot slot = pending.acquire(request, null);
                slot.sent = true;
                session.send(slot);
            }

            @Override
            public void abort(IoError error) {}

            @Override
            public void close() {}
        }

        @Override
        public void onReply(NbdClientSlot slot) {
            try {
                if (slot.error == null) {
                    check(slot);
                }
                finish(slot, slot.error);
            } catch (RuntimeException | AssertionError e) {
                find = e;
            }
        }

        private static void check(NbdClientSlot slot) {
            if (slot.op == IoOp.READ) {
                assertThat(slot.data).isNotNull();
                assertThat(slot.data.readableBytes()).isEqualTo((int) slot.length);
            }
            if (slot.op == IoOp.BLOCK_STATUS) {
                assertThat(slot.extents).isNotEmpty();
                assertThat(slot.extents.stream().mapToLong(Extent::lengthBytes).sum())
                        .as("bytes that the extents tell of")
                        .isLessThanOrEqualTo(slot.length);
            }
        }

        private void finish(NbdClientSlot slot, @Nullable IoError error) {
            IoRequest request = slot.request();
            ByteBuf data = slot.data;
            int headroom = slot.dataHeadroom;
            List<Extent> extents = slot.extents;
            slot.data = null;
            pending.release(slot);
            if (error != null) {
                release(data);
                request.fail(error);
            } else if (request.op() == IoOp.READ) {
                request.succeed(data, headroom);
            } else if (request.op() == IoOp.BLOCK_STATUS) {
                request.succeed(extents);
            } else {
                request.succeed();
            }
        }

        private static void release(@Nullable ByteBuf data) {
            if (data != null) {
                data.release();
            }
        }

        @Override
        public void onRefused(DeviceException why) {
            tell(why.getCause());
            refused = true;
        }

        @Override
        public void onEnded(NbdClientSession over, IoError error, NbdClientSession.End how) {
            tell(error.cause());
            ended = true;
            over.close();
        }

        /** What is thrown within the channel comes out as the cause of its end. */
        private void tell(@Nullable Throwable cause) {
            if (refused || ended) {
                find = new AssertionError("told of the end before", cause);
            } else if (cause instanceof RuntimeException || cause instanceof Error) {
                find = cause;
            }
        }
    }
}
