package io.ropewalk.inventory;

import io.ropewalk.block.DeviceFactory;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.EngineClock;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.Policies;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * throws {@link InventoryException} when it is refused, and then nothing was changed. Questions never block.
 */
public final class Inventory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private final InventorySettings settings;
    private final Topology topology;
    private final Ledger ledger;
    private final EventLog events;
    private final Listeners listeners = new Listeners();
    private final Exports exports;
    private final Arrivals arrivals;
    private final Devices devices;
    private final Geoms geoms;
    private final Declarations declarations;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable ControlLog log;

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
        this.ledger = new Ledger(store);
        this.events = new EventLog(clock, settings.eventCapacity());
        this.exports = new Exports(ledger, events);
        Factories known = new Factories(factories);
        Rhythm rhythm = new Rhythm(RandomGenerator.getDefault());
        PathChecks checks = new PathChecks(topology, rhythm, settings.checkInterval(), listeners);
        GeomLife life = new GeomLife(ledger, topology, events, checks, listeners, clock, observer, homes);
        this.arrivals = new Arrivals(ledger, topology, life, checks, clock);
        this.devices = new Devices(ledger, topology, events, known, rhythm, clock, settings, arrivals, listeners);
        this.geoms = new Geoms(ledger, topology, events, life, arrivals, devices, checks, exports::port);
        this.declarations = new Declarations(ledger, known, devices, geoms);
        listeners.add(declarations);
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
        topology.call(() -> {
            arrivals.bringUp();
            return true;
        });
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
        topology.call(Declarations.TERMS, null, () -> {
            declarations.declareGeoms(geomSpecs);
            return true;
        });
    }

    /** Stops every geom, waits for what is in flight (bounded), closes every device. The desired state stays. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
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
     * Opens and registers a device. INVALID_NAME, INVALID_URI, DEVICE_EXISTS, DEVICE_UNREACHABLE, UNSUITABLE_DEVICE,
     * DEVICE_IN_USE, NOT_ALLOWED.
     */
    public DeviceView registerDevice(DeviceSpec spec, Terms terms) {
        return devices.register(spec, terms);
    }

    /** Closes and forgets a device. DEVICE_NOT_FOUND, DEVICE_IN_USE while it is a path. */
    public void removeDevice(String name, Terms terms) {
        topology.call(terms, null, () -> {
            devices.remove(name, terms);
            return true;
        });
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

    /** The geoms that run, by name: for meters. */
    public List<Geom> runningGeoms() {
        return ledger.world().geoms().values().stream().map(GeomSlot::geom).toList();
    }

    /**
     * R42, all or nothing. INVALID_NAME, INVALID_VALUE, NOT_SUPPORTED, GEOM_EXISTS, PATH_EXISTS, DEVICE_NOT_FOUND,
     * DEVICE_IN_USE, DEVICE_UNREACHABLE, SIZE_MISMATCH, SECTOR_SIZE_MISMATCH, TOO_MANY_PATHS.
     */
    public GeomView createGeom(GeomSpec spec, Terms terms) {
        return topology.call(terms, null, () -> geoms.create(spec, false, terms));
    }

    /**
     * R43. {@code change} is applied to the settings as they are then, on the topology thread; it must be quick and may
     * throw {@link IllegalArgumentException} (INVALID_VALUE). GEOM_NOT_FOUND.
     */
    public GeomView configureGeom(String geom, UnaryOperator<GeomSettings> change, Terms terms) {
        return topology.call(terms, null, () -> geoms.configure(geom, change, terms));
    }

    /** R47: ends the geom; it stays in the desired state as stopped. Idempotent (Q2). GEOM_NOT_FOUND. */
    public void stopGeom(String geom, Terms terms) {
        await(topology.call(terms, null, () -> geoms.stop(geom, terms)));
    }

    /**
     * R48: ends and forgets the geom, stopped ones too. GEOM_NOT_FOUND, GEOM_IN_USE while sessions are open.
     *
     * @param force whatever sessions are open
     */
    public void destroyGeom(String geom, boolean force, Terms terms) {
        await(topology.call(terms, null, () -> geoms.destroy(geom, force, terms)));
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

    /**
     * R40; a path that is there already is no error. GEOM_NOT_FOUND, DEVICE_NOT_FOUND, DEVICE_IN_USE,
     * DEVICE_UNREACHABLE, SIZE_MISMATCH, SECTOR_SIZE_MISMATCH, CAPABILITY_MISMATCH, TOO_MANY_PATHS.
     */
    public PathAdded addPath(String geom, String device, Terms terms) {
        return topology.call(terms, null, () -> geoms.add(geom, device, terms));
    }

    /**
     * R46: answers when nothing is in flight on the path any more. GEOM_NOT_FOUND, PATH_NOT_FOUND, LAST_PATH,
     * GEOM_IN_USE.
     */
    public void removePath(String geom, String device, LastPath lastPath, Terms terms) {
        await(topology.call(terms, null, () -> geoms.remove(geom, device, lastPath, terms)));
    }

    /** R44, R45; remembered over restarts. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView failPath(String geom, String device, @Nullable String reason, Terms terms) {
        return topology.call(terms, reason, () -> geoms.fail(geom, device, reason == null ? "" : reason, terms));
    }

    /** R44. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView restorePath(String geom, String device, @Nullable String reason, Terms terms) {
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
        exports.tell("session.opened", session);
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

    // ---- inside

    private boolean begin(DesiredState desired) {
        World world = World.EMPTY.withDesired(desired);
        Instant now = events.now();
        for (DesiredDevice device : desired.devices().values()) {
            world = world.withDevice(DeviceSlot.unreachable(device, DeviceSlot.NOT_TRIED, now));
        }
        ledger.publish(world);
        devices.openAll();
        return true;
    }

    /** So that geoms come up with all paths that can be had soon. */
    private void awaitFirstTries() {
        await(topology.call(devices::firstTries), settings.startWait());
    }

    /** What was decided is under way; after the bound it goes on without us. */
    private void await(CompletableFuture<?> effect) {
        await(effect, settings.verbTimeout());
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
            await(topology.call(geoms::endAll));
            topology.call(() -> {
                devices.closeAll();
                return true;
            });
        } catch (InventoryException e) {
            LOG.warn("The inventory did not end in order: {}", e.detail());
        }
    }
}
