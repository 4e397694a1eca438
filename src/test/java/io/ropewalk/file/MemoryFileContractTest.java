package io.ropewalk.file;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** On tmpfs, which can punch holes but cannot zero in place. */
class MemoryFileContractTest extends BlockDeviceContractTest {
    private static final Path MEMORY = Path.of("/dev/shm");

    private @Nullable Path file;

    @Override
    protected BlockDevice device() throws Exception {
        assumeTrue(Files.isWritable(MEMORY), "needs /dev/shm");
        Path made = TestFiles.sparse(Files.createTempFile(MEMORY, "ropewalk", ".img"), 40 << 20);
        file = made;
        return new FileDeviceFactory().open("disk", made.toUri());
    }

    @Override
    protected void cleanUp() throws Exception {
        if (file != null) {
            Files.delete(file);
        }
    }
}
