package io.ropewalk.inventory;

import static io.ropewalk.inventory.DesiredState.shared;

import io.ropewalk.engine.Geom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/**
 * What should exist and what does, at one moment. Immutable. The next world shares with it all but what has changed, so
 * that one more device costs as much among thousands as among ten.
 *
 * @param devices a slot for every desired device
 * @param geoms a slot for every geom that runs
 * @param holders by device, the name of the running geom that it is a path of, or was and still drains
 * @param draining geoms that ended, with something in flight; their names are free (R35), their devices not yet
 * @param pledges what verbs at work on labels have reserved
 */
record World(
        DesiredState desired,
        SortedMap<String, DeviceSlot> devices,
        SortedMap<String, GeomSlot> geoms,
        SortedMap<String, String> holders,
        List<GeomSlot> draining,
        List<Pledge> pledges) {
    static final World EMPTY =
            new World(DesiredState.EMPTY, TreePMap.empty(), TreePMap.empty(), TreePMap.empty(), List.of(), List.of());

    World {
        devices = shared(devices);
        geoms = shared(geoms);
        holders = shared(holders);
        draining = List.copyOf(draining);
        pledges = List.copyOf(pledges);
    }

    // ---- questions

    DeviceSlot device(String name) {
        DeviceSlot slot = devices.get(name);
        if (slot == null) {
            throw Refusals.deviceNotFound(name);
        }
        return slot;
    }

    GeomSlot running(String name) {
        GeomSlot slot = geoms.get(name);
        if (slot == null) {
            throw draining(name).isPresent() ? Refusals.geomStopping(name) : Refusals.geomNotFound(name);
        }
        return slot;
    }

    Optional<GeomSlot> draining(String name) {
        return draining.stream().filter(slot -> slot.name().equals(name)).findFirst();
    }

    /** Running or draining. */
    GeomSlot visible(String name) {
        GeomSlot slot = geoms.get(name);
        return slot != null ? slot : draining(name).orElseThrow(() -> Refusals.geomNotFound(name));
    }

    /** Everything running, and what drains whose name is not taken again; by name. */
    List<GeomSlot> visible() {
        SortedMap<String, GeomSlot> all = new TreeMap<>();
        draining.forEach(slot -> all.put(slot.name(), slot));
        all.putAll(geoms);
        return List.copyOf(all.values());
    }

    @Nullable GeomSlot slotOf(Geom geom) {
        GeomSlot slot = geoms.get(geom.name());
        return slot != null && slot.geom() == geom ? slot : null;
    }

    /** The geom that a device is a path of, or was and still drains. */
    Optional<String> holderOf(String device) {
        return Optional.ofNullable(holders.get(device))
                .or(() -> draining.stream()
                        .filter(slot -> slot.holds(device))
                        .map(GeomSlot::name)
                        .findFirst());
    }

    /** The running geom that the device is, or should be, a path of. */
    Optional<GeomSlot> geomOf(String device) {
        return Optional.ofNullable(holders.get(device))
                .map(geoms::get)
                .filter(slot -> slot.desired().hasPath(device));
    }

    /** The desired geom whose labels have this UUID, running or not. */
    Optional<DesiredGeom> desiredByUuid(String uuid) {
        return desired.geoms().values().stream()
                .filter(geom -> geom.hasUuid(uuid))
                .findFirst();
    }

    Optional<Pledge> pledgeOn(String device) {
        return pledges.stream()
                .filter(pledge -> pledge.devices().contains(device))
                .findFirst();
    }

    /** Whether the geom, which runs, is being destroyed: it is stored as stopped, and its label is about to be erased. */
    boolean isDoomed(GeomSlot slot) {
        DesiredGeom wanted = desired.geoms().get(slot.name());
        return wanted != null
                && wanted.stopped()
                && wanted.devices().stream().anyMatch(device -> pledgeOn(device).isPresent());
    }

    /** Refuses a device that is a path, or that a verb is at work on. DEVICE_IN_USE. */
    void requireFree(String device) {
        holderOf(device).ifPresent(geom -> {
            throw Refusals.deviceInUse(device, geom);
        });
        pledgeOn(device).ifPresent(pledge -> {
            throw LabelRefusals.deviceBusy(device, pledge.purpose());
        });
    }

    // ---- next worlds

    /** Slots of running geoms follow what is desired of them. */
    World withDesired(DesiredState after) {
        World next = new World(after, devices, geoms, holders, draining, pledges);
        // A verb on a device leaves the geoms as they are.
        for (GeomSlot slot : after.geoms() == desired.geoms() ? List.<GeomSlot>of() : geoms.values()) {
            DesiredGeom wanted = after.geoms().get(slot.name());
            if (wanted != null && wanted != slot.desired() && !wanted.stopped()) {
                next = next.withGeom(slot.withDesired(wanted));
            }
        }
        return next;
    }

    World withDevice(DeviceSlot slot) {
        return new World(desired, shared(devices).plus(slot.name(), slot), geoms, holders, draining, pledges);
    }

    World withoutDevice(String name) {
        return new World(desired, shared(devices).minus(name), geoms, holders, draining, pledges);
    }

    World withGeom(GeomSlot slot) {
        TreePMap<String, String> held = holdersWithout(slot.name());
        for (String device : slot.held()) {
            held = held.plus(device, slot.name());
        }
        return new World(desired, devices, shared(geoms).plus(slot.name(), slot), held, draining, pledges);
    }

    private TreePMap<String, String> holdersWithout(String geom) {
        GeomSlot slot = geoms.get(geom);
        return slot == null ? shared(holders) : shared(holders).minusAll(slot.held());
    }

    /** The running geom with another slot; the same world when it does not run. */
    World mapGeom(Geom geom, UnaryOperator<GeomSlot> change) {
        GeomSlot slot = slotOf(geom);
        return slot == null ? this : withGeom(change.apply(slot));
    }

    World toDraining(GeomSlot slot) {
        List<GeomSlot> more = new ArrayList<>(draining);
        more.add(slot);
        return new World(
                desired, devices, shared(geoms).minus(slot.name()), holdersWithout(slot.name()), more, pledges);
    }

    World withoutDraining(Geom geom) {
        List<GeomSlot> fewer =
                draining.stream().filter(slot -> slot.geom() != geom).toList();
        return new World(desired, devices, geoms, holders, fewer, pledges);
    }

    World withPledge(Pledge pledge) {
        List<Pledge> more = new ArrayList<>(pledges);
        more.add(pledge);
        return new World(desired, devices, geoms, holders, draining, more);
    }

    World withoutPledge(Pledge pledge) {
        List<Pledge> fewer = pledges.stream().filter(one -> one != pledge).toList();
        return new World(desired, devices, geoms, holders, draining, fewer);
    }
}
