package io.ropewalk.nbd;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.IoLoop;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;

/** The contract over nbdkit, in the ways that it can be reached and that it can serve. */
class NbdkitContractTest {

    abstract static class OverServer extends BlockDeviceContractTest {
        private final NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.PATIENT);
        private int loops;
        private @Nullable NbdClientServerProcess server;

        abstract NbdClientServerProcess start() throws IOException;

        @Override
        protected BlockDevice device() throws Exception {
            NbdClientServerProcess started = start();
            server = started;
            return fixture.open(started.uri("disk"));
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
