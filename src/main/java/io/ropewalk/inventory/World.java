package io.ropewalk.inventory;

import io.ropewalk.engine.Geom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What should exist and what does, at one moment. Immutable.
 *
 * @param devices a slot for every desired device
 * @param geoms a slot for every geom that runs
 * @param draining geoms that ended, with something in flight; their names are free (R35), their devices not yet
 * @param pledges what verbs at work on labels have reserved
 */
record World(
        DesiredState desired,
        SortedMap<String, DeviceSlot> devices,
        SortedMap<String, GeomSlot> geoms,
        List<GeomSlot> draining,
        List<Pledge> pledges) {
    static final World EMPTY = new World(DesiredState.EMPTY, new TreeMap<>(), new TreeMap<>(), List.of(), List.of());

    World {
        devices = Collections.unmodifiableSortedMap(new TreeMap<>(devices));
        geoms = Collections.unmodifiableSortedMap(new TreeMap<>(geoms));
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
        return geoms.values().stream()
                .filter(slot -> slot.geom() == geom)
                .findFirst()
                .orElse(null);
    }

    /** The geom that a device is a path of, or was and still drains. */
    Optional<String> holderOf(String device) {
        return Stream.concat(geoms.values().stream(), draining.stream())
                .filter(slot -> slot.holds(device))
                .map(GeomSlot::name)
                .findFirst();
    }

    /** The running geom that the device is, or should be, a path of. */
    Optional<GeomSlot> geomOf(String device) {
        return geoms.values().stream()
                .filter(slot -> slot.desired().hasPath(device))
                .findFirst();
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

    /** Refuses a device that is a path, or that a verb is at work on. DEVICE_IN_USE. */
    void requireFree(String device) {
        holderOf(device).ifPresent(geom -> {
            throw Refusals.deviceInUse(device, geom);
        });
        pledgeOn(device).ifPresent(pledge -> {
            throw Refusals.deviceBusy(device, pledge.purpose());
        });
    }

    // ---- next worlds

    /** Slots of running geoms follow what is desired of them. */
    World withDesired(DesiredState after) {
        SortedMap<String, GeomSlot> followed = new TreeMap<>();
        geoms.forEach((name, slot) -> {
            DesiredGeom desiredGeom = after.geoms().get(name);
            followed.put(name, desiredGeom == null || desiredGeom.stopped() ? slot : slot.withDesired(desiredGeom));
        });
        return new World(after, devices, followed, draining, pledges);
    }

    World withDevice(DeviceSlot slot) {
        Map<String, DeviceSlot> more = new TreeMap<>(devices);
        more.put(slot.name(), slot);
        return new World(desired, new TreeMap<>(more), geoms, draining, pledges);
    }

    World withoutDevice(String name) {
        TreeMap<String, DeviceSlot> fewer = new TreeMap<>(devices);
        fewer.remove(name);
        return new World(desired, fewer, geoms, draining, pledges);
    }

    World withGeom(GeomSlot slot) {
        TreeMap<String, GeomSlot> more = new TreeMap<>(geoms);
        more.put(slot.name(), slot);
        return new World(desired, devices, more, draining, pledges);
    }

    /** The running geom with another slot; the same world when it does not run. */
    World mapGeom(Geom geom, UnaryOperator<GeomSlot> change) {
        GeomSlot slot = slotOf(geom);
        return slot == null ? this : withGeom(change.apply(slot));
    }

    World toDraining(GeomSlot slot) {
        TreeMap<String, GeomSlot> fewer = new TreeMap<>(geoms);
        fewer.remove(slot.name());
        List<GeomSlot> more = new ArrayList<>(draining);
        more.add(slot);
        return new World(desired, devices, fewer, more, pledges);
    }

    World withoutDraining(Geom geom) {
        List<GeomSlot> fewer =
                draining.stream().filter(slot -> slot.geom() != geom).toList();
        return new World(desired, devices, geoms, fewer, pledges);
    }

    World withPledge(Pledge pledge) {
        List<Pledge> more = new ArrayList<>(pledges);
        more.add(pledge);
        return new World(desired, devices, geoms, draining, more);
    }

    World withoutPledge(Pledge pledge) {
        List<Pledge> fewer = pledges.stream().filter(one -> one != pledge).toList();
        return new World(desired, devices, geoms, draining, fewer);
    }
}
