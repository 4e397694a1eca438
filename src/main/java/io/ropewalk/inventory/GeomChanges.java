package io.ropewalk.inventory;

import io.ropewalk.engine.GeomRefusal;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Changes what is desired of a geom that runs, together with what the engine does about it. On the topology thread. */
final class GeomChanges {
    private final Ledger ledger;

    /** What the engine is to do about a change. */
    interface Action {
        void run() throws GeomRefusal;
    }

    GeomChanges(Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * Stores what is wanted of a geom, has the engine do it, publishes it. When the engine refuses, the store is put
     * back. A geom that is wanted as it is keeps its generation.
     *
     * @return the slot afterwards; in a dry run as it would be
     */
    GeomSlot change(GeomSlot slot, DesiredGeom wanted, @Nullable String device, Terms terms, Action action) {
        return change(slot, wanted, UnaryOperator.identity(), device, terms, action);
    }

    /** The same; {@code more} is stored with it. */
    GeomSlot change(
            GeomSlot slot,
            DesiredGeom wanted,
            UnaryOperator<DesiredState> more,
            @Nullable String device,
            Terms terms,
            Action action) {
        DesiredGeom desired = wanted.equals(slot.desired()) ? slot.desired() : wanted.nextGeneration();
        if (terms.dryRun()) {
            return slot.withDesired(desired);
        }
        String resource = Refusals.geomResource(slot.name());
        DesiredState after = more.apply(ledger.world().desired().withGeom(desired));
        ledger.persist(after, resource);
        try {
            action.run();
        } catch (GeomRefusal e) {
            ledger.takeBack(resource);
            throw Refusals.of(slot.name(), device == null ? "" : device, e);
        }
        ledger.publish(ledger.world().withDesired(after));
        return ledger.world().running(slot.name());
    }
}
