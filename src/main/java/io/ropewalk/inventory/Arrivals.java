package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.EngineClock;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.GeomReport;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Shape;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes geoms follow what becomes of their devices: a desired path whose device opens joins its geom, one whose device
 * vanishes leaves it and stays desired. On the topology thread only, but for {@link #onRevived}.
 */
final class Arrivals implements Devices.News, GeomWatch.Reactions {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    private static final Set<PathState> USABLE = Set.of(PathState.ACTIVE, PathState.READ, PathState.PASSIVE);

    private final Ledger ledger;
    private final Topology topology;
    private final GeomLife life;
    private final PathChecks checks;
    private final EngineClock clock;

    Arrivals(Ledger ledger, Topology topology, GeomLife life, PathChecks checks, EngineClock clock) {
        this.ledger = ledger;
        this.topology = topology;
        this.life = life;
        this.checks = checks;
        this.clock = clock;
    }

    // ---- after a restart

    /** Brings up every desired geom that is not stopped, with the paths whose devices are open; the rest joins later. */
    void bringUp() {
        for (DesiredGeom desired : ledger.world().desired().geoms().values()) {
            if (!desired.stopped()) {
                bringUp(desired);
            }
        }
    }

    private void bringUp(DesiredGeom desired) {
        try {
            GeomSpec spec =
                    new GeomSpec(desired.name(), desired.type(), desired.mode(), desired.policies(), desired.devices());
            GeomLife.Made made = life.make(spec, desired.uuid(), desired.shape(), List.of(), this);
            World world = ledger.world();
            GeomSlot slot =
                    new GeomSlot(desired, made.geom(), made.watch(), absences(world, desired.devices()), Set.of());
            for (String device : desired.devices()) {
                slot = tryToJoin(slot, world.device(device));
            }
            life.appear(world, slot, "geom.started");
            applyOperatorFails(made.geom());
        } catch (GeomRefusal | InventoryException e) {
            LOG.error("Geom {} cannot be brought back: {}", desired.name(), e.getMessage());
        }
    }

    /** Why those of the devices that are not open are absent from their geom; those that are open, not yet joined. */
    Map<String, Absence> absences(World world, List<String> devices) {
        Map<String, Absence> absences = new HashMap<>();
        Instant now = clock.now();
        for (String device : devices) {
            absences.put(device, Absence.unreachable(world.device(device).why(), now));
        }
        return absences;
    }

    // ---- devices come and go

    @Override
    public void onOpened(String device) {
        slotOf(device).ifPresent(slot -> join(slot, device));
    }

    @Override
    public void onNotOpened(String device, String why) {
        slotOf(device).filter(slot -> slot.absences().containsKey(device)).ifPresent(slot -> {
            Absence absence = Absence.unreachable(why, clock.now());
            ledger.publish(ledger.world().mapGeom(slot.geom(), now -> now.withAbsence(device, absence)));
        });
    }

    @Override
    public CompletableFuture<Void> onVanished(String device, String why) {
        return slotOf(device)
                .map(slot -> leave(slot, device, Absence.unreachable(why, clock.now())))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /** The running geom that the device is, or should be, a path of. */
    private Optional<GeomSlot> slotOf(String device) {
        return ledger.world().geoms().values().stream()
                .filter(slot -> slot.desired().hasPath(device))
                .findFirst();
    }

    private void join(GeomSlot slot, String device) {
        World world = ledger.world();
        GeomSlot after = tryToJoin(slot, world.device(device));
        ledger.publish(world.withGeom(after));
        if (after.hasJoined(device)) {
            joined(after.geom(), device);
        }
    }

    /** The geom has gained the path: a verb's or a device's doing. */
    void joined(Geom geom, String device) {
        checks.begin(geom, device);
        tellMissing(geom);
        applyOperatorFails(geom);
    }

    private GeomSlot tryToJoin(GeomSlot slot, DeviceSlot device) {
        BlockDevice open = device.device();
        if (open == null || slot.hasJoined(device.name())) {
            return slot;
        }
        try {
            slot.geom().add(open);
            return slot.withoutAbsence(device.name());
        } catch (GeomRefusal e) {
            LOG.warn("Device {} cannot join geom {}: {}", device.name(), slot.name(), e.getMessage());
            return slot.withAbsence(device.name(), Absence.misfit(String.valueOf(e.getMessage()), clock.now()));
        }
    }

    /** The path leaves and stays desired. Ready when nobody uses the device there. */
    private CompletableFuture<Void> leave(GeomSlot slot, String device, Absence absence) {
        Geom geom = slot.geom();
        boolean wasThere = slot.hasJoined(device);
        ledger.publish(ledger.world().mapGeom(geom, now -> now.withAbsence(device, absence)));
        checks.end(geom, device);
        tellMissing(geom);
        if (!wasThere) {
            return CompletableFuture.completedFuture(null);
        }
        try {
            return geom.depart(device, absence.detail());
        } catch (GeomRefusal e) {
            return CompletableFuture.completedFuture(null);
        }
    }

    /** Tells the geom's watch how many desired paths are not there. */
    void tellMissing(Geom geom) {
        GeomSlot slot = ledger.world().slotOf(geom);
        if (slot != null) {
            slot.watch().missing(geom, slot.absences().size());
        }
    }

    // ---- what an operator failed stays failed

    /**
     * Fails the paths that an operator wants failed, where another path is usable. A path that is all there is serves,
     * as it would have after the failure of all others (R45, T10), until another one comes.
     */
    private void applyOperatorFails(Geom geom) {
        GeomSlot slot = ledger.world().slotOf(geom);
        if (slot == null || !hasUnmarkedUsablePath(slot)) {
            return;
        }
        for (DesiredPath path : slot.desired().paths()) {
            String why = path.failedWhy();
            if (why != null && slot.hasJoined(path.device())) {
                failAgain(slot, path.device(), why);
            }
        }
    }

    private static boolean hasUnmarkedUsablePath(GeomSlot slot) {
        return slot.geom().report().paths().stream()
                .filter(path -> USABLE.contains(path.state()))
                .flatMap(path -> slot.desired().path(path.device()).stream())
                .anyMatch(path -> !path.isFailedByOperator());
    }

    private static void failAgain(GeomSlot slot, String device, String why) {
        try {
            slot.geom().fail(device, why);
        } catch (GeomRefusal e) {
            LOG.debug("Path {} of {} is on its way out", device, slot.name());
        }
    }

    /** Called under the engine's locks: an operator's wish has been overruled (T10), and must not come back later. */
    @Override
    public void onRevived(Geom geom, String path) {
        topology.post(() -> forgetOperatorFail(geom, path));
    }

    private void forgetOperatorFail(Geom geom, String device) {
        World world = ledger.world();
        GeomSlot slot = world.slotOf(geom);
        if (slot == null || isFailedByOperator(geom.report(), device)) {
            return;
        }
        DesiredState after = world.desired().mapGeom(slot.name(), desired -> desired.withFailed(device, null));
        try {
            ledger.persist(after, Refusals.pathResource(slot.name(), device));
            ledger.publish(world.withDesired(after));
        } catch (InventoryException e) {
            LOG.warn("Path {} of {} serves again but is stored as failed: {}", device, slot.name(), e.detail());
        }
    }

    private static boolean isFailedByOperator(GeomReport report, String device) {
        return report.paths().stream()
                .filter(path -> path.device().equals(device))
                .map(PathReport::reason)
                .anyMatch(FailReason.OPERATOR::equals);
    }

    // ---- devices change their size

    /**
     * R36, R37 for a geom without label, mended as Q22: the geom follows when all its paths have the new size. Until
     * then a path that is larger serves on, and a path that is smaller is that path's fault.
     */
    @Override
    public void onResized(String device) {
        slotOf(device).filter(slot -> slot.desired().type() == GeomType.MANUAL).ifPresent(slot -> {
            if (followSize(slot)) {
                rejoin(slot.geom());
            } else {
                dropOrTakeBack(slot, device);
            }
        });
    }

    private boolean followSize(GeomSlot slot) {
        World world = ledger.world();
        List<Long> sizes = slot.desired().devices().stream()
                .map(world::device)
                .map(device -> device.device() == null
                        ? -1L
                        : device.device().geometry().sizeBytes())
                .distinct()
                .toList();
        Shape shape = slot.geom().shape();
        long size = sizes.getFirst();
        boolean agreed =
                sizes.size() == 1 && size > 0 && size % shape.geometry().minimumBlockSize() == 0;
        if (!agreed || size == shape.geometry().sizeBytes()) {
            return false;
        }
        resize(slot, new Shape(shape.geometry().withSize(size), shape.capabilities()));
        return true;
    }

    private void resize(GeomSlot slot, Shape shape) {
        World world = ledger.world();
        DesiredState after = world.desired().mapGeom(slot.name(), desired -> desired.withShape(shape));
        try {
            ledger.persist(after, Refusals.geomResource(slot.name()));
        } catch (InventoryException e) {
            LOG.warn("The new size of geom {} is not stored: {}", slot.name(), e.detail());
        }
        slot.geom().resize(shape.geometry().sizeBytes());
        ledger.publish(world.withDesired(after));
    }

    private void rejoin(Geom geom) {
        GeomSlot slot = ledger.world().slotOf(geom);
        if (slot != null) {
            slot.absences().keySet().forEach(device -> onOpened(device));
        }
    }

    private void dropOrTakeBack(GeomSlot slot, String device) {
        BlockDevice open = ledger.world().device(device).device();
        if (open == null) {
            return;
        }
        long size = open.geometry().sizeBytes();
        long needed = slot.geom().shape().geometry().sizeBytes();
        if (slot.hasJoined(device) && size < needed) {
            String why = "it has " + size + " bytes now, the geom " + needed;
            leave(slot, device, Absence.misfit(why, clock.now())).thenRunAsync(() -> onResized(device), topology);
        } else if (!slot.hasJoined(device) && size == needed) {
            join(slot, device);
        }
    }
}
