package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.DeviceListeners;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.Fences.Fence;
import io.ropewalk.engine.GeomRefusal.Reason;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The multipath device: several paths to one disk, as one disk. A {@link BlockDevice} over {@link BlockDevice}s.
 *
 * <p><b>Threads.</b> Requests run on lanes, one per event loop, without locks ({@link Lane}). The state of the paths is an
 * immutable {@link PathTable} behind one volatile reference; every change of it, by a verb or by a fault, happens under
 * this object's mutex, is told to the observer there, and reaches the lanes by being seen. Verbs may be called from any
 * thread; their effect is visible when they return. Lock order: the mutex is innermost, but for what the observer takes.
 *
 * <p>A geom opens channels on its devices but does not own them: who gave them closes them, after {@link #remove} or
 * {@link #stop} is done.
 */
public final class Geom implements BlockDevice {
    /** The most paths of one geom. */
    public static final int MAXIMUM_PATHS = 64;

    private final String name;
    private final GeomType type;
    private final @Nullable String uuid;
    private final IoLoop home;
    private final EngineClock clock;
    private final EngineObserver observer;
    private final DeviceListeners listeners = new DeviceListeners();
    private final Map<IoLoop, Lane> lanes = new ConcurrentHashMap<>();

    private final Object mutex = new Object();
    private volatile PathTable table;
    private volatile Policies policies;
    private volatile Shape shape;
    private final Debts debts = new Debts(this, mutex);
    private final Fencing fencing;
    private final Verdicts verdicts;

    /** Under the mutex: slots are given in turn, so that a request under way does not take a new path for a tried one. */
    private int nextSlot;

    /** Under the mutex: the device where failback goes; that which an operator chose last, at first the first. */
    private @Nullable String preferred;

    /** Under the mutex: which lanes still have to let go of a path that departs. */
    private final Map<IoPath, Departure> departures = new HashMap<>();

    /** Under the mutex: which lanes still have to end, once the geom is stopping. */
    private @Nullable Set<Lane> lanesToEnd;

    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    private record Departure(Set<Lane> lanes, boolean vanished, CompletableFuture<Void> done) {}

    private Geom(
            String name,
            GeomType type,
            @Nullable String uuid,
            Mode mode,
            Policies policies,
            Shape shape,
            IoLoop home,
            EngineClock clock,
            EngineObserver observer) {
        this.name = name;
        this.type = type;
        this.uuid = uuid;
        this.table = PathTable.empty(mode);
        this.policies = policies;
        this.shape = shape;
        this.home = home;
        this.fencing = new Fencing(this, home);
        this.clock = clock;
        this.verdicts = new Verdicts(this, mutex, home, clock);
        this.observer = observer;
    }

    /**
     * A geom over {@code devices} in that order; the first becomes the active path (R42). All or nothing.
     *
     * @param uuid of the label, null for MANUAL
     * @param known the shape of an earlier life, for a geom whose devices cannot all be reached yet; {@code devices}
     *     may then be empty. Null to learn it from the devices: the least that all of them can do
     * @param home where path checks run
     */
    public static Geom create(
            String name,
            GeomType type,
            @Nullable String uuid,
            Mode mode,
            Policies policies,
            @Nullable Shape known,
            List<BlockDevice> devices,
            IoLoop home,
            EngineClock clock,
            EngineObserver observer)
            throws GeomRefusal {
        Shape shape = known != null ? known : Shapes.leastOf(type, devices);
        Geom geom = new Geom(name, type, uuid, mode, policies, shape, home, clock, observer);
        Set<String> names = new HashSet<>();
        for (BlockDevice device : devices) {
            if (!names.add(device.name())) {
                throw new GeomRefusal(Reason.PATH_EXISTS, "Device " + device.name() + " is named twice.");
            }
            Shapes.requireFit(type, shape, device);
        }
        for (BlockDevice device : devices) {
            geom.add(device);
        }
        return geom;
    }

    // ---- questions

    @Override
    public String name() {
        return name;
    }

    public GeomType type() {
        return type;
    }

    public @Nullable String uuid() {
        return uuid;
    }

    public Policies policies() {
        return policies;
    }

    @Override
    public Geometry geometry() {
        return shape.geometry();
    }

    @Override
    public Capabilities capabilities() {
        return shape.capabilities();
    }

    /** What the geom shows; to be remembered for the next life. */
    public Shape shape() {
        return shape;
    }

    /** How the geom is now. */
    public GeomReport report() {
        PathTable now = table;
        List<PathReport> paths = now.newestFirst().reversed().stream()
                .map(entry -> report(now, entry))
                .toList();
        return new GeomReport(
                name,
                uuid,
                type,
                now.mode(),
                now.state(),
                geometry().sizeBytes(),
                geometry().sectorSize(),
                policies,
                now.activePaths().stream().map(IoPath::name).toList(),
                paths,
                openChannels());
    }

    private PathReport report(PathTable now, PathEntry entry) {
        PathEntry.Failure failure = entry.failure();
        long inFlight = 0;
        for (Lane lane : lanes.values()) {
            for (LanePath path : lane.paths()) {
                inFlight += path.path == entry.path() ? path.inFlightSeen() : 0;
            }
        }
        return new PathReport(
                entry.path().name(),
                now.stateOf(entry),
                failure == null ? null : failure.reason(),
                failure == null ? entry.checkFailure() : failure.detail(),
                entry.since(),
                inFlight);
    }

    /** Counters since the geom was created. */
    public GeomStats stats() {
        return GeomStats.of(table, List.copyOf(lanes.values()), fencing.expired());
    }

    private int openChannels() {
        return lanes.values().stream().mapToInt(Lane::openChannels).sum();
    }

    // ---- verbs

    /** Adds a path: R40, R21–R24. */
    public void add(BlockDevice device) throws GeomRefusal {
        synchronized (mutex) {
            requireRunning();
            if (table.find(device.name()).isPresent()) {
                throw new GeomRefusal(
                        Reason.PATH_EXISTS, "Device " + device.name() + " is a path of " + name + " already.");
            }
            if (table.newestFirst().size() == MAXIMUM_PATHS) {
                throw new GeomRefusal(
                        Reason.TOO_MANY_PATHS, name + " has " + MAXIMUM_PATHS + " paths, more are not possible.");
            }
            Shapes.requireFit(type, shape, device);
            IoPath path = new IoPath(device, table.freeSlot(nextSlot));
            nextSlot = path.slot() + 1;
            publish(table.add(path, clock.now()));
            preferred = preferred == null ? path.name() : preferred;
        }
    }

    /**
     * Removes a path on purpose (R46). The last one may go, too: the geom is BROKEN then.
     *
     * @return ready when nothing is in flight on the path any more and its channels are closed
     */
    public CompletableFuture<Void> remove(String device) throws GeomRefusal {
        return depart(device, "removed", false);
    }

    /** The path's device has gone: as {@link #remove}, the observer hears {@code why} (R31). */
    public CompletableFuture<Void> depart(String device, String why) throws GeomRefusal {
        return depart(device, why, true);
    }

    private CompletableFuture<Void> depart(String device, String why, boolean vanished) throws GeomRefusal {
        synchronized (mutex) {
            PathEntry entry = table.find(device).orElseThrow(() -> unknownPath(device));
            Departure underWay = departures.get(entry.path());
            if (underWay != null) {
                return underWay.done();
            }
            Departure departure = new Departure(new HashSet<>(lanes.values()), vanished, new CompletableFuture<>());
            departures.put(entry.path(), departure);
            debts.noteOutOfUse(entry.path());
            publish(table.depart(entry.path(), why, clock.now()));
            if (vanished) {
                debts.noteVanished(entry.path());
            }
            finishDeparture(entry.path(), departure);
            return departure.done();
        }
    }

    /** Takes the path out of use until an operator, or the failure of every other path, brings it back (R44, R45). */
    public void fail(String device, String why) throws GeomRefusal {
        synchronized (mutex) {
            PathEntry entry = attached(device);
            if (!entry.isFailedBy(FailReason.OPERATOR)) {
                debts.noteOutOfUse(entry.path());
                publish(table.failByOperator(entry.path(), why, false, clock.now()));
            }
        }
    }

    /**
     * As {@link #fail}, and what was acknowledged through the path is flushed there once nothing is in flight on it: so it
     * owes nothing, and no client is told of a loss. A path that is FAIL for another reason has nothing to say; one whose
     * device knows no FLUSH cannot be asked.
     *
     * @return ready when nothing is in flight on the path and all is flushed, or could not be; or when the path is in use
     *     again or gone
     */
    public CompletableFuture<Drained> drain(String device, String why) throws GeomRefusal {
        synchronized (mutex) {
            PathEntry entry = attached(device);
            IoPath path = entry.path();
            boolean byOperator = entry.isFailedBy(FailReason.OPERATOR);
            boolean asks = (entry.isUsable() || byOperator)
                    && path.device().capabilities().has(Capability.FLUSH);
            Drain drain = new Drain(this, mutex, path, entry.epoch(), asks);
            if (!entry.isUsable() || !asks) {
                debts.noteOutOfUse(path);
            }
            if (!byOperator) {
                publish(table.failByOperator(path, why, asks, clock.now()));
            } else if (asks) {
                publish(table.withDraining(path, true));
            }
            return drain.begin();
        }
    }

    /** Takes a failed path into use again (R44); the active path stays (T9). Nothing happens when it is not FAIL. */
    public void restore(String device, RestoreTrigger trigger) throws GeomRefusal {
        synchronized (mutex) {
            PathEntry entry = attached(device);
            if (entry.isFailed()) {
                publish(table.restore(entry.path(), trigger, clock.now()));
            }
        }
    }

    /** Makes the path the active one (R41). */
    public void prefer(String device) throws GeomRefusal {
        synchronized (mutex) {
            PathEntry entry = attached(device);
            if (!entry.isUsable()) {
                throw new GeomRefusal(
                        Reason.PATH_NOT_USABLE,
                        "Path " + device + " of " + name + " is " + table.stateOf(entry)
                                + " and cannot become the active one; restore it first.");
            }
            preferred = device;
            publish(table.prefer(entry.path()));
        }
    }

    /** Makes the next usable path the active one (R49). */
    public void rotate() throws GeomRefusal {
        synchronized (mutex) {
            requireRunning();
            publish(table.rotate());
            preferred = table.active() == null ? preferred : table.active().name();
        }
    }

    /** Changes mode and policies for what comes (R43). */
    public void configure(Mode mode, Policies newPolicies) throws GeomRefusal {
        synchronized (mutex) {
            requireRunning();
            boolean otherCache = newPolicies.cache() != policies.cache();
            boolean otherFailback = !Objects.equals(newPolicies.failback(), policies.failback());
            policies = newPolicies;
            if (otherCache) {
                debts.onCacheConfigured();
            }
            publish(new PathTable.Change(table.withMode(mode), List.of()));
            if (otherFailback) {
                table.newestFirst().forEach(entry -> verdicts.scheduleFailback(entry.path()));
            }
        }
    }

    /** Shows another size from now on; listeners are told (R37). The caller has seen to the label and the paths. */
    public void resize(long sizeBytes) {
        Geometry before;
        Geometry now;
        synchronized (mutex) {
            before = geometry();
            now = before.withSize(sizeBytes);
            shape = new Shape(now, capabilities());
            observer.onResized(this, before.sizeBytes(), sizeBytes);
        }
        listeners.tell(listener -> listener.onGeometryChanged(this, before, now));
    }

    /**
     * Ends the geom: what is in flight is finished, what comes is answered SHUTTING_DOWN, listeners hear that it is
     * closed. Idempotent (Q2).
     *
     * @return ready when nothing is in flight, the channels to the paths are closed and no fence stands: whoever uses the
     *     disk from then on finds nothing of this geom's landing on it, but for what {@code quiesce} has given up
     */
    public CompletableFuture<Void> stop() {
        synchronized (mutex) {
            if (lanesToEnd != null) {
                return stopped;
            }
            lanesToEnd = new HashSet<>(lanes.values());
            publish(new PathTable.Change(table.withStopping(), List.of()));
            verdicts.cancelFailback();
            finishStop();
        }
        listeners.tell(listener -> listener.onClosed(this));
        return stopped;
    }

    /** The same as {@link #stop}, without waiting. */
    @Override
    public void close() {
        stop();
    }

    /**
     * Tries the path with a read of one sector, aside from the requests of clients. A path that fails it is FAIL
     * CHECKER, unless it is the last usable one; a failed one that passes is restored, unless the policies or an operator
     * say no.
     *
     * @return ready with null when it passed, else with what was met
     */
    public CompletableFuture<@Nullable IoError> check(String device) throws GeomRefusal {
        PathEntry entry = attached(device);
        CompletableFuture<@Nullable IoError> result = new CompletableFuture<>();
        Lane lane = laneFor(home);
        home.execute(() -> lane.check(entry.path(), geometry().sectorSize(), (epoch, error) -> {
            verdicts.onChecked(entry.path(), epoch, error);
            result.complete(error);
        }));
        return result;
    }

    private PathEntry attached(String device) throws GeomRefusal {
        return table.find(device).filter(entry -> !entry.isLost()).orElseThrow(() -> unknownPath(device));
    }

    private GeomRefusal unknownPath(String device) {
        return new GeomRefusal(Reason.PATH_NOT_FOUND, name + " has no path " + device + ".");
    }

    private void requireRunning() throws GeomRefusal {
        if (table.stopping()) {
            throw new GeomRefusal(Reason.STOPPING, name + " is stopping.");
        }
    }

    // ---- clients

    @Override
    public BlockChannel open(IoLoop loop) {
        Lane lane = laneFor(loop);
        lane.onChannelOpened();
        loop.execute(lane::refresh);
        return new GeomChannel(this, lane);
    }

    @Override
    public void addListener(DeviceListener listener) {
        listeners.add(listener);
        if (table.stopping()) {
            // It may have come too late to be told with the others; who is told twice has nothing more to end.
            listener.onClosed(this);
        }
    }

    @Override
    public void removeListener(DeviceListener listener) {
        listeners.remove(listener);
    }

    // ---- for the lanes

    PathTable table() {
        return table;
    }

    long attemptTimeoutNanos() {
        return policies.attemptTimeout().toNanos();
    }

    /**
     * R4, R5 for an error met by a request. Nothing happens when the path has been restored since the attempt was sent
     * (Q4), is FAIL already (R15), or is on its way out (Q16). One that drains has failed at that.
     */
    void fault(IoPath path, int epoch, FailReason reason, IoError error) {
        synchronized (mutex) {
            PathEntry entry = table.find(path).orElse(null);
            if (entry != null && entry.isUsable() && entry.epoch() == epoch) {
                debts.noteOutOfUse(path);
                publish(table.fault(path, PathEntry.Failure.of(reason, error), clock.now()));
            } else {
                endDrain(path, epoch);
            }
        }
    }

    /** The path drains no more: what it owes is owed by a path out of use. */
    void endDrain(IoPath path, int epoch) {
        synchronized (mutex) {
            if (isDraining(path, epoch)) {
                debts.noteOutOfUse(path);
                publish(table.withDraining(path, false));
            }
        }
    }

    boolean isDraining(IoPath path, int epoch) {
        return table.find(path)
                .filter(entry -> entry.draining() && entry.epoch() == epoch)
                .isPresent();
    }

    /** The lane of the oldest session that speaks to the cache of {@code path}; where there is none, any. Under the mutex. */
    Lane laneToFlush(IoPath path) {
        PathSession witness = path.continuity.witness();
        return witness == null ? laneFor(home) : witness.lane;
    }

    Verdicts verdicts() {
        return verdicts;
    }

    /** Under the mutex. */
    @Nullable String preferred() {
        return preferred;
    }

    Fencing fencing() {
        return fencing;
    }

    Debts debts() {
        return debts;
    }

    Collection<Lane> lanes() {
        return lanes.values();
    }

    /** All of them, whatever their state. */
    List<IoPath> paths() {
        return table.newestFirst().stream().map(PathEntry::path).toList();
    }

    void onUnfenced(Fence fence) {
        synchronized (mutex) {
            observer.onUnfenced(this, fence.path().name(), fence.offset(), fence.length());
        }
    }

    void onUnflushed(IoPath path, long bytes, List<UnflushedRange> ranges) {
        synchronized (mutex) {
            observer.onUnflushedLost(this, path.name(), bytes, ranges);
        }
    }

    /** The lane has nothing in flight on a path that departs, and has closed its channel there. */
    void onLaneDrained(IoPath path, Lane lane) {
        synchronized (mutex) {
            Departure departure = departures.get(path);
            if (departure != null && departure.lanes().remove(lane)) {
                finishDeparture(path, departure);
            }
        }
    }

    void onLaneEnded(Lane lane) {
        synchronized (mutex) {
            if (lanesToEnd != null && lanesToEnd.remove(lane)) {
                finishStop();
            }
        }
    }

    void onFenceLifted() {
        synchronized (mutex) {
            finishStop();
        }
    }

    // ---- inside, under the mutex

    private void finishDeparture(IoPath path, Departure departure) {
        if (departure.lanes().isEmpty() && departures.remove(path, departure)) {
            if (departure.vanished()) {
                // What was answered while it was leaving.
                debts.noteVanished(path);
            }
            debts.noteRemoved(path);
            publish(table.remove(path));
            departure.done().complete(null);
        }
    }

    private void finishStop() {
        if (lanesToEnd != null && lanesToEnd.isEmpty() && fencing.fences().isEmpty()) {
            stopped.complete(null);
        }
    }

    /** Under the mutex. */
    void publish(PathTable.Change change) {
        GeomState before = table.state();
        table = change.table();
        change.events().forEach(this::tell);
        change.events().forEach(verdicts::onTold);
        GeomState now = table.state();
        if (now != before) {
            observer.onStateChanged(this, before, now);
        }
        for (Lane lane : lanes.values()) {
            lane.loop().execute(lane::refresh);
        }
    }

    private void tell(PathEvent event) {
        switch (event) {
            case PathEvent.Added added ->
                observer.onPathAdded(this, added.path().name());
            case PathEvent.Lost lost -> observer.onPathLost(this, lost.path().name(), lost.why());
            case PathEvent.Removed removed ->
                observer.onPathRemoved(this, removed.path().name());
            case PathEvent.Failed failed ->
                observer.onPathFailed(
                        this,
                        failed.path().name(),
                        failed.failure().reason(),
                        failed.failure().detail(),
                        failed.failure().error());
            case PathEvent.Restored restored ->
                observer.onPathRestored(this, restored.path().name(), restored.trigger());
            case PathEvent.ActiveChanged changed ->
                observer.onActiveChanged(
                        this, changed.path() == null ? null : changed.path().name());
        }
    }

    /** A new lane comes under the mutex, so that a path that departs knows every lane that may have a channel to it. */
    private Lane laneFor(IoLoop loop) {
        Lane lane = lanes.get(loop);
        if (lane != null) {
            return lane;
        }
        synchronized (mutex) {
            return lanes.computeIfAbsent(loop, key -> new Lane(this, key));
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
