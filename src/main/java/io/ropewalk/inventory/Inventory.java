package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.Drained;
import io.ropewalk.engine.EngineClock;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Policies;
import io.ropewalk.label.Taster;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What should exist and what does. The one door to devices, geoms and exports, for REST and for the service's own
 * start and stop.
 *
 * <p>Any thread may call; verbs block until their effect is visible, so call them where waiting is cheap. Every verb
 * throws {@link InventoryException} when it is refused, and then nothing was changed, but for what {@link Problem} says.
 * Questions never block.
 */
public final class Inventory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    /** How many times the patience for a verb the last request on a path is waited for. */
    private static final int DRAIN_PATIENCE = 20;

    /** How long the end of the service waits for its geoms': half of what a process is usually given to end. */
    private static final Duration END_PATIENCE = Duration.ofSeconds(15);

    private final InventorySettings settings;
    private final Topology topology;
    private final Ledger ledger;
    private final EventLog events;
    private final Listeners listeners = new Listeners();
    private final Exports exports;
    private final LabelDesk desk;
    private final Reception reception;
    private final Devices devices;
    private final Geoms geoms;
    private final LabelVerbs labels;
    private final Declarations declarations;
    private final SizeWatch sizes;
    private final LabelPatrol patrol;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable ControlLog log;
    private volatile Runnable scan = () -> {};

    /**
     * An inventory that does nothing before {@link #start}.
     *
     * @param factories what opens devices; no two of one scheme
     * @param homes gives each geom the loop that checks its paths
     * @param observer hears from the engine what happens to geoms and paths, beside our own events
     */
    public Inventory(
            InventoryStore store,
            List<DeviceFactory> factories,
            Supplier<? extends IoLoop> homes,
            EngineClock clock,
            EngineObserver observer,
            InventorySettings settings) {
        this.settings = settings;
        this.topology = new Topology(settings.verbTimeout());
        this.ledger = new Ledger(store, clock);
        this.events = new EventLog(clock, settings.eventCapacity());
        this.exports = new Exports(ledger, events, listeners);
        Factories known = new Factories(factories);
        Rhythm rhythm = new Rhythm(RandomGenerator.getDefault());
        PathChecks checks = new PathChecks(topology, rhythm, settings.checkInterval(), listeners);
        GeomLife life = new GeomLife(ledger, topology, events, checks, listeners, clock, observer, homes);
        Arrivals arrivals = new Arrivals(ledger, topology, events, life, checks, clock);
        GeomMaker maker = new GeomMaker(ledger, life, arrivals);
        GeomChanges changes = new GeomChanges(ledger);
        this.desk = new LabelDesk(ledger, topology, homes, settings.labelTimeout(), settings.verbTimeout());
        this.reception = new Reception(
                ledger,
                topology,
                events,
                arrivals,
                maker,
                changes,
                desk,
                new Taster(RandomGenerator.getDefault()),
                rhythm,
                settings,
                known,
                exports::port);
        this.devices = new Devices(ledger, topology, events, known, rhythm, clock, settings, reception, listeners);
        this.geoms =
                new Geoms(ledger, topology, events, life, arrivals, maker, changes, devices, checks, exports::port);
        this.labels = new LabelVerbs(ledger, events, life, maker, geoms, desk);
        this.declarations = new Declarations(ledger, topology, known, devices, geoms, labels);
        listeners.add(declarations);
        this.patrol = reception.patrol();
        listeners.add(patrol);
        checks.bind(patrol);
        this.sizes = new SizeWatch(ledger, topology, rhythm, settings.checkInterval());
        listeners.add(sizes);
    }

    // ---- life

    /** Says who knows the sessions. Before it is called there are none. */
    public void bindSessions(SessionPort port) {
        exports.bind(port);
    }

    /** Listeners added before {@link #start} hear of everything. */
    public void addListener(InventoryListener listener) {
        listeners.add(listener);
    }

    /** Brings back everything that the store knows; devices that do not open are tried again in the background. */
    public void start() throws StoreException {
        log = new ControlLog(events);
        DesiredState desired = ledger.load();
        topology.call(() -> begin(desired));
        awaitFirstTries();
        CompletableFuture<Map<String, LabelTaste>> reading = topology.call(reception::readDesired);
        await(reading, desk.readPatience());
        Map<String, LabelTaste> tastes =
                reading.isDone() && !reading.isCompletedExceptionally() ? reading.join() : Map.of();
        await(
                topology.call(() -> {
                    reception.bringUp(tastes);
                    return reception.receiveAll(false);
                }),
                desk.readPatience());
    }

    /**
     * Makes what is declared and does not exist. Never changes or removes anything: differences are logged. A declared
     * device that does not open is kept and tried again; a geom over it waits for it. After {@link #start}.
     */
    public void declare(List<DeviceSpec> deviceSpecs, List<GeomSpec> geomSpecs) {
        topology.call(Declarations.TERMS, null, () -> {
            declarations.declareDevices(deviceSpecs, geomSpecs);
            return true;
        });
        awaitFirstTries();
        List<GeomSpec> toLabel = new ArrayList<>();
        for (GeomSpec spec : geomSpecs) {
            // One at a time: each waits for the disk below the store, and a verb for no more than its timeout.
            toLabel.addAll(topology.call(Declarations.TERMS, null, () -> declarations.declareGeoms(List.of(spec))));
        }
        toLabel.forEach(declarations::label);
    }

    /** Stops every geom, waits for what is in flight (bounded), closes every device. The desired state stays. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            desk.close();
            endGeomsAndDevices();
            topology.close();
            ControlLog toClose = log;
            if (toClose != null) {
                toClose.close();
            }
        }
    }

    /** The policies of a geom for which nothing else was asked. */
    public Policies defaultPolicies() {
        return settings.policies();
    }

    /** Since when no change could be stored, whoever asked for it; empty when the last one was. */
    public Optional<Instant> unstoredSince() {
        return ledger.unstoredSince();
    }

    // ---- devices

    /** Every registered device, by name. */
    public List<DeviceView> devices() {
        World world = ledger.world();
        return world.devices().values().stream()
                .map(slot -> Views.device(world, slot))
                .toList();
    }

    /** DEVICE_NOT_FOUND. */
    public DeviceView device(String name) {
        World world = ledger.world();
        return Views.device(world, world.device(name));
    }

    /**
     * Opens and registers a device, and tastes it: where its label says so it joins a geom, or makes one (R26, R27).
     * INVALID_NAME, INVALID_URI, DEVICE_EXISTS, DEVICE_UNREACHABLE, UNSUITABLE_DEVICE,
     * DEVICE_IN_USE, NOT_ALLOWED.
     */
    public DeviceView registerDevice(DeviceSpec spec, Terms terms) {
        Devices.Registered registered = devices.register(spec, terms);
        await(registered.received(), desk.readPatience());
        World world = ledger.world();
        DeviceSlot slot = world.devices().get(registered.view().name());
        return terms.dryRun() || slot == null ? registered.view() : Views.device(world, slot);
    }

    /** Closes and forgets a device. DEVICE_NOT_FOUND, DEVICE_IN_USE while it is a path. */
    public void removeDevice(String name, Terms terms) {
        topology.call(terms, null, () -> {
            devices.remove(name, terms);
            return true;
        });
    }

    /**
     * Looks for a label now, and does what it says; a device that is not open is tried first. That an operator has
     * removed it, or stopped its geom, ends here (Q26): it was asked for. What came of it, or why nothing did, is in the
     * answer. DEVICE_NOT_FOUND, DEVICE_UNREACHABLE.
     */
    public TasteView tasteDevice(String name, Terms terms) {
        requireDevice(name);
        await(topology.call(() -> devices.openNow(name)));
        TasteView view = answer(topology.call(
                terms, null, () -> reception.receive(name, new Reception.Manner(true, terms.dryRun()))));
        if (view.outcome() == TasteView.Outcome.UNREACHABLE) {
            throw Refusals.deviceUnreachable(name, requireDevice(name).why());
        }
        return view;
    }

    /**
     * Looks for devices that came or went, where folders are watched; tries every device that is not open, and tastes
     * every one that serves no geom. What operators removed or stopped stays so.
     *
     * @return what came of each, by name
     */
    public List<TasteView> rescan(Terms terms) {
        if (!terms.dryRun()) {
            scan.run();
        }
        await(topology.call(devices::openAllNow));
        return answer(topology.call(terms, null, () -> reception.receiveAll(terms.dryRun())));
    }

    /**
     * Asks the device for its size, and has its geom follow (R36 to R39). DEVICE_NOT_FOUND, DEVICE_UNREACHABLE.
     *
     * @return the device as it is then
     */
    public DeviceView resizeDevice(String name, Terms terms) {
        BlockDevice open = GeomRules.requireOpen(requireDevice(name));
        if (!terms.dryRun()) {
            open.refreshGeometry();
            await(topology.call(terms, null, () -> reception.onResized(name)));
        }
        return device(name);
    }

    /** What the device's label says. DEVICE_NOT_FOUND, DEVICE_UNREACHABLE, NO_LABEL. */
    public LabelView label(String device) {
        return labels.read(device);
    }

    /**
     * Erases the device's label, whatever it says. DEVICE_NOT_FOUND, DEVICE_UNREACHABLE, DEVICE_IN_USE while a geom has
     * the device or depends on that label, NO_LABEL, READ_ONLY, LABEL_NOT_WRITTEN.
     */
    public void clearLabel(String device, Terms terms) {
        labels.clear(device, terms);
    }

    // ---- geoms

    /** Every geom that runs or drains, by name. */
    public List<GeomView> geoms() {
        World world = ledger.world();
        return world.visible().stream()
                .map(slot -> Views.geom(world, slot, exports.port()))
                .toList();
    }

    /** GEOM_NOT_FOUND. */
    public GeomView geom(String name) {
        World world = ledger.world();
        return Views.geom(world, world.visible(name), exports.port());
    }

    /** The geoms that are declared and could not be made, by name, and why; until they can, or somebody makes them. */
    public Map<String, String> unmadeGeoms() {
        return declarations.unmade();
    }

    /** The geoms that run, by name: for meters. */
    public List<RunningGeom> runningGeoms() {
        return ledger.world().geoms().values().stream().map(RunningGeom::of).toList();
    }

    /** As {@link #createGeom(GeomSpec, boolean, Terms)} without force. */
    public GeomView createGeom(GeomSpec spec, Terms terms) {
        return createGeom(spec, false, terms);
    }

    /**
     * R42, all or nothing. An AUTOMATIC geom has its label written through the first device and read back through every
     * other. INVALID_NAME, INVALID_VALUE, GEOM_EXISTS, EXPORT_EXISTS, PATH_EXISTS, DEVICE_NOT_FOUND, DEVICE_IN_USE,
     * DEVICE_UNREACHABLE, SIZE_MISMATCH, SECTOR_SIZE_MISMATCH, TOO_MANY_PATHS; of an AUTOMATIC one also
     * UNSUITABLE_DEVICE, READ_ONLY, FOREIGN_DATA, LABEL_MISMATCH, LABEL_NOT_WRITTEN, BUSY.
     *
     * @param force write the label over what the end of the disk holds; means nothing for a MANUAL geom
     */
    public GeomView createGeom(GeomSpec spec, boolean force, Terms terms) {
        return spec.type() == GeomType.AUTOMATIC
                ? labels.create(spec, force, false, terms)
                : topology.call(terms, null, () -> geoms.create(spec, false, terms));
    }

    /**
     * R43. {@code change} is applied to the settings as they are then, on the topology thread; it must be quick and may
     * throw {@link IllegalArgumentException} (INVALID_VALUE). Another mode of an AUTOMATIC geom is written to its label
     * first. GEOM_NOT_FOUND; of an AUTOMATIC one also LABEL_NOT_WRITTEN, BUSY.
     */
    public GeomView configureGeom(String geom, UnaryOperator<GeomSettings> change, Terms terms) {
        if (labels.concerns(geom)) {
            return labels.configure(geom, change, terms);
        }
        return topology.call(terms, null, () -> geoms.configure(geom, change, terms));
    }

    /** R47: ends the geom; it stays in the desired state as stopped, and its label on the disk. Idempotent (Q2). GEOM_NOT_FOUND. */
    public void stopGeom(String geom, Terms terms) {
        awaitDrain(topology.call(terms, null, () -> geoms.stop(geom, terms)));
    }

    /**
     * R48: ends and forgets the geom, stopped ones too; erases its label, if it is that geom's, through any path that
     * does it. GEOM_NOT_FOUND, GEOM_IN_USE while sessions are open; of an AUTOMATIC one also LABEL_NOT_WRITTEN, BUSY.
     *
     * @param force whatever sessions are open, and even if the label cannot be erased: it is left then, and no taste
     *     follows it that nobody asked for
     */
    public void destroyGeom(String geom, boolean force, Terms terms) {
        if (labels.concerns(geom)) {
            awaitDrain(labels.destroy(geom, force, terms));
            return;
        }
        awaitDrain(topology.call(terms, null, () -> geoms.destroy(geom, force, terms)));
    }

    /** R49. GEOM_NOT_FOUND, NO_USABLE_PATH. */
    public GeomView rotateGeom(String geom, Terms terms) {
        return topology.call(terms, null, () -> geoms.rotate(geom, terms));
    }

    /** R50: newest first in Active/Active. GEOM_NOT_FOUND. */
    public List<String> activePaths(String geom) {
        return ledger.world().visible(geom).geom().report().activePaths();
    }

    // ---- paths

    /** In the order they were added. GEOM_NOT_FOUND. */
    public List<PathView> paths(String geom) {
        return Views.paths(ledger.world().visible(geom));
    }

    /** GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView path(String geom, String device) {
        return Views.path(ledger.world().visible(geom), device);
    }

    /** Why the path is as it is. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathExplanation explainPath(String geom, String device) {
        World world = ledger.world();
        GeomSlot slot = world.visible(geom);
        GeomView view = Views.geom(world, slot, exports.port());
        PathView path = Views.path(slot, device);
        return new PathExplanation(
                path, PathReasons.why(view, path), slot.watch().decisions(device));
    }

    /**
     * R40; a path that is there already is no error. GEOM_NOT_FOUND, DEVICE_NOT_FOUND, DEVICE_IN_USE,
     * DEVICE_UNREACHABLE, SIZE_MISMATCH, SECTOR_SIZE_MISMATCH, CAPABILITY_MISMATCH, TOO_MANY_PATHS; of an AUTOMATIC geom
     * also LABEL_MISMATCH when the device does not show its label, BUSY. Writes no label.
     */
    public PathAdded addPath(String geom, String device, Terms terms) {
        return labels.concerns(geom)
                ? labels.add(geom, device, terms)
                : topology.call(terms, null, () -> geoms.add(geom, device, null, terms));
    }

    /**
     * R46: answers when nothing is in flight on the path any more. GEOM_NOT_FOUND, PATH_NOT_FOUND, LAST_PATH,
     * GEOM_IN_USE.
     */
    public void removePath(String geom, String device, LastPath lastPath, Terms terms) {
        awaitDrain(topology.call(terms, null, () -> geoms.remove(geom, device, lastPath, terms)));
    }

    /** R44, R45; remembered over restarts. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView failPath(String geom, String device, @Nullable String reason, Terms terms) {
        return topology.call(terms, reason, () -> geoms.fail(geom, device, reason == null ? "" : reason, terms));
    }

    /**
     * As {@link #failPath}, and answers when nothing is in flight on the path any more and what was acknowledged through it
     * is flushed there. GEOM_NOT_FOUND, PATH_NOT_FOUND, LAST_PATH; PATH_UNFLUSHED when it could not be flushed and may be
     * lost: then the path is out of use all the same; PATH_IN_USE when it was taken into use again meanwhile.
     *
     * @param force even if every other path has failed: these then get another chance (R4)
     */
    public PathView drainPath(String geom, String device, @Nullable String reason, boolean force, Terms terms) {
        Drained drained = awaitDrain(topology.call(
                terms, reason, () -> geoms.drain(geom, device, reason == null ? "" : reason, force, terms)));
        if (drained.lost()) {
            throw Refusals.pathUnflushed(geom, device, drained);
        }
        PathView path = path(geom, device);
        if (!terms.dryRun() && Arrivals.isUsable(path.state())) {
            throw Refusals.pathInUse(geom, device);
        }
        return path;
    }

    /** R44. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView restorePath(String geom, String device, @Nullable String reason, Terms terms) {
        if (labels.concerns(geom) && !terms.dryRun()) {
            await(topology.call(() -> patrol.look(ledger.world().running(geom).geom(), device, true)));
        }
        return topology.call(terms, reason, () -> geoms.restore(geom, device, terms));
    }

    /** R41. GEOM_NOT_FOUND, PATH_NOT_FOUND, PATH_NOT_USABLE. */
    public PathView preferPath(String geom, String device, @Nullable String reason, Terms terms) {
        return topology.call(terms, reason, () -> geoms.prefer(geom, device, terms));
    }

    // ---- exports and sessions

    /** Every export of a geom that runs, by name. */
    public List<ExportView> exports() {
        return exports.list();
    }

    /** EXPORT_NOT_FOUND. */
    public ExportView export(String name) {
        return exports.get(name);
    }

    /**
     * Makes an export of a running geom, or sets one that it has. INVALID_NAME, INVALID_VALUE, GEOM_NOT_FOUND,
     * GEOM_EXISTS when the name is that of another geom, EXPORT_EXISTS when it serves another. Sessions that the export
     * allows no more end.
     *
     * @param replacing is told of the export that is there and would be another afterwards, on the topology thread; it
     *     must be quick, and may throw what the caller is to get instead
     */
    public ExportPut putExport(
            String name, String geom, ExportSettings settings, Consumer<ExportView> replacing, Terms terms) {
        return topology.call(terms, null, () -> exports.put(name, geom, settings, replacing, terms));
    }

    /**
     * {@code change} is applied to the settings as they are then, on the topology thread; it must be quick and may throw
     * {@link IllegalArgumentException} (INVALID_VALUE). Sessions that the export allows no more end. EXPORT_NOT_FOUND.
     */
    public ExportView configureExport(String name, UnaryOperator<ExportSettings> change, Terms terms) {
        return topology.call(terms, null, () -> exports.configure(name, change, terms));
    }

    /**
     * The geom goes on, and is not exported by this name any more: not by its own either, until it is asked for or the
     * geom is made anew. EXPORT_NOT_FOUND, EXPORT_IN_USE while sessions are open.
     *
     * @param force end the sessions
     */
    public void deleteExport(String name, boolean force, Terms terms) {
        topology.call(terms, null, () -> {
            exports.delete(name, force, terms);
            return true;
        });
    }

    /** In the order they were opened. EXPORT_NOT_FOUND. */
    public List<SessionView> sessions(String export) {
        return exports.sessions(export);
    }

    /** EXPORT_NOT_FOUND, SESSION_NOT_FOUND. */
    public void disconnectSession(String export, String id, Terms terms) {
        exports.disconnect(export, id, terms);
    }

    /** What to serve under {@code name}, for the server of exports. */
    public Optional<ExportedDevice> findExport(String name) {
        return exports.find(name);
    }

    /** All there is to serve, by name. */
    public List<ExportedDevice> exportedDevices() {
        return exports.devices();
    }

    /** The server tells of a new session; makes an event. Quick, any thread. */
    public void sessionOpened(SessionView session) {
        exports.opened(session);
    }

    /** The server tells that a session ended; makes an event. Quick, any thread. */
    public void sessionClosed(SessionView session) {
        exports.tell("session.closed", session);
    }

    // ---- events

    /**
     * Events after {@code seq}, the oldest first.
     *
     * @param seq 0 for the oldest there is
     * @param limit 1 or more
     */
    public EventPage eventsAfter(long seq, int limit) {
        return events.after(seq, limit);
    }

    /** The same; when there is none waits for one, at most {@code timeout}. For streams: call it in a loop. */
    public EventPage awaitEventsAfter(long seq, int limit, Duration timeout) throws InterruptedException {
        return events.awaitAfter(seq, limit, timeout);
    }

    // ---- for the scanner

    /** What a rescan has to do first; blocks. */
    void bindScan(Runnable scan) {
        this.scan = scan;
    }

    /** What the device leads to is not there any more. Returns false while its label is being changed: ask again. */
    boolean takeAway(String device, String why, Terms terms) {
        return topology.call(terms, null, () -> devices.takeAway(device, why));
    }

    // ---- inside

    private boolean begin(DesiredState desired) {
        World world = World.EMPTY.withDesired(desired);
        Instant now = events.now();
        for (DesiredDevice device : desired.devices().values()) {
            world = world.withDevice(DeviceSlot.unreachable(device, DeviceSlot.NOT_TRIED, now));
        }
        ledger.publish(world);
        devices.openAll();
        sizes.begin();
        return true;
    }

    /** So that geoms come up with all paths that can be had soon. */
    private void awaitFirstTries() {
        await(topology.call(devices::firstTries), settings.startWait());
    }

    private DeviceSlot requireDevice(String name) {
        return ledger.world().device(name);
    }

    /** What the future says; BUSY when it does not in time. */
    private <T> T answer(CompletableFuture<T> future) {
        try {
            return Patience.get(future, settings.verbTimeout());
        } catch (TimeoutException e) {
            throw Refusals.notFinished(settings.verbTimeout());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RejectedExecutionException) {
                throw Refusals.stopping();
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** What was decided is under way; after the bound it goes on without us. */
    private void await(CompletableFuture<?> effect) {
        await(effect, settings.verbTimeout());
    }

    /** What is in flight decides how long it takes, and its bounds are minutes at most; BUSY when it is stuck for longer. */
    private <T extends @Nullable Object> T awaitDrain(CompletableFuture<T> drained) {
        Duration patience = settings.verbTimeout().multipliedBy(DRAIN_PATIENCE);
        try {
            return drained.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw Refusals.notFinished(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Refusals.interrupted();
        } catch (ExecutionException e) {
            throw Refusals.stopping();
        }
    }

    private static void await(CompletableFuture<?> effect, Duration atMost) {
        try {
            effect.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.debug("Still under way after {} ms", atMost.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            LOG.error("Unexpected failure while waiting for the effect of a verb", e.getCause());
        }
    }

    private void endGeomsAndDevices() {
        try {
            CompletableFuture<Void> ended = topology.call(geoms::endAll);
            await(ended, END_PATIENCE);
            if (!ended.isDone()) {
                LOG.warn(
                        "Not waited for any longer, after {} s: something is in flight still, or a change that was"
                                + " given up on a path may still land there.",
                        END_PATIENCE.toSeconds());
            }
            topology.call(() -> {
                devices.closeAll();
                return true;
            });
        } catch (InventoryException e) {
            LOG.warn("The inventory did not end in order: {}", e.detail());
        }
    }
}
