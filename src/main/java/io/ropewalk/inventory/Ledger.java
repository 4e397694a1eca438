package io.ropewalk.inventory;

import io.ropewalk.engine.EngineClock;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the world. Written by the topology thread only; any thread reads.
 *
 * <p>A verb goes: check → {@link #persist} → act → {@link #publish}. A crash before the store's commit leaves what was,
 * one after it leaves what shall be: a start makes it so. A store that fails refuses the verb before anything else
 * changed. Whether what failed was stored all the same is then looked up before the next change is.
 */
final class Ledger {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private final InventoryStore store;
    private final EngineClock clock;
    private volatile World world = World.EMPTY;

    /** What the store has, as far as we know; differs from the world's desired state between persist and publish. */
    private DesiredState stored = DesiredState.EMPTY;

    /** Whether the last save failed: what it was to store may be there, as when its commit's answer was lost. */
    private boolean inDoubt;

    /** When a change could not be stored and none has been since; null when the last one was. */
    private volatile @Nullable Instant unstoredSince;

    Ledger(InventoryStore store, EngineClock clock) {
        this.store = store;
        this.clock = clock;
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
        persist(after, resource, AuditEntry.DONE);
    }

    private void persist(DesiredState after, String resource, String outcome) {
        if (after.equals(stored) && !inDoubt) {
            return;
        }
        // A wish that is the world's already is not refused for a store that fails; but where it works, it is made so
        // there.
        boolean isNothingNew = inDoubt && after.equals(world.desired());
        try {
            if (inDoubt) {
                stored = store.load();
            }
            if (!after.equals(stored)) {
                save(after, entry(after, resource, outcome));
            }
            inDoubt = false;
            unstoredSince = null;
        } catch (StoreException e) {
            if (isNothingNew) {
                return;
            }
            if (unstoredSince == null) {
                unstoredSince = clock.now();
            }
            throw Refusals.storeFailed(resource, e);
        }
    }

    private void save(DesiredState after, @Nullable AuditEntry entry) throws StoreException {
        inDoubt = true;
        store.save(stored, after, entry);
        stored = after;
        Caller caller = VerbContext.current().caller();
        if (caller != null) {
            caller.markAudited();
        }
    }

    /** Any thread. */
    Optional<Instant> unstoredSince() {
        return Optional.ofNullable(unstoredSince);
    }

    /** What the audit says of it; null when nobody asked for it. */
    private @Nullable AuditEntry entry(DesiredState after, String resource, String outcome) {
        VerbContext verb = VerbContext.current();
        Caller caller = verb.caller();
        if (verb.actor() == null || caller == null) {
            return null;
        }
        return new AuditEntry(
                0,
                clock.now(),
                verb.actor(),
                caller.source(),
                caller.verb(),
                resource,
                generation(stored, resource),
                generation(after, resource),
                caller.key(),
                outcome);
    }

    /** The generation of a geom, of a path's geom, or of an export; nothing else has one. */
    private static @Nullable Long generation(DesiredState state, String resource) {
        String name = resource.substring(resource.indexOf(' ') + 1);
        if (resource.startsWith("export ")) {
            DesiredExport export = state.exports().get(name);
            return export == null ? null : export.generation();
        }
        int slash = name.indexOf('/');
        DesiredGeom geom = resource.startsWith("geom ") || resource.startsWith("path ")
                ? state.geoms().get(slash < 0 ? name : name.substring(0, slash))
                : null;
        return geom == null ? null : geom.generation();
    }

    /** Stores what the world says again, because the engine would not follow. */
    void takeBack(String resource) {
        try {
            persist(world.desired(), resource, AuditEntry.TAKEN_BACK);
        } catch (InventoryException e) {
            LOG.error(
                    "The store keeps a change of {} that was refused, until the next change: {}", resource, e.detail());
        }
    }
}
