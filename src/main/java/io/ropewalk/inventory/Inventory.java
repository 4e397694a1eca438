package io.ropewalk.inventory;

import io.ropewalk.block.DeviceFactory;
import io.ropewalk.engine.EngineClock;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.Policies;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What should exist and what does. The one door to devices, geoms and exports, for REST and for the service's own
 * start and stop.
 *
 * <p>Any thread may call; verbs block until their effect is visible, so call them where waiting is cheap. Every verb
 * throws {@link InventoryException} when it is refused, and then nothing was changed. Questions never block.
 */
public final class Inventory implements AutoCloseable {

    /**
     * An inventory that does nothing before {@link #start}.
     *
     * @param factories what opens devices; no two of one scheme
     * @param observer hears from the engine what happens to geoms and paths, beside our own events
     */
    public Inventory(
            InventoryStore store,
            List<DeviceFactory> factories,
            EngineClock clock,
            EngineObserver observer,
            InventorySettings settings) {
        throw new UnsupportedOperationException();
    }

    // ---- life

    /** Says who knows the sessions. Before it is called there are none. */
    public void bindSessions(SessionPort port) {
        throw new UnsupportedOperationException();
    }

    /** Listeners added before {@link #start} hear of everything. */
    public void addListener(InventoryListener listener) {
        throw new UnsupportedOperationException();
    }

