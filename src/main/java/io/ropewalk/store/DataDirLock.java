package io.ropewalk.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Holds a data folder for one instance of the service. The kernel lets go of it when the process ends, however it ends.
 * The file stays behind; what counts is the lock on it.
 */
public final class DataDirLock implements AutoCloseable {
    private static final String FILE = "ropewalk.lock";

    private final FileChannel channel;
    private final FileLock lock;

    private DataDirLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Makes the folder where it is missing, and takes it.
     *
     * @throws DataDirException when another instance holds it, or it is no folder that we can write to
     */
    public static DataDirLock acquire(Path folder) throws DataDirException {
        Path absolute = folder.toAbsolutePath().normalize();
        try {
            Files.createDirectories(absolute);
            return lock(absolute);
        } catch (DataDirException held) {
            throw held;
        } catch (IOException e) {
            throw new DataDirException(
                    "The data folder " + absolute + " cannot be used (" + reason(e)
                            + "); set ropewalk.data-dir to a folder that the service can write to.",
                    e);
        }
    }

    private static DataDirLock lock(Path folder) throws IOException, DataDirException {
        FileChannel channel = FileChannel.open(
                folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            FileLock lock = tryLock(channel);
            if (lock != null) {
                return new DataDirLock(channel, lock);
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new DataDirException(
                "The data folder " + folder
                        + " is held by another instance; stop that one, or set ropewalk.data-dir to another folder.",
                null);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** An I/O exception's message is often but a path; its class then says what happened to it. */
    private static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "") + ": " + e.getMessage();
    }

    /** Lets go of the folder. Idempotent. */
    @Override
    public void close() {
        try (channel) {
            if (lock.isValid()) {
                lock.release();
            }
        } catch (IOException e) {
            // The process holds it until its end, then; nobody else suffers.
        }
    }
}
