package io.ropewalk.inventory;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A line of the audit: a change that was made, or was asked for and refused.
 *
 * @param seq its number, increasing; 0 before it is written
 * @param time when
 * @param actor who asked; "service" when the service itself acted
 * @param source the address that the request came from; null when there was none
 * @param verb what was asked for
 * @param resource what it was about, {@code kind name}
 * @param fromGeneration the resource's generation before; null where there was none, or it has none
 * @param toGeneration the resource's generation after; null where there is none any more, or it has none
 * @param key the idempotency key; null for none
 * @param outcome {@link #DONE}, {@link #TAKEN_BACK}, or the code of the problem that the caller was told
 */
public record AuditEntry(
        long seq,
        Instant time,
        String actor,
        @Nullable String source,
        String verb,
        String resource,
        @Nullable Long fromGeneration,
        @Nullable Long toGeneration,
        @Nullable String key,
        String outcome) {
    /** It was done. */
    public static final String DONE = "done";
    /** It was stored, then found impossible, and what was before was stored again. */
    public static final String TAKEN_BACK = "taken-back";

    /** The longest texts that are kept. */
    private static final int MOST_TEXT = 255;

    /** Long texts are cut, and none has a character that could end a line. */
    public AuditEntry {
        actor = tame(actor);
        source = source == null ? null : tame(source);
        verb = tame(verb);
        resource = tame(resource);
        key = key == null ? null : tame(key);
        outcome = tame(outcome);
    }

    private static String tame(String text) {
        String plain = text.replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= MOST_TEXT ? plain : plain.substring(0, MOST_TEXT);
    }
}
