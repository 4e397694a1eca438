package io.ropewalk.api;

import io.ropewalk.engine.Policies;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.engine.Policies.NoPath;
import io.ropewalk.engine.Policies.Restore;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The policies of a geom; in a request what is left out keeps its default, or on a PATCH its value. */
@Schema(
        name = "Policies",
        description = "What may be tuned per geom. In a new geom what is left out takes its default.")
record PoliciesJson(
        @Schema(
                description = "How long one attempt on one path may take before the path is FAIL TIMEOUT; PT0.01S to"
                        + " PT10M.",
                example = "PT2S",
                format = "duration")
        @Nullable String attemptTimeout,

        @Schema(
                description = "How long changes wait for proof that an earlier one of the same range, lost with its"
                        + " path, can no longer land; PT0S (not at all) to PT1H.",
                example = "PT30S",
                format = "duration")
        @Nullable String quiesce,

        @Schema(
                description = "Where acknowledged writes rest until they are flushed. SHARED: all paths lead to one"
                        + " cache. PER_PATH: each path's server has a volatile cache of its own.")
        @Nullable Cache cache,

        @Schema(
                description =
                        "AUTO: a failed path that passes its checks is restored by itself, unless an operator failed"
                                + " it. MANUAL: only an operator restores.")
        @Nullable Restore restore,

        @Schema(
                description = "When a preferred path that is well again becomes the active one by itself: MANUAL"
                        + " (never), IMMEDIATE, or AFTER(duration) of being well, up to AFTER(PT24H).",
                example = "MANUAL",
                pattern = "^(MANUAL|IMMEDIATE|AFTER\\(P.+\\))$")
        @Nullable String failback,

        @Schema(
                description = "How long a READ may take before it is sent to a second path as well, PT0.001S to"
                        + " PT1M; null for only when its path says nothing while others answer.",
                example = "null",
                format = "duration",
                nullable = true)
        @Nullable String hedgeAfter,

        @Nullable NoPathJson noPath) {
    private static final String PREFIX = "policies.";

    /** What happens to requests while no path is usable. */
    @Schema(
            name = "NoPathPolicy",
            description =
                    "Requests that find no usable path wait for one, within these bounds; beyond, they fail at once.")
    record NoPathJson(
            @Schema(
                    description = "How long one waits, PT0S (not at all) to PT24H.",
                    example = "PT0S",
                    format = "duration")
            @Nullable String queueFor,

            @Schema(description = "How many wait at most.", example = "10000") @Nullable Integer maxRequests,

            @Schema(description = "How many bytes of writes wait at most.", example = "268435456") @Nullable Long maxBytes) {}

    static PoliciesJson of(Policies policies) {
        NoPath noPath = policies.noPath();
        return new PoliciesJson(
                policies.attemptTimeout().toString(),
                policies.quiesce().toString(),
                policies.cache(),
                policies.restore(),
                Failback.write(policies.failback()),
                Durations.write(policies.hedgeAfter()),
                new NoPathJson(noPath.queueFor().toString(), noPath.maxRequests(), noPath.maxBytes()));
    }

    /**
     * The policies, with {@code defaults} for what is left out.
     *
     * @throws ApiException when values are out of their ranges; it names each
     */
    Policies toPolicies(Policies defaults) {
        Duration attempt = Durations.read(PREFIX + "attemptTimeout", attemptTimeout, defaults.attemptTimeout());
        Duration quiet = Durations.read(PREFIX + "quiesce", quiesce, defaults.quiesce());
        Duration hedge =
                hedgeAfter == null ? defaults.hedgeAfter() : Durations.readNullable(PREFIX + "hedgeAfter", hedgeAfter);
        List<Violation> violations = new ArrayList<>();
        Policies policies = defaults.withCache(Objects.requireNonNullElse(cache, defaults.cache()))
                .withRestore(Objects.requireNonNullElse(restore, defaults.restore()));
        policies = with(policies, "attemptTimeout", before -> before.withAttemptTimeout(attempt), violations);
        policies = with(policies, "quiesce", before -> before.withQuiesce(quiet), violations);
        policies = with(policies, "failback", before -> before.withFailback(failback(before.failback())), violations);
        policies = with(policies, "hedgeAfter", before -> before.withHedgeAfter(hedge), violations);
        policies = noPath == null ? policies : policies.withNoPath(noPath(noPath, policies.noPath(), violations));
        if (!violations.isEmpty()) {
            throw outOfRange(violations);
        }
        return policies;
    }

    /** One value more; what was before, and a violation more, when it is out of its range. */
    private static <T> T with(T before, String field, UnaryOperator<T> change, List<Violation> violations) {
        try {
            return change.apply(before);
        } catch (IllegalArgumentException e) {
            violations.add(new Violation(PREFIX + field, String.valueOf(e.getMessage())));
            return before;
        }
    }

    private @Nullable Duration failback(@Nullable Duration otherwise) {
        if (failback == null) {
            return otherwise;
        }
        return Failback.read(failback, PoliciesJson::failbackAfter);
    }

    private static Duration failbackAfter(String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "failback must be MANUAL, IMMEDIATE or AFTER with an ISO-8601 duration, as AFTER(PT5M)", e);
        }
    }

    private static NoPath noPath(NoPathJson json, NoPath defaults, List<Violation> violations) {
        Duration queueFor = Durations.read(PREFIX + "noPath.queueFor", json.queueFor, defaults.queueFor());
        int requests = json.maxRequests == null ? defaults.maxRequests() : json.maxRequests;
        long bytes = json.maxBytes == null ? defaults.maxBytes() : json.maxBytes;
        NoPath result = with(
                defaults,
                "noPath.queueFor",
                before -> new NoPath(queueFor, before.maxRequests(), before.maxBytes()),
                violations);
        result = with(
                result,
                "noPath.maxRequests",
                before -> new NoPath(before.queueFor(), requests, before.maxBytes()),
                violations);
        return with(
                result,
                "noPath.maxBytes",
                before -> new NoPath(before.queueFor(), before.maxRequests(), bytes),
                violations);
    }

    private static ApiException outOfRange(List<Violation> violations) {
        return new ApiException(
                ProblemCode.INVALID_VALUE,
                violations.stream().map(Violation::message).distinct().collect(Collectors.joining("; ")) + ".",
                violations.size() == 1 ? "Choose a value within the range." : "Choose values within the ranges.",
                violations);
    }
}
