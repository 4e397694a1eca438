package io.ropewalk.inventory;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the world. Written by the topology thread only; any thread reads.
 *
 * <p>A verb goes: check → {@link #persist} → act → {@link #publish}. A crash before the store's commit leaves what was,
 * one after it leaves what shall be: a start makes it so. A store that fails refuses the verb before anything else
 * changed.
 */
final class Ledger {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private final InventoryStore store;
    private volatile World world = World.EMPTY;

    /** What the store has, as far as we know; differs from the world's desired state between persist and publish. */
    private DesiredState stored = DesiredState.EMPTY;

    Ledger(InventoryStore store) {
        this.store = store;
    }

    World world() {
        return world;
    }

    void publish(World next) {
        world = next;
    }

    /** Takes over what was stored last. */
    DesiredState load() throws StoreException {
        stored = store.load();
        return stored;
    }

    /** Makes {@code after} durable; it is not the world's yet. STORE_FAILED. */
    void persist(DesiredState after, String resource) {
        if (after.equals(stored)) {
            return;
        }
        try {
            store.save(stored, after);
            stored = after;
        } catch (StoreException e) {
            throw Refusals.storeFailed(resource, e);
        }
    }

    /** Stores what the world says again, because the engine would not follow. */
    void takeBack(String resource) {
        try {
            persist(world.desired(), resource);
        } catch (InventoryException e) {
            LOG.error(
                    "The store keeps a change of {} that was refused, until the next change: {}", resource, e.detail());
        }
    }
}
