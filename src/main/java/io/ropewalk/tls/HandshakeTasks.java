package io.ropewalk.tls;

import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Runs the arithmetic of handshakes away from the event loops, on virtual threads, and never more of it at a time than
 * leaves half of the cores to those who are in already: whoever connects a thousand times waits, nobody else does. How
 * much can wait is bounded by the connections. Thread-safe.
 */
public final class HandshakeTasks implements Executor {
    private final Semaphore cores =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), true);

    @Override
    public void execute(Runnable task) {
        Thread.ofVirtual().name("tls-handshake").start(() -> {
            cores.acquireUninterruptibly();
            try {
                task.run();
            } finally {
                cores.release();
            }
        });
    }
}
