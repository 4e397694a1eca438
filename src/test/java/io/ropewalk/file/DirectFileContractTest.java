package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Past the page cache, where the file system of the build folder can. */
class DirectFileContractTest extends BlockDeviceContractTest {
    private @Nullable Path file;

    @Override
    protected BlockDevice device() throws Exception {
        Path made = TestFiles.sparse(TestFiles.folderOnDisk().resolve("disk.img"), (40 << 20) + 4095);
        file = made;
        try {
            BlockDevice device = new FileDeviceFactory().open("disk", URI.create(made.toUri() + "?direct=true"));
            assertThat(device.geometry().minimumBlockSize()).isGreaterThanOrEqualTo(512);
            assertThat(device.capabilities().has(Capability.CACHE)).isFalse();
            return device;
        } catch (DeviceException e) {
            assertThat(e.reason()).isEqualTo(DeviceException.Reason.UNSUITABLE);
            return abort("needs a file system with O_DIRECT: " + e.getMessage());
        }
    }

    @Override
    protected void cleanUp() throws Exception {
        TestFiles.deleteWithFolder(file);
    }
}
