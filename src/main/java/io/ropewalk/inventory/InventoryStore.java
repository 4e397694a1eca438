package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/** Where the desired state outlives us. Called on one thread at a time; may block for a bounded time. */
public interface InventoryStore {
    /** Everything as last saved. */
    DesiredState load() throws StoreException;

    /**
     * Makes {@code after} of {@code before}, and adds {@code entry} to the audit, in one transaction: durable when it
     * returns, as before when it throws.
     *
     * @param entry null when nobody asked for the change
     */
    void save(DesiredState before, DesiredState after, @Nullable AuditEntry entry) throws StoreException;
}
