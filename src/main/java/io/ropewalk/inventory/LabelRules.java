package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.StoreIdentity;
import io.ropewalk.engine.Mode;
import io.ropewalk.label.KnownGeom;
import io.ropewalk.label.KnownGeom.Standing;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelMode;
import io.ropewalk.label.LabelReading;
import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import io.ropewalk.label.LabelReading.WrongVersion;
import io.ropewalk.label.LabellingResult;
import io.ropewalk.label.LabellingResult.ForeignDataFound;
import io.ropewalk.label.LabellingResult.Labelled;
import io.ropewalk.label.LabellingResult.NotTheSameDisk;
import io.ropewalk.label.LabellingResult.NotWritten;
import io.ropewalk.label.LabellingResult.ShapeMismatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What labels and geoms have to do with each other. Pure. */
final class LabelRules {
    private LabelRules() {}

    static LabelMode modeOf(Mode mode) {
        return switch (mode) {
            case ACTIVE_PASSIVE -> LabelMode.ACTIVE_PASSIVE;
            case ACTIVE_ACTIVE -> LabelMode.ACTIVE_ACTIVE;
            case ACTIVE_READ -> LabelMode.ACTIVE_READ;
        };
    }

    static Mode modeOf(LabelMode mode) {
        return switch (mode) {
            case ACTIVE_PASSIVE -> Mode.ACTIVE_PASSIVE;
            case ACTIVE_ACTIVE -> Mode.ACTIVE_ACTIVE;
            case ACTIVE_READ -> Mode.ACTIVE_READ;
        };
    }

    /** The label that the disk of a labelled geom should have: the name on disk, not a temporary one (Q20). */
    static Label labelOf(DesiredGeom geom) {
        String name = geom.labelName() == null ? geom.name() : geom.labelName();
        int sectorSize = geom.shape().geometry().sectorSize();
        return new Label(
                name, Objects.requireNonNull(geom.uuid()), sectorSize, geom.pathSizeBytes(), modeOf(geom.mode()));
    }

    /**
     * Why a device with that last sector is not shown to lead to the geom's disk, a clause that goes on from
     * "because"; null when it is.
     *
     * @param shape the shape that the label must have been written for
     */
    static @Nullable String objection(LabelReading reading, DesiredGeom geom, Geometry shape) {
        return switch (reading) {
            case Decoded decoded -> objection(decoded.label(), geom, shape);
            case NoLabel none -> "it holds no label";
            case WrongVersion other -> "its label has version " + other.version();
            case Damaged damaged -> "its label is damaged: " + damaged.reason();
            case Unreadable unreadable ->
                "its last sector cannot be read: " + unreadable.error().message();
        };
    }

    private static @Nullable String objection(Label label, DesiredGeom geom, Geometry shape) {
        if (!geom.hasUuid(label.uuid())) {
            return "it holds the label of " + label.name() + " (" + label.uuid() + "), not of " + geom.uuid();
        }
        String misfit = label.misfit(shape);
        return misfit == null ? null : "its label does not fit: " + misfit;
    }

    /**
     * Why a device that shows the geom's label is a copy of its disk (Q17), as far as its paths tell of their stores; null
     * when nothing says so.
     */
    static @Nullable String copyOf(World world, GeomSlot slot, BlockDevice candidate) {
        StoreIdentity its = candidate.storeIdentity();
        if (its == null) {
            return null;
        }
        for (String path : slot.desired().devices()) {
            BlockDevice other = slot.hasJoined(path) ? world.device(path).device() : null;
            if (other != null && other != candidate && its.isNot(other.storeIdentity())) {
                return "it holds a copy of the label: it is " + its + ", but path " + path + " leads to "
                        + other.storeIdentity();
            }
        }
        return null;
    }

    /** A refusal, unless the disk was labelled. */
    static void requireLabelled(String geom, LabellingResult result) {
        switch (result) {
            case Labelled labelled -> {}
            case ShapeMismatch mismatch -> throw LabelRefusals.shapeMismatch(mismatch);
            case ForeignDataFound found -> throw LabelRefusals.foreignData(geom, found.culprits());
            case NotTheSameDisk other -> throw LabelRefusals.labelMismatch(geom, other.culprits(), other.aftermath());
            case NotWritten not -> throw LabelRefusals.labelNotWritten(geom, not.culprits(), not.aftermath());
        }
    }

    /** What the taster needs to know: every geom there is, and every name that another's export has taken. */
    static List<KnownGeom> knownGeoms(World world) {
        List<KnownGeom> known = new ArrayList<>();
        for (DesiredGeom geom : world.desired().geoms().values()) {
            known.add(known(geom, geom.stopped() ? Standing.STOPPED : Standing.LIVE));
        }
        for (GeomSlot slot : world.draining()) {
            known.add(known(slot.desired(), Standing.STOPPING));
        }
        for (DesiredExport export : world.desired().exports().values()) {
            if (!export.name().equals(export.geom())) {
                known.add(new KnownGeom(null, export.name(), 0, 0, Standing.LIVE));
            }
        }
        return known;
    }

    private static KnownGeom known(DesiredGeom geom, Standing standing) {
        int sectorSize = geom.shape().geometry().sectorSize();
        return new KnownGeom(geom.uuid(), geom.name(), geom.pathSizeBytes(), sectorSize, standing);
    }
}
