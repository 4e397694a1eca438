package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.EngineClock;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.GeomReport;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.Unreadable;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the desired paths of geoms come and go: a path whose device is there joins its geom, one whose device vanishes
 * leaves it and stays desired. A path of a labelled geom joins only when its device shows the label. On the topology
 * thread only, but for {@link #onRevived}.
 */
final class Arrivals implements GeomWatch.Reactions {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    private static final Set<PathState> USABLE = Set.of(PathState.ACTIVE, PathState.READ, PathState.PASSIVE);

    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final GeomLife life;
    private final PathChecks checks;
    private final EngineClock clock;

    Arrivals(Ledger ledger, Topology topology, EventLog events, GeomLife life, PathChecks checks, EngineClock clock) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.life = life;
        this.checks = checks;
        this.clock = clock;
    }

    // ---- geoms that were desired before

    /**
     * Brings up a desired geom that is not stopped, with the paths whose devices are open; the rest joins later.
     *
     * @param tastes of devices of labelled geoms, by name; those without one join later, too
     * @param type the event that says so
     */
    void bringUp(DesiredGeom desired, Map<String, LabelTaste> tastes, String type) {
        try {
            GeomSlot slot = slotFor(afterLabel(desired, tastes));
            for (String device : desired.devices()) {
                slot = desired.isLabelled()
                        ? tryToAdmit(slot, device, tastes.get(device))
                        : tryToJoin(slot, ledger.world().device(device));
            }
            life.appear(ledger.world(), slot, type);
            applyOperatorFails(slot.geom());
        } catch (GeomRefusal | InventoryException e) {
            LOG.error("Geom {} cannot be brought back: {}", desired.name(), e.getMessage());
        }
    }

    private GeomSlot slotFor(DesiredGeom desired) throws GeomRefusal {
        GeomSpec spec =
                new GeomSpec(desired.name(), desired.type(), desired.mode(), desired.policies(), desired.devices());
        GeomLife.Made made = life.make(spec, desired.uuid(), desired.shape(), List.of(), this);
        Map<String, Absence> absences = absences(ledger.world(), desired.devices());
        return new GeomSlot(desired, made.geom(), made.watch(), absences, Set.of());
    }

    /**
     * With the mode that the label says: configure writes the label first, so where the two differ a configure was cut
     * off behind the label, or somebody else has configured the disk since.
     */
    private DesiredGeom afterLabel(DesiredGeom desired, Map<String, LabelTaste> tastes) {
        for (String device : desired.devices()) {
            LabelTaste taste = tastes.get(device);
            if (taste != null
                    && taste.last() instanceof Decoded decoded
                    && LabelRules.objection(decoded, desired, taste.device().geometry()) == null) {
                GeomSettings settings =
                        new GeomSettings(LabelRules.modeOf(decoded.label().mode()), desired.policies());
                return persisted(desired, desired.withSettings(settings));
            }
        }
        return desired;
    }

    private DesiredGeom persisted(DesiredGeom before, DesiredGeom now) {
        if (now.equals(before)) {
            return before;
        }
        DesiredState after = ledger.world().desired().withGeom(now.nextGeneration());
        try {
            ledger.persist(after, Refusals.geomResource(now.name()));
        } catch (InventoryException e) {
            LOG.warn("The mode that the label of geom {} says is not stored: {}", now.name(), e.detail());
            return before;
        }
        LOG.info("Geom {} has mode {} now, as its label says", now.name(), now.mode());
        ledger.publish(ledger.world().withDesired(after));
        return now.nextGeneration();
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

    // ---- paths come

    /** The device of an absent path is open: it joins a geom without label. */
    void join(GeomSlot slot, String device) {
        settle(tryToJoin(slot, ledger.world().device(device)), device);
    }

    /** The device of an absent path was read: it joins its labelled geom if it shows the label. */
    void admit(GeomSlot slot, LabelTaste taste) {
        String device = taste.device().name();
        settle(tryToAdmit(slot, device, taste), device);
    }

    private void settle(GeomSlot after, String device) {
        ledger.publish(ledger.world().withGeom(after));
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
            if (e.reason() == GeomRefusal.Reason.PATH_EXISTS) {
                LOG.debug("The path over {} in geom {} has not left yet", device.name(), slot.name());
                return slot;
            }
            String why = String.valueOf(e.getMessage());
            LOG.warn("Device {} cannot join geom {}: {}", device.name(), slot.name(), why);
            Absence absence = slot.desired().isLabelled() && e.reason() == GeomRefusal.Reason.SIZE_MISMATCH
                    ? Absence.otherSize(why, clock.now())
                    : Absence.misfit(why, clock.now());
            return withAbsence(slot, device.name(), absence);
        }
    }

    private GeomSlot tryToAdmit(GeomSlot slot, String name, @Nullable LabelTaste taste) {
        DeviceSlot device = ledger.world().device(name);
        if (taste == null || device.device() != taste.device() || slot.hasJoined(name)) {
            return slot;
        }
        String objection = LabelRules.objection(
                taste.last(), slot.desired(), taste.device().geometry());
        String copy = objection == null ? LabelRules.copyOf(ledger.world(), slot, taste.device()) : null;
        if (copy != null) {
            return withAbsence(slot, name, Absence.misfit(copy, clock.now()));
        }
        return objection == null ? tryToJoin(slot, device) : withAbsence(slot, name, why(slot, taste, objection));
    }

    private Absence why(GeomSlot slot, LabelTaste taste, String objection) {
        Instant now = clock.now();
        if (taste.last() instanceof Unreadable) {
            return Absence.unreadable(objection, now);
        }
        return hasGrown(slot.desired(), taste)
                ? Absence.otherSize(
                        "it has grown to " + taste.device().geometry().sizeBytes() + " bytes, the geom's paths have "
                                + slot.desired().pathSizeBytes(),
                        now)
                : Absence.misfit(objection, now);
    }

    /** The label is where the device ended before: the disk is the geom's, and larger now (Q22). */
    private static boolean hasGrown(DesiredGeom desired, LabelTaste taste) {
        return taste.former() != null
                && LabelRules.objection(
                                taste.former(),
                                desired,
                                taste.device().geometry().withSize(desired.pathSizeBytes()))
                        == null;
    }

    private GeomSlot withAbsence(GeomSlot slot, String device, Absence absence) {
        if (absence.saysSame(slot.absences().get(device))) {
            return slot;
        }
        if (slot.desired().isLabelled()) {
            events.append("label.refused", slot.name(), device, Map.of("message", absence.detail()));
        }
        slot.watch().heldBack(device, absence.detail());
        return slot.withAbsence(device, absence);
    }

    // ---- paths go

    /** The device did not open, because of {@code why}. */
    void onNotOpened(String device, String why) {
        ledger.world()
                .geomOf(device)
                .filter(slot -> slot.absences().containsKey(device))
                .ifPresent(slot -> {
                    Absence absence = Absence.unreachable(why, clock.now());
                    slot.watch().heldBack(device, why);
                    ledger.publish(ledger.world().mapGeom(slot.geom(), now -> now.withAbsence(device, absence)));
                });
    }

    /** The device is gone. Ready when nobody uses what was open. */
    CompletableFuture<Void> onVanished(String device, String why) {
        return ledger.world()
                .geomOf(device)
                .map(slot -> leave(slot, device, Absence.unreachable(why, clock.now())))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /** The path leaves, as its device does not fit any more. Ready when nobody uses the device there. */
    CompletableFuture<Void> dismiss(GeomSlot slot, String device, String why) {
        return leave(slot, device, Absence.misfit(why, clock.now()));
    }

    /** The path leaves and stays desired. Ready when nobody uses the device there. */
    private CompletableFuture<Void> leave(GeomSlot slot, String device, Absence absence) {
        Geom geom = slot.geom();
        boolean wasThere = slot.hasJoined(device);
        ledger.publish(ledger.world().mapGeom(geom, now -> now.withAbsence(device, absence)));
        checks.end(geom, device);
        CompletableFuture<Void> left =
                wasThere ? depart(geom, device, absence.detail()) : CompletableFuture.completedFuture(null);
        tellMissing(geom);
        return left;
    }

    private static CompletableFuture<Void> depart(Geom geom, String device, String why) {
        try {
            return geom.depart(device, why);
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

    static boolean isUsable(PathState state) {
        return USABLE.contains(state);
    }

    private static boolean hasUnmarkedUsablePath(GeomSlot slot) {
        return slot.geom().report().paths().stream()
                .filter(path -> isUsable(path.state()))
                .flatMap(path -> slot.desired().path(path.device()).stream())
                .anyMatch(path -> !path.isFailedByOperator());
    }

    private static void failAgain(GeomSlot slot, String device, String why) {
        try {
            slot.geom().fail(device, Geoms.detailOf(why));
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
}
