package io.ropewalk.file;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** As the service runs it: on Netty's event loops, with buffers from its pool. */
class EventLoopFileContractTest extends BlockDeviceContractTest {
    private static NettyLoops loops;

    @TempDir
    Path folder;

    @BeforeAll
    static void startLoops() {
        loops = new NettyLoops(Transport.best(), 2);
    }

    @AfterAll
    static void stopLoops() {
        loops.close();
    }

    @Override
    protected BlockDevice device() throws Exception {
        return new FileDeviceFactory()
                .open(
                        "disk",
                        TestFiles.sparse(folder.resolve("disk.img"), 40 << 20).toUri());
    }

    @Override
    protected IoLoop loop() {
        return loops.next();
    }
}
