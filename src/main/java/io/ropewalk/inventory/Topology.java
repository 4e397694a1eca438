package io.ropewalk.inventory;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topology thread: every verb, arrival, departure and resize runs here, one after the other, so that none
 * needs to think of another (GEOM's event thread, G2). What waits for a device never runs here.
 */
final class Topology implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private final ScheduledThreadPoolExecutor executor;
    private final Duration timeout;

    /**
     * Starts the thread.
     *
     * @param timeout how long {@link #call} waits for a task to begin, and then again for it to end
     */
    Topology(Duration timeout) {
        this.timeout = timeout;
        this.executor = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("topology").daemon().factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Runs {@code verb} in its turn and waits for its result.
     *
     * @throws InventoryException what the verb throws; STOPPING or BUSY, and then it never began unless the words say so
     */
    <T> T call(Supplier<T> verb) {
        AtomicBoolean decided = new AtomicBoolean();
        CompletableFuture<T> result = new CompletableFuture<>();
        boolean accepted = post(() -> {
            if (decided.compareAndSet(false, true)) {
                complete(result, verb);
            }
        });
        if (!accepted) {
            throw Refusals.stopping();
        }
        return await(result, decided);
    }

    /** The same, for a verb that somebody asked for. */
    <T> T call(Terms terms, @Nullable String why, Supplier<T> verb) {
        VerbContext context = VerbContext.of(terms, why);
        return call(() -> context.call(verb));
    }

    /**
     * Runs {@code verb} in its turn, and is not put off by waiting: for the end of something that has begun elsewhere.
     * An interrupt is kept for later.
     *
     * @throws InventoryException what the verb throws; STOPPING when it will not run; BUSY when nobody knows
     */
    <T> T conclude(Terms terms, @Nullable String why, Supplier<T> verb) {
        VerbContext context = VerbContext.of(terms, why);
        CompletableFuture<T> result = new CompletableFuture<>();
        if (!post(() -> complete(result, () -> context.call(verb)))) {
            throw Refusals.stopping();
        }
        try {
            return Patience.get(result, timeout.multipliedBy(2));
        } catch (ExecutionException e) {
            throw asUnchecked(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw Refusals.notFinished(timeout.multipliedBy(2));
        }
    }

    private static <T> void complete(CompletableFuture<T> result, Supplier<T> verb) {
        try {
            result.complete(verb.get());
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    private <T> T await(CompletableFuture<T> result, AtomicBoolean decided) {
        try {
            return get(result);
        } catch (TimeoutException e) {
            if (decided.compareAndSet(false, true)) {
                throw Refusals.notBegun(timeout);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (decided.compareAndSet(false, true)) {
                throw Refusals.stopping();
            }
            throw Refusals.interrupted();
        }
        return awaitBegun(result);
    }

    private <T> T awaitBegun(CompletableFuture<T> result) {
        try {
            return get(result);
        } catch (TimeoutException e) {
            throw Refusals.notFinished(timeout.multipliedBy(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.interrupted();
        }
    }

    private <T> T get(CompletableFuture<T> result) throws InterruptedException, TimeoutException {
        try {
            return result.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw asUnchecked(e.getCause() == null ? e : e.getCause());
        }
    }

    private static RuntimeException asUnchecked(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(cause);
    }

    /**
     * Runs {@code task} in its turn, without waiting.
     *
     * @return false when the thread has ended, and the task will not run
     */
    boolean post(Runnable task) {
        return schedule(task, Duration.ZERO) != null;
    }

    /** The same, for the steps of a {@link CompletableFuture}. */
    @Override
    public void execute(Runnable task) {
        if (!post(task)) {
            throw new RejectedExecutionException("the topology thread has ended");
        }
    }

    /** Runs {@code task} after a while. Null when the thread has ended. */
    @Nullable Future<?> schedule(Runnable task, Duration delay) {
        try {
            return executor.schedule(() -> guard(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            return null;
        }
    }

    /** A task that throws must not go unseen. */
    private static void guard(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("A task of the topology thread failed unexpectedly", e);
        }
    }

    /** Runs what is queued, not what is scheduled for later, then ends; waits for it, bounded. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            if (!executor.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("The topology thread did not end within {} ms", timeout.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
