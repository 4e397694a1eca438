package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes geoms that did not exist, all or nothing (R42). On the topology thread only. */
final class GeomMaker {
    private final Ledger ledger;
    private final GeomLife life;
    private final Arrivals arrivals;

    /**
     * What a label says of whose disk it is.
     *
     * @param name in the label, where the geom is to run under another, temporary one; else null
     */
    record Identity(String uuid, @Nullable String name) {}

    GeomMaker(Ledger ledger, GeomLife life, Arrivals arrivals) {
        this.ledger = ledger;
        this.life = life;
        this.arrivals = arrivals;
    }

    /**
     * Makes the geom and shows it.
     *
     * @param identity null for a geom without label
     * @param open the devices among its paths that are open; one at least
     * @return its slot, in a dry run as it would be
     */
    GeomSlot create(GeomSpec spec, @Nullable Identity identity, List<BlockDevice> open, boolean dryRun) {
        World world = ledger.world();
        GeomLife.Made made = make(spec, identity, open);
        boolean kept = false;
        try {
            GeomSlot slot = slotFor(world, spec, identity, made, open);
            if (!dryRun) {
                keep(world, slot);
                kept = true;
            }
            return slot;
        } finally {
            if (!kept) {
                life.discard(made);
            }
        }
    }

    /** Refuses what the engine would refuse. */
    void requireMakeable(GeomSpec spec, List<BlockDevice> open) {
        life.discard(make(spec, null, open));
    }

    /** Asks the engine, by way of a geom that nobody sees, whether the device can be a path of a geom that runs. */
    void requireFits(GeomSlot slot, BlockDevice device) {
        GeomRules.requireFits(slot, device);
        String copy = slot.desired().isLabelled() ? LabelRules.copyOf(ledger.world(), slot, device) : null;
        if (copy != null) {
            throw LabelRefusals.labelMismatch(slot.name(), device.name(), copy);
        }
        DesiredGeom desired = slot.desired();
        GeomSpec spec = new GeomSpec(
                desired.name(), desired.type(), desired.mode(), desired.policies(), List.of(device.name()));
        Shape shape = slot.geom().shape();
        try {
            life.discard(life.make(spec, desired.uuid(), shape, List.of(device), arrivals));
        } catch (GeomRefusal e) {
            throw Refusals.of(desired.name(), device.name(), e);
        }
    }

    private GeomLife.Made make(GeomSpec spec, @Nullable Identity identity, List<BlockDevice> open) {
        try {
            return life.make(spec, identity == null ? null : identity.uuid(), null, open, arrivals);
        } catch (GeomRefusal e) {
            throw Refusals.of(spec.name(), spec.paths().getFirst(), e);
        }
    }

    private GeomSlot slotFor(
            World world, GeomSpec spec, @Nullable Identity identity, GeomLife.Made made, List<BlockDevice> open) {
        DesiredGeom desired = new DesiredGeom(
                spec.name(),
                spec.type(),
                identity == null ? null : identity.uuid(),
                identity == null ? null : identity.name(),
                spec.mode(),
                spec.policies(),
                made.geom().shape(),
                spec.paths().stream().map(DesiredPath::new).toList(),
                false,
                withoutStopped(world.desired(), spec.name()).firstGeneration());
        Map<String, Absence> absences = new HashMap<>(arrivals.absences(world, spec.paths()));
        open.forEach(device -> absences.remove(device.name()));
        return new GeomSlot(desired, made.geom(), made.watch(), absences, Set.of());
    }

    private void keep(World world, GeomSlot slot) {
        String name = slot.name();
        DesiredState after = withoutStopped(world.desired(), name)
                .withGeom(slot.desired())
                .withExport(new DesiredExport(
                        name, name, false, List.of(), slot.desired().generation()));
        ledger.persist(after, Refusals.geomResource(name));
        life.appear(world.withDesired(after), slot, "geom.created");
    }

    /** A stopped geom of that name is forgotten; what its label says stays without effect (Q26). */
    private static DesiredState withoutStopped(DesiredState state, String name) {
        DesiredGeom stopped = state.geoms().get(name);
        return stopped == null ? state : state.withAllKeptOut(stopped).withoutGeom(name);
    }
}
