package io.ropewalk.file;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Files for tests. */
final class TestFiles {
    private TestFiles() {}

    /** A file of {@code size} bytes without any data. */
    static Path sparse(Path path, long size) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
        return path;
    }

    /** A new folder under target/, which unlike the system's for temporary files is seldom in memory. */
    static Path folderOnDisk() throws IOException {
        return Files.createTempDirectory(
                Files.createDirectories(Path.of("target", "disks")).toAbsolutePath(), "test");
    }

    /** Deletes a file of {@link #folderOnDisk}, if it came to that. */
    static void deleteWithFolder(@Nullable Path file) throws IOException {
        if (file != null) {
            Files.delete(file);
            Files.delete(Objects.requireNonNull(file.getParent()));
        }
    }
}
