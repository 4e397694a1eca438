package io.ropewalk.inventory;

/** Where the desired state outlives us. Called on one thread at a time; may block for a bounded time. */
public interface InventoryStore {
    /** Everything as last saved. */
    DesiredState load() throws StoreException;

    /** Makes {@code after} of {@code before} in one transaction: durable when it returns, as before when it throws. */
    void save(DesiredState before, DesiredState after) throws StoreException;
}
