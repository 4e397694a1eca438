package io.ropewalk.file;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RegularFileContractTest extends BlockDeviceContractTest {
    @TempDir
    Path folder;

    @Override
    protected BlockDevice device() throws Exception {
        return new FileDeviceFactory()
                .open(
                        "disk",
                        TestFiles.sparse(folder.resolve("disk.img"), 40 << 20).toUri());
    }
}
