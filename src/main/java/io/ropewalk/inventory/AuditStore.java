package io.ropewalk.inventory;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the audit is kept. Entries of changes come with the change, by {@link InventoryStore}. Any thread; may block. */
public interface AuditStore {
    /** Adds what changed nothing that is stored. */
    void add(AuditEntry entry) throws StoreException;

    /** The newest entries that {@code wanted} describes, newest first, at most {@code limit}. */
    List<AuditEntry> find(Wanted wanted, int limit) throws StoreException;

    /**
     * Which entries; null means any.
     *
     * @param before only entries with a lower number
     * @param since only entries at that time or later
     */
    record Wanted(
            @Nullable Long before,
            @Nullable String actor,
            @Nullable String resource,
            @Nullable String verb,
            @Nullable String outcome,
            @Nullable Instant since) {}
}
