package io.ropewalk.file;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntSupplier;

/**
 * The system calls that make the data of one open file durable. When that fails, the kernel tells one of them, once, and
 * forgets the data: whoever else was at it at the same time is told that all is well. So whoever flushes must look at
 * whether somebody else was told in his stead. Any thread.
 */
final class Syncs {
    private final AtomicInteger failures = new AtomicInteger();
    private volatile int lastErrno;

    /** Held for reading by each call until it has noted what it was told. */
    private final ReentrantReadWriteLock underWay = new ReentrantReadWriteLock();

    /** How often data could not be made durable. */
    int failures() {
        return failures.get();
    }

    int lastErrno() {
        return lastErrno;
    }

    /** Returns what {@code sync} does, an errno; negated, it failed before there was anything to make durable. */
    int call(IntSupplier sync) {
        underWay.readLock().lock();
        try {
            int errno = sync.getAsInt();
            if (errno > Errno.NONE) {
                lastErrno = errno;
                failures.incrementAndGet();
            }
            return Math.abs(errno);
        } finally {
            underWay.readLock().unlock();
        }
    }

    /** The same; returns when everybody who was at it at the same time has noted what he was told. */
    int callAndWaitForOthers(IntSupplier sync) {
        int errno = call(sync);
        if (errno == Errno.NONE) {
            underWay.writeLock().lock();
            underWay.writeLock().unlock();
        }
        return errno;
    }
}
