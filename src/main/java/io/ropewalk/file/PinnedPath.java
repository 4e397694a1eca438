package io.ropewalk.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a path led to when it was looked at, links followed, and held on to: whatever takes the path's place later,
 * opening the {@link #door} opens this. Holding on opens nothing (O_PATH): no device notices, no pipe wakes up. Any
 * thread; close it.
 */
public final class PinnedPath implements AutoCloseable {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private final int fd;
    private final Stat stat;

    private PinnedPath(int fd, Stat stat) {
        this.fd = fd;
        this.stat = stat;
    }

    /**
     * Pins what {@code path} leads to.
     *
     * @throws ErrnoException when there is nothing, or we may not look
     */
    static PinnedPath of(byte[] path) throws ErrnoException {
        int fd = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC);
        if (fd < 0) {
            throw new ErrnoException(-fd);
        }
        Stat stat = new Stat();
        int errno = -Libc.statx(fd, stat);
        if (errno != Errno.NONE) {
            Libc.close(fd);
            throw new ErrnoException(errno);
        }
        return new PinnedPath(fd, stat);
    }

    Stat stat() {
        return stat;
    }

    /**
     * Where it is, as the kernel says.
     *
     * @throws IOException when the kernel does not say, or it is nowhere any more
     */
    Path real() throws IOException {
        Path real = Files.readSymbolicLink(door());
        if (real.toString().endsWith(" (deleted)") && !Files.exists(real)) {
            throw new IOException("it was deleted meanwhile");
        }
        return real;
    }

    /** A path to exactly this, for this process and as long as this is not closed. */
    public Path door() {
        return DESCRIPTORS.resolve(Integer.toString(fd));
    }

    @Override
    public void close() {
        Libc.close(fd);
    }

    /** The kernel said no. */
    static final class ErrnoException extends Exception {
        private static final long serialVersionUID = 1;

        private final int errno;

        ErrnoException(int errno) {
            super(Errno.text(errno));
            this.errno = errno;
        }

        int errno() {
            return errno;
        }
    }
}
