package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.EngineClock;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.Shape;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How a geom begins and ends, whoever wants it. On the topology thread only. */
final class GeomLife {
    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final PathChecks checks;
    private final Listeners listeners;
    private final EngineClock clock;
    private final EngineObserver observer;
    private final Supplier<? extends IoLoop> homes;

    /** Of geoms that ended and still drain: when that is over. */
    private final Map<Geom, CompletableFuture<Void>> drains = new IdentityHashMap<>();

    /** A geom that nobody sees yet. */
    record Made(Geom geom, GeomWatch watch) {}

    GeomLife(
            Ledger ledger,
            Topology topology,
            EventLog events,
            PathChecks checks,
            Listeners listeners,
            EngineClock clock,
            EngineObserver observer,
            Supplier<? extends IoLoop> homes) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.checks = checks;
        this.listeners = listeners;
        this.clock = clock;
        this.observer = observer;
        this.homes = homes;
    }

    /** Makes a geom that nobody sees yet. {@code known} null to learn the shape from the devices. */
    Made make(
            GeomSpec spec,
            @Nullable String uuid,
            @Nullable Shape known,
            List<BlockDevice> devices,
            GeomWatch.Reactions reactions)
            throws GeomRefusal {
        GeomWatch watch = new GeomWatch(spec.name(), events, observer, reactions);
        Geom geom = Geom.create(
                spec.name(),
                spec.type(),
                uuid,
                spec.mode(),
                spec.policies(),
                known,
                devices,
                homes.get(),
                clock,
                watch);
        return new Made(geom, watch);
    }

    /** Ends a geom that nobody saw. */
    void discard(Made made) {
        made.watch().discard();
        made.geom().stop();
    }

    /** The geom in {@code slot} is to be seen from now on; {@code type} is the event that says so. */
    void appear(World world, GeomSlot slot, String type) {
        ledger.publish(world.withGeom(slot));
        Geom geom = slot.geom();
        listeners.tell(listener -> listener.onGeomAppeared(geom));
        events.append(type, slot.name(), null, Map.of());
        slot.watch().missing(geom, slot.absences().size());
        slot.watch().publish(geom);
        slot.desired().devices().stream().filter(slot::hasJoined).forEach(device -> checks.begin(geom, device));
        world.desired()
                .exportsOf(slot.name())
                .map(export -> exported(export, geom))
                .forEach(export -> listeners.tell(listener -> listener.onExportAppeared(export)));
    }

    /**
     * Ends the geom in {@code slot}, and makes {@code after} what is desired. {@code type} is the event that tells when
     * nothing is in flight any more.
     *
     * @return ready then
     */
    CompletableFuture<Void> end(GeomSlot slot, DesiredState after, String type) {
        Geom geom = slot.geom();
        List<DesiredExport> exports =
                ledger.world().desired().exportsOf(slot.name()).toList();
        ledger.publish(ledger.world().withDesired(after).toDraining(slot));
        checks.end(geom);
        exports.forEach(export -> listeners.tell(listener -> listener.onExportVanished(exported(export, geom))));
        VerbContext context = VerbContext.current();
        CompletableFuture<Void> drained = geom.stop().thenRunAsync(() -> ended(slot, type, context), topology);
        drains.put(geom, drained);
        listeners.tell(listener -> listener.onGeomVanished(geom));
        return drained;
    }

    private void ended(GeomSlot slot, String type, VerbContext context) {
        drains.remove(slot.geom());
        ledger.publish(ledger.world().withoutDraining(slot.geom()));
        context.call(() -> {
            events.append(type, slot.name(), null, Map.of());
            return true;
        });
    }

    /** Ready when no geom of that name drains. */
    CompletableFuture<Void> drained(String name) {
        return CompletableFuture.allOf(ledger.world().draining().stream()
                .filter(slot -> slot.name().equals(name))
                .map(slot -> drains.getOrDefault(slot.geom(), CompletableFuture.completedFuture(null)))
                .toArray(CompletableFuture[]::new));
    }

    static ExportedDevice exported(DesiredExport export, Geom geom) {
        return new ExportedDevice(export.name(), geom, export.readOnly(), export.allowedClients());
    }
}
