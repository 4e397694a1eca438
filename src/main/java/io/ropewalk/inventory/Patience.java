package io.ropewalk.inventory;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting that an interrupt does not end: the interrupt is there again afterwards. */
final class Patience {
    private Patience() {}

    /** As {@link CompletableFuture#get(long, TimeUnit)}, patiently. */
    static <T> T get(CompletableFuture<T> future, Duration atMost) throws ExecutionException, TimeoutException {
        long end = System.nanoTime() + atMost.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
