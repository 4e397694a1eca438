package io.ropewalk.file;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that make the data of one open file durable. When that fails, the kernel tells one of them, once, and
 * forgets the data: whoever else was at it at the same time is told that all is well. So whoever is at it must look at
 * whether somebody else was told in his stead. Any thread.
 */
final class Syncs {
    private final AtomicInteger failures = new AtomicInteger();
    private volatile int lastErrno;

    /** Each until it has noted what it was told. Guarded by this. */
    private final List<Sync> underWay = new ArrayList<>();

    /** What one request has made durable. One thread's, but for {@link #whenOthersAreHeard}. */
    final class Sync {
        private final int failuresBefore = failures.get();

        // Guarded by the Syncs.
        private final List<Sync> listeners = new ArrayList<>();
        private int waitsFor;
        private @Nullable Runnable then;

        /** Returns what {@code sync} does, an errno; negated, it failed before there was anything to make durable. */
        int callAlone(IntSupplier sync) {
            return call(sync, false);
        }

        /** The same, where another one may be told in its stead: see {@link #whenOthersAreHeard}. */
        int call(IntSupplier sync) {
            return call(sync, true);
        }

        private int call(IntSupplier sync, boolean waits) {
            begin(this);
            int errno = Errno.EIO;
            try {
                errno = sync.getAsInt();
            } finally {
                end(this, errno, waits && errno == Errno.NONE).forEach(Runnable::run);
            }
            return Math.abs(errno);
        }

        /**
         * Runs {@code next} when all who were at it when this one had ended have noted what they were told: at once, or by
         * the last of them, on its thread.
         */
        void whenOthersAreHeard(Runnable next) {
            synchronized (Syncs.this) {
                if (waitsFor > 0) {
                    then = next;
                    return;
                }
            }
            next.run();
        }

        /** What anybody was told since this one began, an errno: it may speak of what this one has made durable. */
        int toldToOthers() {
            return failures.get() == failuresBefore ? Errno.NONE : lastErrno;
        }
    }

    /** How often data could not be made durable. */
    int failures() {
        return failures.get();
    }

    int lastErrno() {
        return lastErrno;
    }

    private synchronized void begin(Sync sync) {
        underWay.add(sync);
    }

    /** Returns what need not wait any more. */
    private synchronized List<Runnable> end(Sync sync, int errno, boolean waits) {
        underWay.remove(sync);
        if (errno > Errno.NONE) {
            lastErrno = errno;
            failures.incrementAndGet();
        }
        if (waits) {
            underWay.forEach(other -> other.listeners.add(sync));
            sync.waitsFor += underWay.size();
        }
        List<Runnable> heard = new ArrayList<>();
        for (Sync listener : sync.listeners) {
            Runnable next = listener.then;
            if (--listener.waitsFor == 0 && next != null) {
                heard.add(next);
            }
        }
        sync.listeners.clear();
        return heard;
    }
}
