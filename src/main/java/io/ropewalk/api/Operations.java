package io.ropewalk.api;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.AuditStore;
import io.ropewalk.inventory.Caller;
import io.ropewalk.inventory.StoreException;
import io.ropewalk.inventory.Terms;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Component;

/**
 * The changes that took longer than their callers waited: each runs on a virtual thread of its own, and is kept for a
 * while after it ended. Not written down anywhere: what is under way when the service ends shows in the state
 * afterwards. Any thread; the map is guarded by this.
 */
@Component
class Operations {
    /** How many may run at once. */
    static final int MOST_RUNNING = 100;

    /** How many are kept, those that run included. */
    static final int MOST_KEPT = 1000;

    /** How long one is kept after it ended. */
    static final Duration KEPT = Duration.ofHours(1);

    private static final Logger LOG = LoggerFactory.getLogger(Operations.class);

    private final Clock clock;
    private final AuditStore audit;
    private final Semaphore free = new Semaphore(MOST_RUNNING);
    /** The oldest first. */
    private final Map<String, Running> kept = new LinkedHashMap<>();

    Operations(Clock clock, AuditStore audit) {
        this.clock = clock;
        this.audit = audit;
    }

    /**
     * What is asked for.
     *
     * @param name its operationId
     * @param target the path
     * @param terms of whom, and whether it is only tried
     * @param status the HTTP status of its answer where that does not say one itself
     */
    record Asked(String name, String target, Terms terms, HttpStatus status) {}

    /** How it ended: with an answer, or a failure and what a client is told of it. */
    private record End(
            Instant at,
            @Nullable Object answer,
            @Nullable Throwable failure,
            @Nullable ProblemJson problem) {}

    private record Running(String id, Asked asked, Instant startedAt, CompletableFuture<End> end) {
        boolean endedBefore(Instant limit) {
            End known = end.getNow(null);
            return known != null && known.at().isBefore(limit);
        }
    }

    /**
     * Runs {@code change} and waits for its end.
     *
     * @throws StillRunningException when {@code wait} is over before; it goes on then
     * @throws Exception what the change throws
     */
    @Nullable Object run(Asked asked, Duration wait, Callable<@Nullable Object> change) throws Exception {
        if (!free.tryAcquire()) {
            throw new ApiException(
                    ProblemCode.BUSY,
                    "No more than " + MOST_RUNNING + " changes can be waited for at once.",
                    "Try again in a moment.");
        }
        Running running = new Running(UUID.randomUUID().toString(), asked, clock.instant(), new CompletableFuture<>());
        String trace = TraceFilter.current();
        Thread.ofVirtual().name("operation").start(() -> {
            MDC.put(TraceFilter.KEY, trace);
            End end = carryOut(asked, change);
            free.release();
            running.end().complete(end);
        });
        try {
            return answer(running.end().get(wait.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            keep(running);
            running.end().thenAccept(end -> tell(asked, end));
            throw new StillRunningException(json(running));
        } catch (ExecutionException e) {
            throw new IllegalStateException("an end is never an exception", e);
        }
    }

    private End carryOut(Asked asked, Callable<@Nullable Object> change) {
        try {
            return new End(clock.instant(), change.call(), null, null);
        } catch (Throwable failure) {
            return new End(clock.instant(), null, failure, ProblemHandler.problem(failure, asked.target()));
        }
    }

    /** Nobody waits for it any more, so nobody else tells the log, or the audit, which knows it as accepted. */
    private void tell(Asked asked, End end) {
        ProblemJson problem = end.problem();
        if (problem != null && problem.status() >= HttpStatus.INTERNAL_SERVER_ERROR.value()) {
            LOG.error("{} of {} failed", asked.name(), asked.target(), end.failure());
        }
        Caller caller = asked.terms().caller();
        if (caller == null || asked.terms().dryRun() || (problem == null && caller.isAudited())) {
            return;
        }
        try {
            audit.add(new AuditEntry(
                    0,
                    end.at(),
                    asked.terms().actor(),
                    caller.source(),
                    caller.verb(),
                    AuditFilter.resource(problem, asked.target()),
                    null,
                    null,
                    caller.key(),
                    problem == null ? AuditEntry.DONE : problem.code()));
        } catch (StoreException e) {
            LOG.error("The audit misses how {} of {} ended: {}", asked.name(), asked.target(), e.getMessage());
        }
    }

    private static @Nullable Object answer(End end) throws Exception {
        switch (end.failure()) {
            case null -> {
                return end.answer();
            }
            case Exception e -> throw e;
            case Error e -> throw e;
            case Throwable odd -> throw new IllegalStateException(odd);
        }
    }

    private synchronized void keep(Running running) {
        Instant limit = clock.instant().minus(KEPT);
        kept.values().removeIf(one -> one.endedBefore(limit));
        if (kept.size() >= MOST_KEPT) {
            // More than MOST_RUNNING of them have ended.
            kept.values().stream()
                    .filter(one -> one.end().isDone())
                    .findFirst()
                    .ifPresent(oldest -> kept.remove(oldest.id()));
        }
        kept.put(running.id(), running);
    }

    synchronized List<OperationJson> list() {
        return kept.values().stream().map(Operations::json).toList();
    }

    OperationJson get(String id) {
        Running running;
        synchronized (this) {
            running = kept.get(id);
        }
        if (running == null) {
            throw new ApiException(
                    ProblemCode.OPERATION_NOT_FOUND,
                    "There is no such operation; those that ended are kept for " + KEPT.toMinutes()
                            + " minutes, and none outlives the service.",
                    "Look at what it was to change.");
        }
        return json(running);
    }

    private static OperationJson json(Running running) {
        Asked asked = running.asked();
        End end = running.end().getNow(null);
        if (end == null) {
            return json(running, OperationJson.State.RUNNING, null, null, null, null, null);
        }
        ProblemJson problem = end.problem();
        if (problem != null) {
            return json(running, OperationJson.State.FAILED, end.at(), problem.status(), null, null, problem);
        }
        if (end.answer() instanceof ResponseEntity<?> entity) {
            String location = entity.getHeaders().getFirst(HttpHeaders.LOCATION);
            int status = entity.getStatusCode().value();
            return json(running, OperationJson.State.SUCCEEDED, end.at(), status, location, entity.getBody(), null);
        }
        return json(
                running, OperationJson.State.SUCCEEDED, end.at(), asked.status().value(), null, end.answer(), null);
    }

    private static OperationJson json(
            Running running,
            OperationJson.State state,
            @Nullable Instant finishedAt,
            @Nullable Integer status,
            @Nullable String location,
            @Nullable Object result,
            @Nullable ProblemJson problem) {
        Asked asked = running.asked();
        return new OperationJson(
                running.id(),
                asked.name(),
                asked.target(),
                asked.terms().actor(),
                state,
                running.startedAt(),
                finishedAt,
                status,
                location,
                result,
                problem);
    }
}
