package io.ropewalk.file;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads that wait for one disk: a few at a time, of those that all disks share. A disk that hangs holds as many as it
 * may have and nobody else, for there is always another thread for another disk; and thousands of idle disks, each looked
 * at now and then, need but a few between them. Platform threads, started on demand, gone after a while without work. What
 * waits for them is bounded by who asks: each session bounds its requests in flight. Any thread.
 */
final class IoThreads {
    /** As many calls as a disk is given at once. */
    static final int MOST = 8;

    private static final int IDLE_SECONDS = 5;
    private static final ExecutorService SHARED = shared();

    private final String threadName;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int busy;
    private int taken;
    private boolean finished;

    IoThreads(String name) {
        threadName = "file-" + name;
    }

    private static ExecutorService shared() {
        return new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().daemon().name("file").factory());
    }

    /** How often a thread was taken that did not work for this disk already. */
    synchronized int taken() {
        return taken;
    }

    /**
     * Runs {@code call} on a thread.
     *
     * @throws RejectedExecutionException after {@link #finish}
     * @throws OutOfMemoryError when the system has no thread; the call will not run then
     */
    synchronized void execute(Runnable call) {
        if (finished) {
            throw new RejectedExecutionException(threadName + " takes no more work");
        }
        if (busy == MOST) {
            waiting.add(call);
        } else {
            SHARED.execute(() -> work(call));
            busy++;
            taken++;
        }
    }

    private void work(Runnable first) {
        Thread thread = Thread.currentThread();
        if (!thread.getName().equals(threadName)) {
            thread.setName(threadName);
        }
        for (Runnable call = first; call != null; call = nextOrLeave()) {
            run(call);
        }
    }

    private static void run(Runnable call) {
        try {
            call.run();
        } catch (Throwable unexpected) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, unexpected);
        }
    }

    private synchronized @Nullable Runnable nextOrLeave() {
        Runnable next = waiting.poll();
        if (next == null) {
            busy--;
        }
        return next;
    }

    /** Takes no more work; {@code last} is the last of it. Does not wait. */
    synchronized void finish(Runnable last) {
        execute(last);
        finished = true;
    }
}
