package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A running server with its loops. Closing it checks that nothing is left behind: no session, no memory, no buffer. */
final class NbdServerFixture implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private final long buffersBefore = activeBuffers();
    final List<String> heard = new CopyOnWriteArrayList<>();
    final List<NbdExport> exports = new CopyOnWriteArrayList<>();
    /** Who may use the exports. */
    volatile Predicate<NbdPeer> allowed = peer -> true;

    final NettyLoops loops;
    final NbdServer server;

    private NbdServerFixture(Transport transport, NbdServerOptions options) throws IOException {
        this.loops = new NettyLoops(transport, 2);
        this.server = new NbdServer(loops, new Directory(), options, new Observer());
        try {
            server.start();
        } catch (IOException failed) {
            loops.close();
            throw failed;
        }
    }

    static NbdServerFixture serving(BlockDevice... devices) throws IOException {
        return serving(options -> options, devices);
    }

    static NbdServerFixture serving(UnaryOperator<NbdServerOptions> change, BlockDevice... devices) throws IOException {
        return serving(Transport.best(), null, change, devices);
    }

    static NbdServerFixture serving(
            Transport transport,
            @Nullable Path unixSocket,
            UnaryOperator<NbdServerOptions> change,
            BlockDevice... devices)
            throws IOException {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        NbdServerFixture fixture =
                new NbdServerFixture(transport, change.apply(NbdServerOptions.on(anyPort, unixSocket)));
        for (BlockDevice device : devices) {
            fixture.exports.add(new NbdExport(device.name(), device, false, ""));
        }
        return fixture;
    }

    InetSocketAddress address() {
        return Objects.requireNonNull(server.boundAddress());
    }

    RawNbdClient connect() throws IOException {
        return RawNbdClient.connect(address());
    }

    RawNbdClient open(NbdReplyFormat format) throws IOException {
        return RawNbdClient.open(address(), exports.getFirst().name(), format);
    }

    /** Waits until every loop has run what was handed to it before. */
    void settle() {
        CountDownLatch turns = new CountDownLatch(loops.loops().size());
        loops.loops().forEach(loop -> loop.execute(turns::countDown));
        await().atMost(PATIENCE).until(() -> turns.getCount() == 0);
    }

    void awaitNoSessions() {
        await().atMost(PATIENCE).until(() -> server.sessions().isEmpty());
    }

    void awaitHeldBack(MemoryDevice device, int count) {
        await().atMost(PATIENCE).until(() -> device.heldBack() == count);
    }

    @Override
    public void close() {
        server.close(Duration.ofSeconds(5));
        assertThat(server.sessions()).isEmpty();
        assertThat(server.memoryBytes()).isZero();
        for (NbdExport export : exports) {
            if (export.device() instanceof MemoryDevice device) {
                assertThat(device.openChannels()).isZero();
            }
        }
        loops.close();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(activeBuffers()).isEqualTo(buffersBefore));
    }

    /** Pooled buffers in use; those that a loop's thread keeps in its cache count until the loop ends. */
    private static long activeBuffers() {
        return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
                .mapToLong(PoolArenaMetric::numActiveAllocations)
                .sum();
    }

    private final class Directory implements NbdExports {
        @Override
        public List<NbdExport> list(NbdPeer peer) {
            return allowed.test(peer) ? exports : List.of();
        }

        @Override
        public Optional<NbdExport> find(String name, NbdPeer peer) {
            return list(peer).stream()
                    .filter(export -> export.name().equals(name))
                    .findFirst();
        }
    }

    private final class Observer implements NbdServerObserver {
        @Override
        public void onTlsHandshake(NbdPeer peer, boolean succeeded) {
            heard.add(succeeded ? "TLS" : "no TLS");
        }

        @Override
        public void onSessionOpened(NbdSessionView session) {
            heard.add("opened " + session.export());
        }

        @Override
        public void onSessionClosed(NbdSessionView session, String reason) {
            heard.add("closed " + session.export() + ": " + reason);
        }

        @Override
        public void onHandshakeFailed(NbdPeer peer, String reason) {
            heard.add("failed: " + reason);
        }
    }
}
