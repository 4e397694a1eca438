package io.ropewalk.inventory;

import io.ropewalk.block.IoLoop;
import io.ropewalk.block.Settlement;
import io.ropewalk.label.LabelChanger;
import io.ropewalk.label.LabelStore;
import io.ropewalk.label.Labelling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where labels are changed, one piece of work after the other. A piece begins on the topology thread (look, check,
 * pledge), does its I/O while its caller waits, and ends on the topology thread (commit): so a disk that hangs holds up
 * other work on labels, but no other verb. A crash in between leaves what the pieces say of themselves.
 *
 * <p>Tastes read labels beside this. A taste decides only on what was read while no piece was under way: {@link #works}
 * before and after tells, {@link #whenIdle} is when to read again.
 *
 * <p>Any thread but the topology thread may call {@link #work}. Lock order: the desk, then nothing but the topology
 * thread's queue; that thread never waits for the desk.
 */
final class LabelDesk {
    /** How long a label that was given up on a silent path is waited for: as {@code quiesce} has it by default. */
    private static final Duration LANDING = Duration.ofSeconds(30);

    private final Ledger ledger;
    private final Topology topology;
    private final Supplier<? extends IoLoop> loops;
    private final Duration deadline;
    private final Duration patience;
    private final ReentrantLock desk = new ReentrantLock(true);

    /** When no write of a label that was given up can land any more, or {@link #LANDING} has passed. Guarded by this. */
    private CompletableFuture<Void> landed = CompletableFuture.completedFuture(null);

    private volatile boolean closed;

    /** On the topology thread. */
    private final List<Runnable> waiting = new ArrayList<>();

    private long works;

    /**
     * A desk that is open.
     *
     * @param deadline for each single read or write of a label
     * @param patience how long work waits for the work before it
     */
    LabelDesk(
            Ledger ledger, Topology topology, Supplier<? extends IoLoop> loops, Duration deadline, Duration patience) {
        this.ledger = ledger;
        this.topology = topology;
        this.loops = loops;
        this.deadline = deadline;
        this.patience = patience;
    }

    LabelStore store() {
        return new LabelStore(loops.get(), deadline, this::onGivenUp);
    }

    private synchronized void onGivenUp(Settlement settlement) {
        CompletableFuture<Void> proof = new CompletableFuture<>();
        settlement.whenSettled(() -> proof.complete(null));
        landed =
                CompletableFuture.allOf(landed, proof.completeOnTimeout(null, LANDING.toNanos(), TimeUnit.NANOSECONDS));
    }

    private synchronized CompletableFuture<Void> landed() {
        return landed;
    }

    /** How long reading one label may take, with something to spare. */
    Duration readPatience() {
        return deadline.plus(deadline);
    }

    // ---- work

    /**
     * Runs {@code piece} when the work before it is done, and nothing of it can land any more. BUSY, STOPPING, and what
     * the piece throws.
     */
    <T> T work(Terms terms, @Nullable String why, Function<Work, T> piece) {
        acquire();
        Work work = new Work(terms, why);
        try {
            if (!terms.dryRun()) {
                await(landed(), LANDING.multipliedBy(2));
            }
            return piece.apply(work);
        } finally {
            try {
                work.end();
            } finally {
                desk.unlock();
            }
        }
    }

    private void acquire() {
        try {
            if (!desk.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                throw Refusals.notBegun(patience);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.stopping();
        }
        if (closed) {
            desk.unlock();
            throw Refusals.stopping();
        }
    }

    /** Waits for the work under way, bounded, and refuses what comes later. */
    void close() {
        closed = true;
        try {
            if (desk.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                desk.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One piece of work, for the thread that does it. */
    final class Work {
        private final Terms terms;
        private final @Nullable String why;

        /** Touched on the topology thread only. */
        private @Nullable Pledge pledge;

        /** Undoes what was stored for the commit. Touched on the topology thread only. */
        private @Nullable Runnable takeBack;

        Work(Terms terms, @Nullable String why) {
            this.terms = terms;
            this.why = why;
        }

        LabelStore store() {
            return LabelDesk.this.store();
        }

        Labelling labelling() {
            return new Labelling(store());
        }

        LabelChanger changer() {
            return new LabelChanger(store());
        }

        /** Looks, checks, and may {@link #pledge}, on the topology thread. */
        <P> P begin(Supplier<P> look) {
            return topology.call(terms, why, look);
        }

        /** On the topology thread: reserves until the work is concluded. */
        void pledge(Pledge wanted) {
            works++;
            pledge = wanted;
            ledger.publish(ledger.world().withPledge(wanted));
        }

        /** On the topology thread: runs {@code undo} there if the work ends without its commit. */
        void unlessConcluded(Runnable undo) {
            takeBack = undo;
        }

        /** Ready when nothing that was written to a label and given up can land any more. */
        CompletableFuture<Void> landed() {
            return LabelDesk.this.landed();
        }

        /** Waits for I/O, whose every step has a deadline. */
        <R> R await(CompletableFuture<R> io) {
            return LabelDesk.await(io, patience.multipliedBy(4));
        }

        /** The same of what asks one of {@code devices} after the other. */
        <R> R await(CompletableFuture<R> io, int devices) {
            return LabelDesk.await(io, patience.plus(deadline).multipliedBy(4L + devices));
        }

        /** Commits, on the topology thread, in one go with the end of the pledge. */
        <R> R conclude(Supplier<R> commit) {
            return topology.conclude(terms, why, () -> {
                takeBack = null;
                unpledge();
                return commit.get();
            });
        }

        /** Stores before the I/O what a restart has to know; the pledge stays. */
        <R> R step(Supplier<R> step) {
            return topology.conclude(terms, why, step);
        }

        private void end() {
            try {
                topology.conclude(terms, why, () -> {
                    Runnable undo = takeBack;
                    takeBack = null;
                    unpledge();
                    if (undo != null) {
                        undo.run();
                    }
                    release();
                    return true;
                });
            } catch (InventoryException e) {
                // The service is stopping, and the pledge with it.
            }
        }

        private void unpledge() {
            if (pledge != null) {
                ledger.publish(ledger.world().withoutPledge(pledge));
                pledge = null;
            }
        }
    }

    /** Waits for I/O that has deadlines of its own. */
    static <R> R await(CompletableFuture<R> io, Duration atMost) {
        try {
            return Patience.get(io, atMost);
        } catch (ExecutionException e) {
            throw new IllegalStateException("work on a label failed unexpectedly", e.getCause());
        } catch (TimeoutException e) {
            throw Refusals.notFinished(atMost);
        }
    }

    // ---- for tastes, on the topology thread

    /** How many pieces have begun: what was read between two equal counts, the latter while idle, is of no mixture. */
    long works() {
        return works;
    }

    boolean isIdle() {
        return ledger.world().pledges().isEmpty();
    }

    /** Runs {@code task} on the topology thread when the work under way is done. */
    void whenIdle(Runnable task) {
        if (isIdle()) {
            task.run();
        } else {
            waiting.add(task);
        }
    }

    private void release() {
        List<Runnable> released = List.copyOf(waiting);
        waiting.clear();
        released.forEach(topology::post);
    }
}
