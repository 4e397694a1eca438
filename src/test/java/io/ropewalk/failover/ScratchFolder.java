package io.ropewalk.failover;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for a while, in memory where that is possible: so a busy disk's FLUSH is not taken for a fault. */
record ScratchFolder(Path path) implements AutoCloseable {
    static ScratchFolder named(String prefix) throws IOException {
        Path memory = Path.of("/dev/shm");
        return new ScratchFolder(
                Files.isWritable(memory)
                        ? Files.createTempDirectory(memory, prefix)
                        : Files.createTempDirectory(prefix));
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
