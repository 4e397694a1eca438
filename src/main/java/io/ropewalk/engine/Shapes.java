package io.ropewalk.engine;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.Geometry;
import io.ropewalk.engine.GeomRefusal.Reason;
import java.util.List;

/** What a geom over some devices shows, and whether a device can be a path of it. Pure. */
final class Shapes {

    private Shapes() {}

    /** The least that all devices can do, of the size of the first; a label hides its sector. */
    static Shape leastOf(GeomType type, List<BlockDevice> devices) throws GeomRefusal {
        if (devices.isEmpty()) {
            throw new GeomRefusal(Reason.PATH_NOT_FOUND, "A geom needs at least one path.");
        }
        BlockDevice first = devices.getFirst();
        Geometry geometry = first.geometry();
        Capabilities capabilities = first.capabilities();
        for (BlockDevice device : devices) {
            Geometry other = device.geometry();
            geometry = new Geometry(
                    geometry.sizeBytes(),
                    Math.max(geometry.minimumBlockSize(), other.minimumBlockSize()),
                    Math.max(geometry.preferredBlockSize(), other.preferredBlockSize()),
                    Math.min(geometry.maximumPayloadBytes(), other.maximumPayloadBytes()));
            capabilities = capabilities.and(device.capabilities());
        }
        return new Shape(geometry.withSize(exportedSize(type, first.geometry())), capabilities);
    }

    /** What a geom shows of a device of that geometry. */
    static long exportedSize(GeomType type, Geometry geometry) {
        return type == GeomType.AUTOMATIC ? geometry.sizeBytes() - geometry.sectorSize() : geometry.sizeBytes();
    }

    /** R40, and that the device can do all that the geom has promised. */
    static void requireFit(GeomType type, Shape shape, BlockDevice device) throws GeomRefusal {
        Geometry geometry = device.geometry();
        Geometry promised = shape.geometry();
        requireSectorSize(promised, device, geometry);
        requireSize(type, promised, device, geometry);
        if (geometry.minimumBlockSize() > promised.minimumBlockSize()) {
            throw lesser(device, "needs blocks of " + geometry.minimumBlockSize(), "of " + promised.minimumBlockSize());
        }
        if (geometry.maximumPayloadBytes() < promised.maximumPayloadBytes()) {
            throw lesser(
                    device,
                    "takes requests to " + geometry.maximumPayloadBytes() + " bytes",
                    "to " + promised.maximumPayloadBytes());
        }
        Capabilities missing =
                shape.capabilities().without(Capability.ROTATIONAL).minus(device.capabilities());
        if (!missing.isEmpty()) {
            throw lesser(device, "cannot do " + missing, "to be able to");
        }
    }

    private static void requireSectorSize(Geometry promised, BlockDevice device, Geometry geometry) throws GeomRefusal {
        if (geometry.sectorSize() != promised.sectorSize()) {
            throw new GeomRefusal(
                    Reason.SECTOR_SIZE_MISMATCH,
                    "Device " + device.name() + " has sectors of " + geometry.sectorSize() + " bytes, the geom of "
                            + promised.sectorSize() + ".");
        }
    }

    private static void requireSize(GeomType type, Geometry promised, BlockDevice device, Geometry geometry)
            throws GeomRefusal {
        long needed = promised.sizeBytes() + (type == GeomType.AUTOMATIC ? promised.sectorSize() : 0);
        if (geometry.sizeBytes() != needed) {
            throw new GeomRefusal(
                    Reason.SIZE_MISMATCH,
                    "Device " + device.name() + " has " + geometry.sizeBytes() + " bytes, the geom's paths have "
                            + needed + ".");
        }
    }

    private static GeomRefusal lesser(BlockDevice device, String what, String promised) {
        return new GeomRefusal(
                Reason.CAPABILITY_MISMATCH,
                "Device " + device.name() + " " + what + ", the geom has promised its clients " + promised + ".");
    }
}
