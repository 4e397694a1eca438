package io.ropewalk.inventory;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who asked for what runs now, and why; bound on the topology thread while a verb runs, so that the events that a
 * verb causes can say so.
 *
 * @param actor null when nobody asked: the service itself acts
 * @param caller how it was asked for; null when that is not known
 */
record VerbContext(
        @Nullable String actor,
        @Nullable String why,
        @Nullable Caller caller) {
    private static final ScopedValue<VerbContext> CURRENT = ScopedValue.newInstance();
    private static final VerbContext NONE = new VerbContext(null, null, null);

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
        return more;
    }
}
