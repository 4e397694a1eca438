package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.label.GeomNames;
import io.ropewalk.label.Label;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold before a geom is made or gains a path (Q31, Q32). Pure: throws the refusal, or does nothing. */
final class GeomRules {
    /** The longest reason that an operator may give, in characters. */
    static final int LONGEST_REASON = 500;

    private GeomRules() {}

    static void requireSound(GeomSpec spec) {
        if (!Names.isLegal(spec.name())) {
            throw Refusals.invalidName("geom", spec.name());
        }
        if (spec.type() == GeomType.AUTOMATIC && !GeomNames.isValidForLabel(spec.name())) {
            throw LabelRefusals.invalidLabelName(spec.name());
        }
        if (spec.paths().isEmpty()) {
            throw Refusals.noPathGiven(spec.name());
        }
        requireRoom(spec.name(), spec.paths().size());
        Set<String> seen = new HashSet<>();
        for (String device : spec.paths()) {
            if (!seen.add(device)) {
                throw Refusals.duplicatePath(spec.name(), device);
            }
        }
    }

    static void requireRoom(String geom, int paths) {
        if (paths > Geom.MAXIMUM_PATHS) {
            throw Refusals.tooManyPaths(geom, paths);
        }
    }

    /** The name, and that of the export that comes with it, are free; a stopped geom's is (R35). */
    static void requireFreeName(World world, String geom) {
        boolean comesToBe = world.pledges().stream().anyMatch(pledge -> geom.equals(pledge.newGeom()));
        if (world.geoms().containsKey(geom) || comesToBe) {
            throw Refusals.geomExists(geom);
        }
        DesiredExport export = world.desired().exports().get(geom);
        if (export != null && !export.geom().equals(geom)) {
            throw Refusals.exportExists(geom, export.geom());
        }
    }

    /** The device is registered and no path. */
    static DeviceSlot requireFree(World world, String device) {
        DeviceSlot slot = world.device(device);
        world.requireFree(device);
        return slot;
    }

    static BlockDevice requireOpen(DeviceSlot slot) {
        BlockDevice device = slot.device();
        if (device == null) {
            throw Refusals.deviceUnreachable(slot.name(), slot.why());
        }
        return device;
    }

    /** The disk has sectors enough for a label and something before it. */
    static void requireRoomForLabel(BlockDevice device) {
        if (!Label.hasRoom(device.geometry())) {
            throw LabelRefusals.noRoomForLabel(device.name(), device.geometry());
        }
    }

    /** One of the devices, all on one disk, takes what is written. */
    static void requireWritable(List<BlockDevice> devices) {
        if (devices.stream().noneMatch(device -> device.capabilities().has(Capability.WRITE))) {
            throw LabelRefusals.readOnly(devices.getFirst().name());
        }
    }

    /** R40 among the devices of a geom to be made. */
    static void requireAlike(List<BlockDevice> devices) {
        for (BlockDevice device : devices) {
            BlockDevice first = devices.getFirst();
            requireSame(
                    device,
                    "device \"" + first.name() + "\"",
                    first.geometry(),
                    first.geometry().sizeBytes());
        }
    }

    /** R40. */
    static void requireFits(GeomSlot slot, BlockDevice device) {
        Geometry shown = slot.geom().shape().geometry();
        requireSame(
                device,
                "every path of geom \"" + slot.name() + "\"",
                shown,
                slot.desired().pathSizeBytes());
    }

    private static void requireSame(BlockDevice device, String other, Geometry otherGeometry, long otherSize) {
        Geometry geometry = device.geometry();
        if (geometry.sectorSize() != otherGeometry.sectorSize()) {
            throw Refusals.sectorSizeMismatch(device.name(), geometry.sectorSize(), other, otherGeometry.sectorSize());
        }
        if (geometry.sizeBytes() != otherSize) {
            throw Refusals.sizeMismatch(device.name(), geometry.sizeBytes(), other, otherSize);
        }
    }

    static void requireGeneration(Terms terms, DesiredGeom geom) {
        if (terms.ifGeneration() != null && terms.ifGeneration() != geom.generation()) {
            throw Refusals.stale(Refusals.geomResource(geom.name()), terms.ifGeneration(), geom.generation());
        }
    }

    /** A path beside {@code device} can take over; by {@code force} it is enough that there is one. */
    static void requireAnotherPath(GeomSlot slot, String device, boolean force) {
        List<PathState> others = slot.geom().report().paths().stream()
                .filter(path -> !path.device().equals(device))
                .map(PathReport::state)
                .filter(state -> state != PathState.LOST)
                .toList();
        if (others.isEmpty()) {
            throw Refusals.nothingToDrainTo(slot.name(), device);
        }
        if (!force && others.stream().allMatch(state -> state == PathState.FAIL)) {
            throw Refusals.lastUsablePath(slot.name(), device);
        }
    }

    static void requireShort(String geom, String device, String reason) {
        if (reason.length() > LONGEST_REASON) {
            throw Refusals.reasonTooLong(geom, device, reason.length());
        }
    }
}
