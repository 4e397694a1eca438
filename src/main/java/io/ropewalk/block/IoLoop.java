package io.ropewalk.block;

import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One thread that runs I/O: an event loop, or a simulator's virtual time. {@link #execute} may be called from any
 * thread, all else from the loop itself unless said otherwise.
 */
public interface IoLoop extends Executor {
    /** Whether the caller runs on this loop. Any thread. */
    boolean inLoop();

    /** Monotonic nanoseconds, this loop's idea of now; comes without a system call where it can. */
    long nanoTime();

    /** Runs {@code task} on this loop after {@code delayNanos}. Any thread. */
    Timer schedule(Runnable task, long delayNanos);

    /**
     * Runs {@code task} once when the work of the current turn is done: the place to flush what a turn has gathered.
     */
    void atEndOfTurn(Runnable task);

    /**
     * Runs {@code onReadable} on this loop whenever the file descriptor {@code fd} has something to read, until the watch
     * is ended.
     *
     * @return null where this loop cannot watch
     */
    default @Nullable Watch watch(int fd, Runnable onReadable) {
        return null;
    }

    /** Where buffers of this loop come from. */
    ByteBufAllocator allocator();

    /** A file descriptor that is being watched. */
    interface Watch {
        /** Ends the watch; before the descriptor is closed. */
        void end();
    }

    /** A task that has been scheduled. */
    interface Timer {
        /** Takes it back; nothing happens when it has run already. Any thread. */
        void cancel();
    }
}
