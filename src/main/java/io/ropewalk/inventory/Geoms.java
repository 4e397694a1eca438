package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.RestoreTrigger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private final Devices devices;
    private final PathChecks checks;
    private final Supplier<SessionPort> sessions;

    /** What the engine is to do about a change. */
    private interface Action {
        void run() throws GeomRefusal;
    }

    Geoms(
            Ledger ledger,
            Topology topology,
            EventLog events,
            GeomLife life,
            Arrivals arrivals,
            Devices devices,
            PathChecks checks,
            Supplier<SessionPort> sessions) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.life = life;
        this.arrivals = arrivals;
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
        GeomLife.Made made = make(spec, open);
        boolean kept = false;
        try {
            GeomSlot slot = slotFor(world, spec, made, open);
            if (!terms.dryRun()) {
                keep(world, slot);
                kept = true;
            }
            return view(slot);
        } finally {
            if (!kept) {
                life.discard(made);
            }
        }
    }

    private static List<BlockDevice> openDevices(World world, GeomSpec spec, boolean patient) {
        List<DeviceSlot> slots = spec.paths().stream()
                .map(device -> GeomRules.requireFree(world, device))
                .toList();
        boolean anyOpen = slots.stream().anyMatch(slot -> slot.device() != null);
        return slots.stream()
                .filter(slot -> slot.device() != null || !patient || !anyOpen)
                .map(GeomRules::requireOpen)
                .toList();
    }

    private GeomLife.Made make(GeomSpec spec, List<BlockDevice> open) {
        try {
            return life.make(spec, null, null, open, arrivals);
        } catch (GeomRefusal e) {
            throw Refusals.of(spec.name(), spec.paths().getFirst(), e);
        }
    }

    private GeomSlot slotFor(World world, GeomSpec spec, GeomLife.Made made, List<BlockDevice> open) {
        DesiredGeom desired = new DesiredGeom(
                spec.name(),
                spec.type(),
                null,
                spec.mode(),
                spec.policies(),
                made.geom().shape(),
                spec.paths().stream().map(DesiredPath::new).toList(),
                false,
                1);
        Map<String, Absence> absences = new HashMap<>(arrivals.absences(world, spec.paths()));
        open.forEach(device -> absences.remove(device.name()));
        return new GeomSlot(desired, made.geom(), made.watch(), absences, Set.of());
    }

    private void keep(World world, GeomSlot slot) {
        String name = slot.name();
        DesiredState after = world.desired()
                .withoutGeom(name)
                .withGeom(slot.desired())
                .withExport(new DesiredExport(name, name, false, List.of(), 1));
        ledger.persist(after, Refusals.geomResource(name));
        life.appear(world.withDesired(after), slot, "geom.created");
    }

    // ---- configure, rotate (R43, R49)

    GeomView configure(String name, UnaryOperator<GeomSettings> change, Terms terms) {
        GeomSlot slot = running(name, terms);
        GeomSettings settings = apply(name, change, slot.desired().settings());
        DesiredGeom wanted = slot.desired().withSettings(settings);
        GeomSlot after =
                change(slot, wanted, null, terms, () -> slot.geom().configure(settings.mode(), settings.policies()));
        if (!terms.dryRun() && after.desired() != slot.desired()) {
            events.append(
                    "geom.configured",
                    name,
                    null,
                    Map.of("mode", settings.mode().name()));
        }
        return view(after);
    }

    private static GeomSettings apply(String name, UnaryOperator<GeomSettings> change, GeomSettings settings) {
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
        return view(change(slot, slot.desired(), null, terms, slot.geom()::rotate));
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
        if (!force) {
            requireUnused(world, slot);
        }
        return end(slot, world.desired().withoutGeom(name), "geom.destroyed", terms);
    }

    private CompletableFuture<Void> forgetStopped(World world, String name, Terms terms) {
        requireEnded(world, name, terms);
        if (!terms.dryRun() && world.desired().geoms().containsKey(name)) {
            DesiredState after = world.desired().withoutGeom(name);
            ledger.persist(after, Refusals.geomResource(name));
            ledger.publish(world.withDesired(after));
            events.append("geom.destroyed", name, null, Map.of());
        }
        return life.drained(name);
    }

    private void requireUnused(World world, GeomSlot slot) {
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

    PathAdded add(String name, String device, Terms terms) {
        GeomSlot slot = running(name, terms);
        if (slot.desired().hasPath(device)) {
            return new PathAdded(Views.path(slot, device), false);
        }
        DeviceSlot deviceSlot = GeomRules.requireFree(ledger.world(), device);
        BlockDevice open = GeomRules.requireOpen(deviceSlot);
        GeomRules.requireRoom(name, slot.desired().paths().size() + 1);
        requireFits(slot, open);
        DesiredGeom wanted = slot.desired().withPath(device);
        GeomSlot after = change(slot, wanted, device, terms, () -> slot.geom().add(open));
        if (terms.dryRun()) {
            return new PathAdded(Views.newPath(device, deviceSlot), true);
        }
        arrivals.joined(slot.geom(), device);
        return new PathAdded(Views.path(after, device), true);
    }

    /** Asks the engine, by way of a geom that nobody sees, so that nothing is stored that it would refuse. */
    private void requireFits(GeomSlot slot, BlockDevice device) {
        GeomRules.requireFits(slot, device);
        DesiredGeom desired = slot.desired();
        GeomSpec spec = new GeomSpec(
                desired.name(), desired.type(), desired.mode(), desired.policies(), List.of(device.name()));
        try {
            life.discard(life.make(spec, desired.uuid(), slot.geom().shape(), List.of(device), arrivals));
        } catch (GeomRefusal e) {
            throw Refusals.of(desired.name(), device.name(), e);
        }
    }

    CompletableFuture<Void> remove(String name, String device, LastPath lastPath, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        if (slot.desired().paths().size() == 1) {
            if (lastPath == LastPath.REFUSE) {
                throw Refusals.lastPath(name, device);
            }
            return destroy(name, false, terms);
        }
        DesiredGeom wanted = slot.desired().withoutPath(device);
        if (terms.dryRun()) {
            return CompletableFuture.completedFuture(null);
        }
        if (!slot.hasJoined(device)) {
            change(slot, wanted, device, terms, () -> {});
            arrivals.tellMissing(slot.geom());
            return CompletableFuture.completedFuture(null);
        }
        return removeJoined(slot, wanted, device, terms);
    }

    private CompletableFuture<Void> removeJoined(GeomSlot slot, DesiredGeom wanted, String device, Terms terms) {
        Geom geom = slot.geom();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        change(slot, wanted, device, terms, () -> geom.remove(device).thenRun(() -> drained.complete(null)));
        ledger.publish(ledger.world().mapGeom(geom, now -> now.withLeaving(device)));
        checks.end(geom, device);
        return drained.thenRunAsync(
                () -> ledger.publish(ledger.world().mapGeom(geom, now -> now.withoutLeaving(device))), topology);
    }

    PathView fail(String name, String device, String why, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        GeomRules.requireShort(name, device, why);
        DesiredGeom wanted = slot.desired().withFailed(device, why);
        String detail = why.isEmpty() ? "failed by an operator" : why;
        return Views.path(
                change(slot, wanted, device, terms, () -> {
                    if (slot.hasJoined(device)) {
                        slot.geom().fail(device, detail);
                    }
                }),
                device);
    }

    PathView restore(String name, String device, Terms terms) {
        GeomSlot slot = running(name, terms);
        requirePath(slot, device);
        DesiredGeom wanted = slot.desired().withFailed(device, null);
        return Views.path(
                change(slot, wanted, device, terms, () -> {
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
                change(slot, slot.desired(), device, terms, () -> slot.geom().prefer(device)), device);
    }

    // ---- inside

    private GeomSlot running(String name, Terms terms) {
        GeomSlot slot = ledger.world().running(name);
        GeomRules.requireGeneration(terms, slot.desired());
        return slot;
    }

    private static void requirePath(GeomSlot slot, String device) {
        if (!slot.desired().hasPath(device)) {
            throw Refusals.pathNotFound(slot.name(), device);
        }
    }

    /**
     * Stores what is wanted of a geom, has the engine do it, publishes it. When the engine refuses, the store is put
     * back. A geom that is wanted as it is keeps its generation.
     *
     * @return the slot afterwards; in a dry run as it would be
     */
    private GeomSlot change(GeomSlot slot, DesiredGeom wanted, @Nullable String device, Terms terms, Action action) {
        DesiredGeom desired = wanted.equals(slot.desired()) ? slot.desired() : wanted.nextGeneration();
        if (terms.dryRun()) {
            return slot.withDesired(desired);
        }
        String resource = Refusals.geomResource(slot.name());
        DesiredState after = ledger.world().desired().withGeom(desired);
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

    private GeomView view(GeomSlot slot) {
        return Views.geom(ledger.world(), slot, sessions.get());
    }
}
