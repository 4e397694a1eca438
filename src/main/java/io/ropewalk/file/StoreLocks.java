package io.ropewalk.file;

import io.ropewalk.block.DeviceException;
import io.ropewalk.file.Stat.Identity;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The advisory locks of this process, one for each store however many devices have it open.
 *
 * <p>They are locks of an open file description (F_OFD_SETLK) on the whole file. Locks of the process (F_SETLK, which
 * is what {@link java.nio.channels.FileChannel#tryLock()} takes) would vanish whenever any descriptor of the file is
 * closed, somebody's brief look at it included; flock(2) does not see QEMU, which takes the same kind as we. Two
 * descriptions of one file conflict even within a process, hence this table: the first device's description, duplicated,
 * carries the lock for all, and on a block device the kernel's own exclusive claim (O_EXCL) with it.
 *
 * <p>Lock order: an entry's monitor; nothing else is taken under it. The calls under it never wait for another lock, yet
 * a dead network file system can hold them up: that delays devices of the same store only.
 */
final class StoreLocks {
    private static final System.Logger LOG = System.getLogger(StoreLocks.class.getName());
    private static final ConcurrentMap<Identity, StoreLocks> HELD = new ConcurrentHashMap<>();

    private final Identity identity;
    private int readers;
    private int writers;
    /** Carries the lock; below 0 when there is none, because the file system knows no locks. */
    private int fd = -1;

    private boolean exclusive;
    /** The description behind {@link #fd} was a writer's, so on a block device it was opened with O_EXCL. */
    private volatile boolean claimed;

    private boolean ended;

    private StoreLocks(Identity identity) {
        this.identity = identity;
    }

    /** Whether this process has the kernel's exclusive claim on a block device. */
    static boolean isClaimed(Identity identity) {
        StoreLocks lock = HELD.get(identity);
        return lock != null && lock.claimed;
    }

    /** Takes the lock that {@code target} needs through {@code fd}, or joins those who have it. Does not keep fd. */
    static Hold take(FileTarget target, Identity identity, int fd) throws DeviceException {
        while (true) {
            Hold hold = HELD.computeIfAbsent(identity, StoreLocks::new).join(target, fd);
            if (hold != null) {
                return hold;
            }
        }
    }

    /** Null when the entry has ended meanwhile. */
    private synchronized @Nullable Hold join(FileTarget target, int newcomer) throws DeviceException {
        if (ended) {
            return null;
        }
        boolean writer = !target.readOnly();
        if (readers + writers == 0 || writer && !exclusive) {
            try {
                lock(target, newcomer, writer);
            } catch (DeviceException e) {
                endIfUnused();
                throw e;
            }
        }
        count(writer, 1);
        return new Hold(this, writer);
    }

    /**
     * Locks by the newcomer's description in place of the present one. Between unlocking the one and locking the other
     * another process may come in; then the newcomer is refused and the readers before it keep what they can.
     */
    private void lock(FileTarget target, int newcomer, boolean writer) throws DeviceException {
        int duplicate = Libc.duplicate(newcomer);
        if (duplicate < 0) {
            throw Refusals.atOpen(target, -duplicate);
        }
        set(fd, Libc.F_UNLCK);
        int errno = set(duplicate, writer ? Libc.F_WRLCK : Libc.F_RDLCK);
        if (errno == Errno.EAGAIN || errno == Errno.EACCES) {
            int process = Libc.lockHolder(duplicate, writer ? Libc.F_WRLCK : Libc.F_RDLCK);
            Libc.close(duplicate);
            set(fd, Libc.F_RDLCK);
            String holder = process > 0 ? "process " + process : "another process";
            throw Refusals.inUse(target, holder + " has locked it; stop that first");
        }
        if (errno != Errno.NONE) {
            LOG.log(
                    Level.WARNING,
                    "{0} cannot be locked ({1}): nothing keeps another process from writing to it",
                    target.display(),
                    Errno.text(errno));
        }
        closeDescriptor();
        fd = duplicate;
        exclusive = writer;
        claimed = writer;
    }

    private synchronized void leave(boolean writer) {
        count(writer, -1);
        if (writers == 0 && exclusive && readers > 0) {
            set(fd, Libc.F_RDLCK);
            exclusive = false;
        }
        endIfUnused();
    }

    private void endIfUnused() {
        if (readers + writers == 0) {
            ended = true;
            HELD.remove(identity, this);
            set(fd, Libc.F_UNLCK);
            closeDescriptor();
        }
    }

    private void count(boolean writer, int change) {
        if (writer) {
            writers += change;
        } else {
            readers += change;
        }
    }

    private void closeDescriptor() {
        if (fd >= 0) {
            Libc.close(fd);
            fd = -1;
        }
    }

    /** Gives the errno. */
    private static int set(int fd, short type) {
        return fd < 0 ? Errno.NONE : -Libc.lock(fd, type);
    }

    /** One device's share in a lock. */
    static final class Hold {
        private final StoreLocks lock;
        private final boolean writer;

        private Hold(StoreLocks lock, boolean writer) {
            this.lock = lock;
            this.writer = writer;
        }

        /** Once. */
        void release() {
            lock.leave(writer);
        }
    }
}
