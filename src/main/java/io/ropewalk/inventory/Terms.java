package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/**
 * Under which terms a verb is asked for.
 *
 * @param actor who asks, for events and audit
 * @param ifGeneration the generation of the desired state that the caller saw; refused as STALE_ETAG when it has moved
 *     on. Null for any
 * @param dryRun check everything, change nothing; the answer shows the desired state as it would be
 */
public record Terms(String actor, @Nullable Long ifGeneration, boolean dryRun) {
    /** Asked for by an operator who is not known by name, with no condition. */
    public static final Terms NONE = new Terms("operator", null, false);

    public Terms withActor(String newActor) {
        return new Terms(newActor, ifGeneration, dryRun);
    }

    public Terms withIfGeneration(@Nullable Long generation) {
        return new Terms(actor, generation, dryRun);
    }

    public Terms withDryRun(boolean newDryRun) {
        return new Terms(actor, ifGeneration, newDryRun);
    }
}
