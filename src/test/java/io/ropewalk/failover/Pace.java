package io.ropewalk.failover;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** For what is timed by its nature: a fault that lasts, a sample every minute. Never to wait for something to happen. */
final class Pace {
    private Pace() {}

    static void last(Duration time) {
        until(System.nanoTime() + time.toNanos());
    }

    static void until(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
