package io.ropewalk.inventory;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Who asks for a change and how, for the audit: one for each request. Any thread.
 *
 * <p>An entry of the audit is written with the change itself where that is stored; {@link #isAudited} tells whether that
 * has happened, so that what was refused, or changed nothing that is stored, gets its entry afterwards.
 */
public final class Caller {
    private final @Nullable String source;
    private final String verb;
    private final @Nullable String key;
    private final AtomicBoolean audited = new AtomicBoolean();

    /**
     * A caller.
     *
     * @param source the address that the request came from; null for the service itself
     * @param verb what was asked for, the operation's id where that is known
     * @param key the idempotency key; null for none
     */
    public Caller(@Nullable String source, String verb, @Nullable String key) {
        this.source = source;
        this.verb = verb;
        this.key = key;
    }

    public @Nullable String source() {
        return source;
    }

    public String verb() {
        return verb;
    }

    public @Nullable String key() {
        return key;
    }

    public boolean isAudited() {
        return audited.get();
    }

    void markAudited() {
        audited.set(true);
    }
}
