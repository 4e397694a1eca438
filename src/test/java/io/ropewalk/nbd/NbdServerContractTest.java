package io.ropewalk.nbd;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.TestPki;
import io.ropewalk.tls.ClientCertificates;
import io.ropewalk.tls.TlsContext;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract over both our ends: the client device, the wire, the server, a device in memory. */
class NbdServerContractTest {

    abstract static class OverOurServer extends BlockDeviceContractTest {
        @TempDir
        private Path folder;

        private @Nullable NbdServerFixture server;
        private int loops;

        MemoryDevice served() {
            return new MemoryDevice("disk", Geometry.of(64 << 20, 1)).withHeadroom(40);
        }

        @Nullable NbdServerTls tls() {
            return null;
        }

        TlsContext clientTls() {
            throw new AssertionError("nobody asked for TLS");
        }

        URI uri(NbdServerFixture started, Path socket) {
            return URI.create("nbd://127.0.0.1:" + started.address().getPort() + "/disk");
        }

        @Override
        protected BlockDevice device() throws Exception {
            Path socket = folder.resolve("nbd.sock");
            NbdServerFixture started =
                    NbdServerFixture.serving(Transport.best(), socket, options -> options.withTls(tls()), served());
            server = started;
            return new NbdDeviceFactory(started.loops, NbdClientOptions.DEFAULTS.withTls(bundle -> clientTls()))
                    .open("disk", uri(started, socket));
        }

        /** By turns, so that the second channel lives on another loop. */
        @Override
        protected IoLoop loop() {
            List<? extends IoLoop> all = Objects.requireNonNull(server).loops.loops();
            return all.get(loops++ % all.size());
        }

        @Override
        protected void cleanUp() {
            if (server != null) {
                server.close();
            }
        }
    }

    @Nested
    class OverTcp extends OverOurServer {}

    @Nested
    class OverUnixSocket extends OverOurServer {
        @Override
        URI uri(NbdServerFixture started, Path socket) {
            return URI.create("nbd+unix:///disk?socket=" + socket);
        }
    }

    @Nested
    class OverOneConnection extends OverOurServer {
        @Override
        MemoryDevice served() {
            return super.served().without(Capability.MULTI_CHANNEL);
        }
    }

    @Nested
    class OverBlocksOf4096 extends OverOurServer {
        @Override
        MemoryDevice served() {
            return new MemoryDevice("disk", new Geometry(64 << 20, 4096, 65536, 1 << 20));
        }
    }

    @Nested
    class OverAReadOnlyDevice extends OverOurServer {
        @Override
        MemoryDevice served() {
            return super.served().without(Capability.WRITE);
        }
    }

    /** With certificates on both sides. */
    abstract static class OverTls extends OverOurServer {
        private static final TestPki PKI = new TestPki("contract");
        private static final TestPki.Identity SERVER = PKI.server("localhost", "127.0.0.1");
        private static final TestPki.Identity CLIENT = PKI.client("client");

        @Override
        NbdServerTls tls() {
            TlsContext context = PKI.tls(SERVER);
            return new NbdServerTls(() -> context, true, ClientCertificates.NEED);
        }

        @Override
        TlsContext clientTls() {
            return PKI.tls(CLIENT);
        }
    }

    @Nested
    class OverTcpWithTls extends OverTls {
        @Override
        URI uri(NbdServerFixture started, Path socket) {
            return URI.create("nbds://127.0.0.1:" + started.address().getPort() + "/disk");
        }
    }

    @Nested
    class OverUnixSocketWithTls extends OverTls {
        @Override
        URI uri(NbdServerFixture started, Path socket) {
            return URI.create("nbds+unix:///disk?socket=" + socket);
        }
    }
}
