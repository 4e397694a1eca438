package io.ropewalk.inventory;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Who asked for what runs now, and why; bound on the topology thread while a verb runs, so that the events that a
 * verb causes can say so.
 *
 * @param actor null when nobody asked: the service itself acts
 * @param caller how it was asked for; null when that is not known
 * @param traceId of the request that asked; null where there is none
 */
record VerbContext(
        @Nullable String actor,
        @Nullable String why,
        @Nullable Caller caller,
        @Nullable String traceId) {
    /** In events; and in the log, whose name for it is the Elastic Common Schema's. */
    static final String TRACE = "traceId";

    static final String LOGGED_TRACE = "trace.id";

    private static final ScopedValue<VerbContext> CURRENT = ScopedValue.newInstance();
    private static final VerbContext NONE = new VerbContext(null, null, null, null);

    /** Of the thread that asks. */
    static VerbContext of(Terms terms, @Nullable String why) {
        return new VerbContext(terms.actor(), why, terms.caller(), MDC.get(LOGGED_TRACE));
    }

    static VerbContext current() {
        return CURRENT.orElse(NONE);
    }

    /** Runs {@code verb} in this context. */
    <T> T call(Supplier<T> verb) {
        return ScopedValue.where(CURRENT, this).call(verb::get);
    }

    /** {@code detail}, and what is known of the verb that runs now, if one does. */
    static Map<String, String> addTo(Map<String, String> detail) {
        VerbContext context = current();
        if (context.actor() == null) {
            return detail;
        }
        Map<String, String> more = new TreeMap<>(detail);
        more.put("actor", context.actor());
        if (context.why() != null && !context.why().isEmpty()) {
            more.put("why", context.why());
        }
        if (context.traceId() != null) {
            more.put(TRACE, context.traceId());
        }
        return more;
    }
}
