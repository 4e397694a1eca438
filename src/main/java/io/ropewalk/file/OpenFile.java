package io.ropewalk.file;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A file descriptor with its lock, and a count of who uses it: the device itself and each call under way. The last to
 * leave closes it, so that a number is never given back to the kernel while a stuck call still means it. Any thread.
 */
final class OpenFile {
    private final FileTarget target;
    private final int fd;
    private final Stat stat;
    private final StoreLocks.Hold hold;
    private final AtomicInteger users = new AtomicInteger(1);

    private OpenFile(FileTarget target, int fd, Stat stat, StoreLocks.Hold hold) {
        this.target = target;
        this.fd = fd;
        this.stat = stat;
        this.hold = hold;
    }

    /** Opens and locks {@code asked}, if that is allowed. Blocks. */
    static OpenFile open(FileTarget asked, AllowedPaths allowed) throws DeviceException {
        try (PinnedPath pinned = allowed.pin(asked)) {
            requireDisk(asked, pinned.stat());
            FileTarget target = asked.decidedFor(pinned.stat());
            int fd = open(target, pinned);
            try {
                Stat stat = statOf(target, fd);
                return new OpenFile(target, fd, stat, StoreLocks.take(target, stat.identity(), fd));
            } catch (DeviceException | RuntimeException e) {
                Libc.close(fd);
                throw e;
            }
        }
    }

    /** A pipe is refused before it is opened, which would wake whoever waits at its other end. */
    private static void requireDisk(FileTarget target, Stat stat) throws DeviceException {
        if (stat.type() != Stat.Type.REGULAR && stat.type() != Stat.Type.BLOCK) {
            throw Refusals.unsuitable(target, "it is " + stat.type() + ", not a regular file or block device");
        }
        String use = DiskUse.of(stat.identity()).orElse(null);
        if (use != null) {
            throw Refusals.inUse(target, use);
        }
    }

    /**
     * O_NONBLOCK: a device without medium must not be waited for. O_EXCL makes the kernel refuse a block device that is
     * mounted; when it is we who hold it already, under another name, it is left out.
     */
    private static int open(FileTarget target, PinnedPath pinned) throws DeviceException {
        Stat stat = pinned.stat();
        byte[] door = pinned.door().toString().getBytes(StandardCharsets.US_ASCII);
        int flags = Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        flags |= target.readOnly() ? Libc.O_RDONLY : Libc.O_RDWR;
        flags |= target.direct() ? Libc.O_DIRECT : 0;
        boolean exclusive = stat.type() == Stat.Type.BLOCK && !target.readOnly();
        int fd = Libc.open(door, exclusive ? flags | Libc.O_EXCL : flags);
        if (fd == -Errno.EBUSY && exclusive && StoreLocks.isClaimed(stat.identity())) {
            fd = Libc.open(door, flags);
        }
        if (fd < 0) {
            throw Refusals.atOpen(target, -fd);
        }
        return fd;
    }

    private static Stat statOf(FileTarget target, int fd) throws DeviceException {
        Stat stat = new Stat();
        int errno = -Libc.statx(fd, stat);
        if (errno != Errno.NONE) {
            throw new DeviceException(
                    Reason.UNREACHABLE, "Cannot look at " + target.display() + ": " + Errno.text(errno));
        }
        return stat;
    }

    /** What was opened, with everything decided. */
    FileTarget target() {
        return target;
    }

    int fd() {
        return fd;
    }

    /** As it was when opened. */
    Stat stat() {
        return stat;
    }

    /** Keeps the descriptor open until {@link #release}; false when it is closed already. */
    boolean acquire() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Blocks when it is the last: closing may write back. */
    void release() {
        if (users.decrementAndGet() == 0) {
            hold.release();
            Libc.close(fd);
        }
    }
}
