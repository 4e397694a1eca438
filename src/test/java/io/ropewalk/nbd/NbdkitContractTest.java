package io.ropewalk.nbd;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.IoLoop;
import io.ropewalk.testing.TestPki;
import io.ropewalk.tls.TlsContext;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract over nbdkit, in the ways that it can be reached and that it can serve. */
class NbdkitContractTest {

    abstract static class OverServer extends BlockDeviceContractTest {
        private final NbdClientFixture fixture = new NbdClientFixture(options());
        private int loops;
        private @Nullable NbdClientServerProcess server;

        abstract NbdClientServerProcess start() throws IOException;

        @Override
        protected BlockDevice device() throws Exception {
            NbdClientServerProcess started = start();
            server = started;
            return fixture.open(uri(started));
        }

        NbdClientOptions options() {
            return NbdClientFixture.PATIENT;
        }

        URI uri(NbdClientServerProcess started) {
            return started.uri("disk");
        }

        /** By turns, so that the second channel lives on another loop. */
        @Override
        protected IoLoop loop() {
            return fixture.loop(loops++ % 2);
        }

        @Override
        protected void cleanUp() throws Exception {
            fixture.close();
            if (server != null) {
                server.close();
            }
        }
    }

    @Nested
    class OverTcp extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.nbdkitTcp("memory", "64M");
        }
    }

    @Nested
    class OverUnixSocket extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.nbdkitUnix("memory", "64M");
        }
    }

    /** Channels of two loops share the only connection. */
    @Nested
    class OverOneConnection extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.nbdkitTcp("--filter=multi-conn", "memory", "64M", "multi-conn-mode=disable");
        }
    }

    @Nested
    class OverBlocksOf4096 extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.nbdkitUnix(
                    "--filter=blocksize-policy",
                    "memory",
                    "64M",
                    "blocksize-minimum=4096",
                    "blocksize-preferred=65536",
                    "blocksize-maximum=1M",
                    "blocksize-error-policy=error");
        }
    }

    @Nested
    class OverAReadOnlyServer extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.nbdkitUnix("-r", "pattern", "64M");
        }
    }

    /** With certificates on both sides. */
    @Nested
    class OverTls extends OverServer {
        private static final TestPki PKI = new TestPki("nbdkit");

        @TempDir
        private Path certificates;

        @Override
        NbdClientOptions options() {
            TlsContext tls = PKI.tls(PKI.client("ropewalk"));
            return super.options().withTls(bundle -> tls);
        }

        @Override
        NbdClientServerProcess start() throws IOException {
            PKI.write(certificates);
            PKI.server("127.0.0.1").write(certificates, "server");
            return NbdClientServerProcess.nbdkitTcp(
                    "--tls=require", "--tls-certificates=" + certificates, "--tls-verify-peer", "memory", "64M");
        }

        @Override
        URI uri(NbdClientServerProcess started) {
            return URI.create(started.uri("disk").toString().replaceFirst("nbd:", "nbds:"));
        }
    }

    /** Several gigabytes: more than a compact request can ask for. */
    @Nested
    class OverALargeExport extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.nbdkitUnix("memory", "5G");
        }
    }

    /** Structured replies that tear READs at every hole. */
    @Nested
    class OverQemu extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.qemuUnix(40 << 20, "-x", "disk", "--shared=1", "--discard=unmap");
        }
    }

    /** Simple replies, and one connection only. */
    @Nested
    class OverTheReferenceServer extends OverServer {
        @Override
        NbdClientServerProcess start() throws IOException {
            return NbdClientServerProcess.referenceTcp(40 << 20, "flush = true", "fua = true", "trim = true");
        }
    }
}
