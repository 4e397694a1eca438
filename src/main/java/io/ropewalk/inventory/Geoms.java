package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.Drained;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.RestoreTrigger;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The verbs of the original on geoms and paths. Each one: look, check, store, act, publish. On the topology thread
 * only; what a verb leaves in flight comes back as a future, for the caller to wait on elsewhere.
 */
final class Geoms {
    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final GeomLife life;
    private final Arrivals arrivals;
    private final GeomMaker maker;
    private final GeomChanges changes;
    private final Devices devices;
    private final PathChecks checks;
    private final Supplier<SessionPort> sessions;

    Geoms(
            Ledger ledger,
            Topology topology,
            EventLog events,
            GeomLife life,
            Arrivals arrivals,
            GeomMaker maker,
            GeomChanges changes,
            Devices devices,
            PathChecks checks,
            Supplier<SessionPort> sessions) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.life = life;
        this.arrivals = arrivals;
        this.maker = maker;
        this.changes = changes;
        this.devices = devices;
        this.checks = checks;
        this.sessions = sessions;
    }

    // ---- create (R42)

    /**
     * Makes a geom, all or nothing.
     *
     * @param patient whether paths whose devices are not open yet may join later; one at least must be open
     */
    GeomView create(GeomSpec spec, boolean patient, Terms terms) {
        World world = ledger.world();
        GeomRules.requireSound(spec);
        GeomRules.requireFreeName(world, spec.name());
        List<BlockDevice> open = openDevices(world, spec, patient);
        GeomRules.requireAlike(open);
        return view(maker.create(spec, null, open, terms.dryRun()));
    }

    /** Those of the devices that are open; all of them unless {@code patient}. One at least. */
    static List<BlockDevice> openDevices(World world, GeomSpec spec, boolean patient) {
        List<DeviceSlot> slots = spec.paths().stream()
                .map(device -> GeomRules.requireFree(world, device))
                .toList();
        boolean anyOpen = slots.stream().anyMatch(slot -> slot.device() != null);
        return slots.stream()
                .filter(slot -> slot.device() != null || !patient || !anyOpen)
                .map(GeomRules::requireOpen)
                .toList();
    }

    // ---- configure, rotate (R43, R49)

    GeomView configure(String name, UnaryOperator<GeomSettings> change, Terms terms) {
        requireNoLabel(running(name, terms).desired());
        return reconfigure(name, change, terms);
    }

    /** The same for any geom; of a labelled one the label has been written. */
    GeomView reconfigure(String name, UnaryOperator<GeomSettings> change, Terms terms) {
        GeomSlot slot = running(name, terms);
        GeomSettings settings = apply(name, change, slot.desired().settings());
        DesiredGeom wanted = slot.desired().withSettings(settings);
        GeomSlot after = changes.change(
                slot, wanted, null, terms, () -> slot.geom().configure(settings.mode(), settings.policies()));
        if (!terms.dryRun() && after.desired() != slot.desired()) {
            events.append(
                    "geom.configured",
                    name,
                    null,
                    Map.of("mode", settings.mode().name()));
        }
        return view(after);
    }

    static GeomSettings apply(String name, UnaryOperator<GeomSettings> change, GeomSettings settings) {
        try {
            return change.apply(settings);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidValue(name, e);
        }
    }

    GeomView rotate(String name, Terms terms) {
        GeomSlot slot = running(name, terms);
        if (slot.geom().report().activePaths().isEmpty()) {
            throw Refusals.noUsablePath(name);
        }
        return view(changes.change(slot, slot.desired(), null, terms, slot.geom()::rotate));
    }

    // ---- stop, destroy (R47, R48)

    CompletableFuture<Void> stop(String name, Terms terms) {
        World world = ledger.world();
        GeomSlot slot = world.geoms().get(name);
        if (slot == null) {
            requireEnded(world, name, terms);
            return life.drained(name);
        }
        GeomRules.requireGeneration(terms, slot.desired());
        DesiredState after =
                world.desired().withGeom(slot.desired().withStopped(true).nextGeneration());
        return end(slot, after, "geom.stopped", terms);
    }

    /** A geom that was there and is not running any more: to stop it again is no error (Q2). */
    private static void requireEnded(World world, String name, Terms terms) {
        DesiredGeom stopped = world.desired().geoms().get(name);
        if (stopped != null) {
            GeomRules.requireGeneration(terms, stopped);
        } else if (world.draining(name).isEmpty()) {
            throw Refusals.geomNotFound(name);
        }
    }

    CompletableFuture<Void> destroy(String name, boolean force, Terms terms) {
        World world = ledger.world();
        GeomSlot slot = world.geoms().get(name);
        if (slot == null) {
            return forgetStopped(world, name, terms);
        }
        GeomRules.requireGeneration(terms, slot.desired());
        requireNoLabel(slot.desired());
        if (!force) {
            requireUnused(world, slot);
        }
        return end(slot, world.desired().withoutGeom(name), "geom.destroyed", terms);
    }

    private CompletableFuture<Void> forgetStopped(World world, String name, Terms terms) {
        requireEnded(world, name, terms);
        DesiredGeom stopped = world.desired().geoms().get(name);
        if (stopped != null) {
            requireNoLabel(stopped);
        }
        if (!terms.dryRun() && world.desired().geoms().containsKey(name)) {
            DesiredState after = world.desired().withoutGeom(name);
            ledger.persist(after, Refusals.geomResource(name));
            ledger.publish(world.withDesired(after));
            events.append("geom.destroyed", name, null, Map.of());
        }
        return life.drained(name);
    }

    /** Labels are for {@link LabelVerbs}; this one came to be after the caller had looked. */
    private static void requireNoLabel(DesiredGeom geom) {
        if (geom.isLabelled()) {
            throw LabelRefusals.madeAnew(geom.name());
        }
    }

    void requireUnused(World world, GeomSlot slot) {
        int open = world.desired()
                .exportsOf(slot.name())
                .mapToInt(export -> sessions.get().count(export.name()))
                .sum();
        int inUse = Math.max(open, slot.geom().report().openChannels());
        if (inUse > 0) {
            throw Refusals.geomInUse(slot.name(), inUse);
        }
    }

    private CompletableFuture<Void> end(GeomSlot slot, DesiredState after, String event, Terms terms) {
        if (terms.dryRun()) {
            return CompletableFuture.completedFuture(null);
        }
        ledger.persist(after, Refusals.geomResource(slot.name()));
        return life.end(slot, after, event);
    }

    /** Ends every geom and leaves what is desired as it is. */
    CompletableFuture<Void> endAll() {
        DesiredState desired = ledger.world().desired();
        return CompletableFuture.allOf(List.copyOf(ledger.world().geoms().values()).stream()
                .map(slot -> life.end(slot, desired, "geom.ended"))
                .toArray(CompletableFuture[]::new));
    }

    // ---- paths (R40, R41, R44–R46)

    /** The device that would become a path, after every check but that of its label; null when it is one already. */
    @Nullable BlockDevice deviceToAdd(String name, String device, Terms terms) {
        GeomSlot slot = running(name, terms);
        return slot.desired().hasPath(device) ? null : deviceToAdd(slot, device);
    }

    private BlockDevice deviceToAdd(GeomSlot slot, String device) {
        BlockDevice open = GeomRules.requireOpen(GeomRules.requireFree(ledger.world(), device));
        GeomRules.requireRoom(slot.name(), slot.desired().paths().size() + 1);
        maker.requireFits(slot, open);
        return open;
    }

    /**
     * Adds a path.
     *
     * @param taste what was read of it, for a labelled geom; null for one without label
     */
    PathAdded add(String name, String device, @Nullable LabelTaste taste, Terms terms) {
        GeomSlot slot = running(name, terms);
        if (slot.desired().hasPath(device)) {
            return new PathAdded(Views.path(slot, device), false);
        }
        BlockDevice open = deviceToAdd(slot, device);
        requireLabel(slot, open, taste);
        GeomSlot after = changes.change(
                slot,
                slot.desired().withPath(device),
                state -> state.withKeptOut(device, null),
                device,
                terms,
                () -> slot.geom().add(open));
        DeviceSlot deviceSlot = ledger.world().device(device);
        if (terms.dryRun()) {
            return new PathAdded(Views.newPath(device, deviceSlot), true);
        }
        arrivals.joined(slot.geom(), device);
        return new PathAdded(Views.path(after, device), true);
    }

    private static void requireLabel(GeomSlot slot, BlockDevice open, @Nullable LabelTaste taste) {
        if (!slot.desired().isLabelled()) {
            return;
        }
        if (taste == null || taste.device() != open) {
            throw LabelRefusals.madeAnew(slot.name());
        }
        String objection = LabelRules.objection(taste.last(), slot.desired(), open.geometry());
        if (objection != null) {
            throw LabelRefusals.labelMismatch(slot.name(), open.name(), objection);
        }
    }

    CompletableFuture<Void> remove(String name, String device, LastPath lastPath, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        if (slot.desired().paths().size() == 1) {
            if (lastPath == LastPath.REFUSE) {
                throw Refusals.lastPath(name, device);
            }
            return removeLast(slot, terms);
        }
        DesiredGeom wanted = slot.desired().withoutPath(device);
        if (terms.dryRun()) {
            return CompletableFuture.completedFuture(null);
        }
        if (!slot.hasJoined(device)) {
            changes.change(slot, wanted, keptOut(slot, device), device, terms, () -> {});
            arrivals.tellMissing(slot.geom());
            return CompletableFuture.completedFuture(null);
        }
        return removeJoined(slot, wanted, device, terms);
    }

    /** R46: the geom goes with its last path, its label stays. */
    private CompletableFuture<Void> removeLast(GeomSlot slot, Terms terms) {
        World world = ledger.world();
        requireUnused(world, slot);
        DesiredState after = world.desired().withAllKeptOut(slot.desired()).withoutGeom(slot.name());
        return end(slot, after, "geom.destroyed", terms);
    }

    /** What is removed from a labelled geom stays removed until it is asked for (Q26). */
    private static UnaryOperator<DesiredState> keptOut(GeomSlot slot, String device) {
        String uuid = slot.desired().uuid();
        return state -> uuid == null ? state : state.withKeptOut(device, uuid);
    }

    private CompletableFuture<Void> removeJoined(GeomSlot slot, DesiredGeom wanted, String device, Terms terms) {
        Geom geom = slot.geom();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        changes.change(
                slot,
                wanted,
                keptOut(slot, device),
                device,
                terms,
                () -> geom.remove(device).thenRun(() -> drained.complete(null)));
        ledger.publish(ledger.world().mapGeom(geom, now -> now.withLeaving(device)));
        checks.end(geom, device);
        return drained.thenRunAsync(
                () -> ledger.publish(ledger.world().mapGeom(geom, now -> now.withoutLeaving(device))), topology);
    }

    PathView fail(String name, String device, String why, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        return takeOut(slot, device, why, terms, detail -> slot.geom().fail(device, detail));
    }

    /** As {@link #fail}; the future is ready when nothing is in flight on the path any more and its changes are flushed. */
    CompletableFuture<Drained> drain(String name, String device, String why, boolean force, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        GeomRules.requireAnotherPath(slot, device, force);
        CompletableFuture<Drained> drained = new CompletableFuture<>();
        takeOut(
                slot,
                device,
                why,
                terms,
                detail -> slot.geom().drain(device, detail).thenAccept(drained::complete));
        if (terms.dryRun() || !slot.hasJoined(device)) {
            drained.complete(Drained.NOTHING);
        }
        return drained;
    }

    /** How the engine takes a path out of use. */
    private interface WayOut {
        void take(String detail) throws GeomRefusal;
    }

    private PathView takeOut(GeomSlot slot, String device, String why, Terms terms, WayOut way) {
        GeomRules.requireShort(slot.name(), device, why);
        DesiredGeom wanted = slot.desired().withFailed(device, why);
        return Views.path(
                changes.change(slot, wanted, device, terms, () -> {
                    if (slot.hasJoined(device)) {
                        way.take(detailOf(why));
                    }
                }),
                device);
    }

    /** What is shown of a path that an operator took out of use, {@code why} as he has said it. */
    static String detailOf(String why) {
        return why.isEmpty() ? "failed by an operator" : why;
    }

    PathView restore(String name, String device, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        DesiredGeom wanted = slot.desired().withFailed(device, null);
        return Views.path(
                changes.change(slot, wanted, device, terms, () -> {
                    if (slot.hasJoined(device)) {
                        slot.geom().restore(device, RestoreTrigger.OPERATOR);
                    } else {
                        devices.openNow(device);
                    }
                }),
                device);
    }

    PathView prefer(String name, String device, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        PathView path = Views.path(slot, device);
        switch (path.state()) {
            case ACTIVE, READ, PASSIVE -> {}
            default -> throw Refusals.pathNotUsable(name, device, path.state().name());
        }
        return Views.path(
                changes.change(
                        slot, slot.desired(), device, terms, () -> slot.geom().prefer(device)),
                device);
    }

    // ---- inside

    private GeomSlot running(String name, Terms terms) {
        GeomSlot slot = ledger.world().running(name);
        GeomRules.requireGeneration(terms, slot.desired());
        if (ledger.world().isDoomed(slot)) {
            throw Refusals.geomStopping(name);
        }
        return slot;
    }

    private static void requirePath(GeomSlot slot, String device) {
        if (!slot.desired().hasPath(device)) {
            throw Refusals.pathNotFound(slot.name(), device);
        }
    }

    GeomView view(GeomSlot slot) {
        return Views.geom(ledger.world(), slot, sessions.get());
    }
}
