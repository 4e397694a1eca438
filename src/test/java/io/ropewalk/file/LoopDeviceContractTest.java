package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.LoopDevice;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;

/** Block devices, with each sector size, through the page cache and past it. */
class LoopDeviceContractTest {

    @Nested
    class Sectors512Cached extends OnLoop {
        Sectors512Cached() {
            super(512, "?direct=false");
        }
    }

    @Nested
    class Sectors4096Cached extends OnLoop {
        Sectors4096Cached() {
            super(4096, "?direct=false");
        }
    }

    @Nested
    class Sectors512 extends OnLoop {
        Sectors512() {
            super(512, "");
        }
    }

    @Nested
    class Sectors4096 extends OnLoop {
        Sectors4096() {
            super(4096, "");
        }
    }

    /** Past the page cache on event loops, which is where the service uses io_uring. */
    @Nested
    class Sectors512OnRing extends OnRing {
        Sectors512OnRing() {
            super(512);
        }
    }

    @Nested
    class Sectors4096OnRing extends OnRing {
        Sectors4096OnRing() {
            super(4096);
        }
    }

    abstract static class OnRing extends OnLoop {
        private final NettyLoops loops = new NettyLoops(Transport.best(), 2);

        OnRing(int sectorBytes) {
            super(sectorBytes, "");
        }

        @Override
        protected IoLoop loop() {
            return loops.next();
        }

        @Override
        protected void cleanUp() throws Exception {
            loops.close();
            super.cleanUp();
        }
    }

    abstract static class OnLoop extends BlockDeviceContractTest {
        private final int sectorBytes;
        private final String query;
        private @Nullable Path file;
        private @Nullable LoopDevice loop;

        OnLoop(int sectorBytes, String query) {
            this.sectorBytes = sectorBytes;
            this.query = query;
        }

        @Override
        protected BlockDevice device() throws Exception {
            LoopDevice.requireRoot();
            Path made = TestFiles.sparse(TestFiles.folderOnDisk().resolve("loop.img"), 40 << 20);
            file = made;
            LoopDevice attached = LoopDevice.attach(made, sectorBytes);
            loop = attached;
            BlockDevice device = new FileDeviceFactory()
                    .open("disk", URI.create(attached.path().toUri() + query));
            assertThat(device.geometry().minimumBlockSize()).isEqualTo(sectorBytes);
            return device;
        }

        @Override
        protected void cleanUp() throws Exception {
            if (loop != null) {
                loop.close();
            }
            TestFiles.deleteWithFolder(file);
        }
    }
}