    /** Brings back everything that the store knows; devices that do not open are tried again in the background. */
    public void start() throws StoreException {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes what is declared and does not exist. Never changes or removes anything: differences are logged. A declared
     * device that does not open is kept and tried again; a geom over it waits for it. After {@link #start}.
     */
    public void declare(List<DeviceSpec> devices, List<GeomSpec> geoms) {
        throw new UnsupportedOperationException();
    }

    /** Stops every geom, waits for what is in flight (bounded), closes every device. The desired state stays. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }

    /** The policies of a geom for which nothing else was asked. */
    public Policies defaultPolicies() {
        throw new UnsupportedOperationException();
    }

    // ---- devices

    /** Every registered device, by name. */
    public List<DeviceView> devices() {
        throw new UnsupportedOperationException();
    }

    /** DEVICE_NOT_FOUND. */
    public DeviceView device(String name) {
        throw new UnsupportedOperationException();
    }

    /**
     * Opens and registers a device. INVALID_NAME, INVALID_URI, DEVICE_EXISTS, DEVICE_UNREACHABLE, UNSUITABLE_DEVICE,
     * DEVICE_IN_USE, NOT_ALLOWED.
     */
    public DeviceView registerDevice(DeviceSpec spec, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** Closes and forgets a device. DEVICE_NOT_FOUND, DEVICE_IN_USE while it is a path. */
    public void removeDevice(String name, Terms terms) {
        throw new UnsupportedOperationException();
    }

    // ---- geoms

    /** Every geom that runs or drains, by name. */
    public List<GeomView> geoms() {
        throw new UnsupportedOperationException();
    }

    /** GEOM_NOT_FOUND. */
    public GeomView geom(String name) {
        throw new UnsupportedOperationException();
    }

    /** The geoms that run, by name: for meters. */
    public List<Geom> runningGeoms() {
        throw new UnsupportedOperationException();
    }

    /**
     * R42, all or nothing. INVALID_NAME, INVALID_VALUE, NOT_SUPPORTED, GEOM_EXISTS, PATH_EXISTS, DEVICE_NOT_FOUND,
     * DEVICE_IN_USE, DEVICE_UNREACHABLE, SIZE_MISMATCH, SECTOR_SIZE_MISMATCH, TOO_MANY_PATHS.
     */
    public GeomView createGeom(GeomSpec spec, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /**
     * R43. {@code change} is applied to the settings as they are then, on the topology thread; it must be quick and may
     * throw {@link IllegalArgumentException} (INVALID_VALUE). GEOM_NOT_FOUND.
     */
    public GeomView configureGeom(String geom, UnaryOperator<GeomSettings> change, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** R47: ends the geom; it stays in the desired state as stopped. Idempotent (Q2). GEOM_NOT_FOUND. */
    public void stopGeom(String geom, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /**
     * R48: ends and forgets the geom, stopped ones too. GEOM_NOT_FOUND, GEOM_IN_USE while sessions are open.
     *
     * @param force whatever sessions are open
     */
    public void destroyGeom(String geom, boolean force, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** R49. GEOM_NOT_FOUND, NO_USABLE_PATH. */
    public GeomView rotateGeom(String geom, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** R50: newest first in Active/Active. GEOM_NOT_FOUND. */
    public List<String> activePaths(String geom) {
        throw new UnsupportedOperationException();
    }

    // ---- paths

    /** In the order they were added. GEOM_NOT_FOUND. */
    public List<PathView> paths(String geom) {
        throw new UnsupportedOperationException();
    }

    /** GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView path(String geom, String device) {
        throw new UnsupportedOperationException();
    }

    /**
     * R40; a path that is there already is no error. GEOM_NOT_FOUND, DEVICE_NOT_FOUND, DEVICE_IN_USE,
     * DEVICE_UNREACHABLE, SIZE_MISMATCH, SECTOR_SIZE_MISMATCH, CAPABILITY_MISMATCH, TOO_MANY_PATHS.
     */
    public PathAdded addPath(String geom, String device, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /**
     * R46: answers when nothing is in flight on the path any more. GEOM_NOT_FOUND, PATH_NOT_FOUND, LAST_PATH,
     * GEOM_IN_USE.
     */
    public void removePath(String geom, String device, LastPath lastPath, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** R44, R45; remembered over restarts. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView failPath(String geom, String device, @Nullable String reason, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** R44. GEOM_NOT_FOUND, PATH_NOT_FOUND. */
    public PathView restorePath(String geom, String device, @Nullable String reason, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** R41. GEOM_NOT_FOUND, PATH_NOT_FOUND, PATH_NOT_USABLE. */
    public PathView preferPath(String geom, String device, @Nullable String reason, Terms terms) {
        throw new UnsupportedOperationException();
    }

    // ---- exports and sessions

    /** Every export of a geom that runs, by name. */
    public List<ExportView> exports() {
        throw new UnsupportedOperationException();
    }

    /** EXPORT_NOT_FOUND. */
    public ExportView export(String name) {
        throw new UnsupportedOperationException();
    }

    /** In the order they were opened. EXPORT_NOT_FOUND. */
    public List<SessionView> sessions(String export) {
        throw new UnsupportedOperationException();
    }

    /** EXPORT_NOT_FOUND, SESSION_NOT_FOUND. */
    public void disconnectSession(String export, String id, Terms terms) {
        throw new UnsupportedOperationException();
    }

    /** What to serve under {@code name}, for the server of exports. */
    public Optional<ExportedDevice> findExport(String name) {
        throw new UnsupportedOperationException();
    }

    /** All there is to serve, by name. */
    public List<ExportedDevice> exportedDevices() {
        throw new UnsupportedOperationException();
    }

    /** The server tells of a new session; makes an event. Quick, any thread. */
    public void sessionOpened(SessionView session) {
        throw new UnsupportedOperationException();
    }

    /** The server tells that a session ended; makes an event. Quick, any thread. */
    public void sessionClosed(SessionView session) {
        throw new UnsupportedOperationException();
    }

    // ---- events

    /**
     * Events after {@code seq}, the oldest first.
     *
     * @param seq 0 for the oldest there is
     * @param limit 1 or more
     */
    public EventPage eventsAfter(long seq, int limit) {
        throw new UnsupportedOperationException();
    }

    /** The same; when there is none waits for one, at most {@code timeout}. For streams: call it in a loop. */
    public EventPage awaitEventsAfter(long seq, int limit, Duration timeout) throws InterruptedException {
        throw new UnsupportedOperationException();
    }
}
