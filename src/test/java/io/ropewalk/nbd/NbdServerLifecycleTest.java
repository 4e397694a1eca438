package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.Geometry;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NbdServerLifecycleTest {
    @TempDir
    private Path folder;

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(1 << 20, 512));

    private NbdServerFixture onUnixSocket(Path socket) throws IOException {
        return NbdServerFixture.serving(Transport.best(), socket, options -> options, disk);
    }

    // Where it listens

    @Test
    void portInUse_isOneClearSentence() throws IOException {
        try (NbdServerFixture first = NbdServerFixture.serving(disk)) {
            InetSocketAddress taken = first.address();
            NbdServer second = new NbdServer(first.loops, new NoExports(), NbdServerOptions.on(taken, null));
            assertThatThrownBy(second::start)
                    .isInstanceOf(BindException.class)
                    .hasMessage("Cannot listen on 127.0.0.1:" + taken.getPort()
                            + ": it is in use; choose another one, or stop what listens there");
            assertThat(second.boundAddress()).isNull();
            second.close();
        }
    }

    @Test
    void addressOfAnotherMachine_isOneClearSentence() throws IOException {
        try (NbdServerFixture first = NbdServerFixture.serving(disk)) {
            InetSocketAddress foreign = new InetSocketAddress("192.0.2.1", 0);
            NbdServer second = new NbdServer(first.loops, new NoExports(), NbdServerOptions.on(foreign, null));
            assertThatThrownBy(second::start)
                    .hasMessage("Cannot listen on 192.0.2.1:0: this machine has no such address");
            InetSocketAddress nobody = InetSocketAddress.createUnresolved("nobody.invalid", 0);
            NbdServer third = new NbdServer(first.loops, new NoExports(), NbdServerOptions.on(nobody, null));
            assertThatThrownBy(third::start).hasMessage("Cannot listen on nobody.invalid: no such host");
        }
    }

    private static final class NoExports implements NbdExports {
        @Override
        public List<NbdExport> list(NbdPeer peer) {
            return List.of();
        }

        @Override
        public java.util.Optional<NbdExport> find(String name, NbdPeer peer) {
            return java.util.Optional.empty();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void staleUnixSocket_isReplacedAndRemovedAtTheEnd(Transport transport) throws IOException {
        Assumptions.assumeTrue(transport.isAvailable());
        Path socket = folder.resolve("nbd.sock");
        try (ServerSocketChannel stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            stale.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        try (NbdServerFixture fixture = NbdServerFixture.serving(transport, socket, options -> options, disk)) {
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                ByteBuffer greeting = ByteBuffer.allocate(18);
                while (greeting.hasRemaining() && client.read(greeting) >= 0) {
                    // Until the greeting is whole.
                }
                assertThat(greeting.getLong(0)).isEqualTo(Nbd.INIT_MAGIC);
                assertThat(fixture.server.sessions().getFirst().peer()).hasToString("unix");
            }
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void unixSocketInUse_isRefusedAndStays() throws IOException {
        Path socket = folder.resolve("nbd.sock");
        try (NbdServerFixture first = onUnixSocket(socket)) {
            assertThatThrownBy(() -> onUnixSocket(socket))
                    .hasMessage("Cannot listen on " + socket
                            + ": it is in use; choose another path, or stop what listens there");
            SocketChannel.open(UnixDomainSocketAddress.of(socket)).close();
            assertThat(first.address()).isNotNull();
        }
    }

    @Test
    void badUnixSocketPaths_areRefusedAndNothingIsTouched() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.txt"), "precious");
        assertThatThrownBy(() -> onUnixSocket(file)).hasMessageContaining("something that is not a socket");
        assertThat(file).hasContent("precious");
        assertThatThrownBy(() -> onUnixSocket(folder.resolve("nowhere/nbd.sock")))
                .hasMessageContaining("its folder does not exist");
        assertThatThrownBy(() -> onUnixSocket(folder.resolve("long".repeat(30))))
                .hasMessageContaining("a Unix socket's path has at most 107 bytes");
    }

    // Who is there

    @Test
    void sessions_areListedAndCanBeDisconnected() throws IOException {
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk);
                RawNbdClient haggling = fixture.connect();
                RawNbdClient open = fixture.open(NbdReplyFormat.SIMPLE)) {
            haggling.option(Nbd.OPT_LIST);
            List<NbdSessionView> sessions = fixture.server.sessions();
            assertThat(sessions).extracting(NbdSessionView::export).containsExactly(null, "disk");
            assertThat(fixture.server.disconnect(sessions.getLast().id())).isTrue();
            open.awaitClosed();
            await().until(() -> fixture.server.sessions().size() == 1);
            assertThat(fixture.server.disconnect(sessions.getLast().id())).isFalse();
            assertThat(fixture.heard).containsExactly("opened disk", "closed disk: it was disconnected by request");
        }
    }

    // How it ends

    @Test
    void clientThatGoesWithoutAWord_leavesNothingToBeBegun() throws Exception {
        disk.holdBack();
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk);
                RawNbdClient reset = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient dead = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient orderly = fixture.open(NbdReplyFormat.SIMPLE)) {
            for (RawNbdClient client : List.of(reset, dead, orderly)) {
                client.write(0, 1, 0, new byte[512]);
            }
            fixture.awaitHeldBack(disk, 3);
            orderly.request(Nbd.CMD_DISC, 0, 2, 0, 0);
            orderly.shutdownOutput();
            reset.reset();
            await().until(() -> disk.abandoned() == 1);
            dead.shutdownOutput();
            await().until(() -> disk.abandoned() == 2);
            disk.letGo();
            assertThat(orderly.reply().errno()).isZero();
            orderly.awaitClosed();
            fixture.awaitNoSessions();
            assertThat(disk.abandoned()).isEqualTo(2);
        }
    }

    /** By the kernel's table of sockets: its timer 2 asks the peer; the time until then is in hundredths of a second. */
    @ParameterizedTest
    @EnumSource(Transport.class)
    void clientThatIsSilent_isAskedWhetherItIsThere(Transport transport) throws IOException {
        Assumptions.assumeTrue(transport.isAvailable());
        try (NbdServerFixture fixture = NbdServerFixture.serving(transport, null, options -> options, disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            await().untilAsserted(() -> {
                String[] timer = socket(fixture.address().getPort(), client.localPort())[5].split(":");
                assertThat(timer[0]).isEqualTo("02");
                assertThat(Long.parseLong(timer[1], 16)).isBetween(1L, 60 * 100L);
            });
        }
    }

    private static String[] socket(int localPort, int remotePort) throws IOException {
        String local = String.format(":%04X", localPort);
        String remote = String.format(":%04X", remotePort);
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] columns = line.strip().split(" +");
                if (columns[1].endsWith(local) && columns[2].endsWith(remote)) {
                    return columns;
                }
            }
        }
        throw new AssertionError("no such socket");
    }

    @Test
    void close_finishesWhatIsInFlightAndDropsTheRest() throws Exception {
        disk.holdBack();
        NbdServerFixture fixture = NbdServerFixture.serving(disk);
        try (RawNbdClient idle = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient haggling = fixture.connect();
                RawNbdClient busy = fixture.open(NbdReplyFormat.STRUCTURED)) {
            busy.request(Nbd.CMD_READ, 0, 1, 0, 512);
            fixture.awaitHeldBack(disk, 1);
            InetSocketAddress address = fixture.address();
            Thread closing = Thread.ofPlatform().start(() -> fixture.server.close(NbdServerFixture.PATIENCE));
            idle.awaitClosed();
            haggling.awaitClosed();
            // By then every session has been told; the loops have heard it after one more turn.
            await().atMost(NbdServerFixture.PATIENCE).until(() -> closing.getState() == Thread.State.TIMED_WAITING);
            fixture.settle();
            busy.write(0, 2, 0, new byte[512]);
            fixture.settle();
            assertThat(closing.isAlive()).isTrue();
            assertThatThrownBy(() -> new RawNbdClient(address)).isInstanceOf(ConnectException.class);
            disk.letGo();
            RawNbdClient.Reply read = busy.reply();
            assertThat(read.cookie()).isEqualTo(1);
            assertThat(read.payload()).hasSize(512);
            // Not a word on the write: a client that connects again repeats what had no answer.
            assertThat(busy.readNBytes(1)).isEmpty();
            assertThat(disk.journal()).noneMatch(line -> line.startsWith("WRITE"));
            closing.join(10_000);
            assertThat(closing.isAlive()).isFalse();
        } finally {
            fixture.close();
        }
    }

    @Test
    void close_dropsWhatAPausedSessionHasNotDecoded() throws Exception {
        disk.holdBack();
        NbdServerFixture fixture = NbdServerFixture.serving(o -> o.withBounds(2, 64 << 20, 64 << 20), disk);
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            for (int i = 0; i < 20; i++) {
                client.write(0, i, 0, new byte[4096]);
            }
            fixture.awaitHeldBack(disk, 2);
            fixture.settle();
            Thread closing = Thread.ofPlatform().start(() -> fixture.server.close(NbdServerFixture.PATIENCE));
            await().atMost(NbdServerFixture.PATIENCE).until(() -> closing.getState() == Thread.State.TIMED_WAITING);
            fixture.settle();
            disk.letGo();
            assertThat(client.reply().errno()).isZero();
            assertThat(client.reply().errno()).isZero();
            assertThat(client.readNBytes(1)).isEmpty();
            assertThat(disk.journal())
                    .filteredOn(line -> line.startsWith("WRITE"))
                    .hasSize(2);
            closing.join(10_000);
            assertThat(closing.isAlive()).isFalse();
        } finally {
            fixture.close();
        }
    }

    @Test
    void close_cutsOffWhatIsNotDoneInTime() throws IOException {
        disk.holdBack();
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk);
                RawNbdClient busy = fixture.open(NbdReplyFormat.SIMPLE)) {
            busy.write(0, 1, 0, new byte[4096]);
            fixture.awaitHeldBack(disk, 1);
            fixture.server.close(Duration.ofMillis(50));
            busy.awaitClosed();
            assertThat(fixture.server.sessions()).isEmpty();
            assertThat(disk.openChannels()).isZero();
        }
    }

    @Test
    void deviceThatCloses_endsItsSessionsAfterWhatIsInFlight() throws IOException {
        disk.holdBack();
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            client.request(Nbd.CMD_READ, 0, 1, 0, 512);
            fixture.awaitHeldBack(disk, 1);
            disk.tellOfTheEnd();
            fixture.settle();
            client.request(Nbd.CMD_FLUSH, 0, 2, 0, 0);
            assertThat(client.reply().errno()).isEqualTo(Nbd.ESHUTDOWN);
            disk.letGo();
            assertThat(client.reply(512).errno()).isZero();
            client.awaitClosed();
            await().untilAsserted(() -> assertThat(fixture.heard).contains("closed disk: the export is gone"));
        }
    }

    @Test
    void deviceThatGivesUpWhatIsInFlight_answersIt() throws IOException {
        disk.holdBack();
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            client.request(Nbd.CMD_READ, 0, 1, 0, 512);
            client.write(0, 2, 0, new byte[512]);
            fixture.awaitHeldBack(disk, 2);
            disk.close();
            assertThat(client.reply().errno()).isEqualTo(Nbd.EIO);
            assertThat(client.reply().errno()).isEqualTo(Nbd.EIO);
            client.awaitClosed();
        }
    }

    @Test
    void pausedSession_isClosedInOrderToo() throws IOException {
        disk.holdBack();
        try (NbdServerFixture fixture = NbdServerFixture.serving(o -> o.withBounds(2, 64 << 20, 64 << 20), disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            for (int i = 0; i < 10; i++) {
                client.request(Nbd.CMD_FLUSH, 0, i, 0, 0);
            }
            fixture.awaitHeldBack(disk, 2);
            disk.tellOfTheEnd();
            fixture.settle();
            disk.letGo();
            int shutdowns = 0;
            for (int i = 0; i < 10; i++) {
                shutdowns += client.reply().errno() == Nbd.ESHUTDOWN ? 1 : 0;
            }
            assertThat(shutdowns).isEqualTo(8);
            client.awaitClosed();
        }
    }

    @Test
    void whatArrivesWhileAPausedSessionEnds_isAnsweredBeforeItIsClosed() throws Exception {
        disk.holdBack();
        try (NbdServerFixture fixture = NbdServerFixture.serving(o -> o.withBounds(2, 64 << 20, 64 << 20), disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            for (int i = 0; i < 3; i++) {
                client.request(Nbd.CMD_FLUSH, 0, i, 0, 0);
            }
            fixture.awaitHeldBack(disk, 2);
            fixture.settle();
            for (int i = 3; i < 10; i++) {
                client.request(Nbd.CMD_FLUSH, 0, i, 0, 0);
            }
            disk.tellOfTheEnd();
            fixture.settle();
            CountDownLatch together = new CountDownLatch(1);
            fixture.loops.loops().forEach(loop -> loop.execute(() -> awaitUninterruptibly(together)));
            disk.letGo();
            together.countDown();
            int shutdowns = 0;
            for (int i = 0; i < 10; i++) {
                shutdowns += client.reply().errno() == Nbd.ESHUTDOWN ? 1 : 0;
            }
            assertThat(shutdowns).isEqualTo(8);
            client.awaitClosed();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void deviceThatThrows_endsTheSessionAndNothingElse() throws IOException {
        BrokenDevice broken = new BrokenDevice();
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk, broken);
                RawNbdClient good = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient bad = RawNbdClient.open(fixture.address(), "broken", NbdReplyFormat.SIMPLE)) {
            bad.request(Nbd.CMD_READ, 0, 1, 0, 512);
            bad.awaitClosed();
            good.request(Nbd.CMD_READ, 0, 1, 0, 512);
            assertThat(good.reply(512).errno()).isZero();
            await().untilAsserted(() ->
                    assertThat(fixture.heard).contains("closed broken: a failure, the device broken broke"));
        }
    }
}
