package io.ropewalk.inventory;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Under which terms a verb is asked for.
 *
 * @param actor who asks, for events and audit
 * @param ifGeneration the generation of the desired state that the caller saw; refused as STALE_ETAG when it has moved
 *     on. Null for any
 * @param dryRun check everything, change nothing; the answer shows the desired state as it would be
 * @param caller how it is asked for, for the audit; null when it need not be known
 */
public record Terms(
        String actor,
        @Nullable Long ifGeneration,
        boolean dryRun,
        @Nullable Caller caller) {
    /** Asked for by an operator who is not known by name, with no condition. */
    public static final Terms NONE = new Terms("operator", null, false);

    public Terms(String actor, @Nullable Long ifGeneration, boolean dryRun) {
        this(actor, ifGeneration, dryRun, null);
    }

    /** The caller is not a term: two who ask for the same under the same terms ask alike. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Terms terms
                && actor.equals(terms.actor)
                && Objects.equals(ifGeneration, terms.ifGeneration)
                && dryRun == terms.dryRun;
    }

    @Override
    public int hashCode() {
        return Objects.hash(actor, ifGeneration, dryRun);
    }

    public Terms withActor(String newActor) {
        return new Terms(newActor, ifGeneration, dryRun, caller);
    }

    public Terms withIfGeneration(@Nullable Long generation) {
        return new Terms(actor, generation, dryRun, caller);
    }

    public Terms withDryRun(boolean newDryRun) {
        return new Terms(actor, ifGeneration, newDryRun, caller);
    }
}
