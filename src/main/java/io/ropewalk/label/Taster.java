package io.ropewalk.label;

import io.ropewalk.block.Geometry;
import io.ropewalk.label.KnownGeom.Standing;
import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import io.ropewalk.label.LabelReading.WrongVersion;
import io.ropewalk.label.Verdict.Join;
import io.ropewalk.label.Verdict.NewGeom;
import io.ropewalk.label.Verdict.NewGeomTemporaryName;
import io.ropewalk.label.Verdict.NotOurs;
import io.ropewalk.label.Verdict.Reason;
import io.ropewalk.label.Verdict.Refused;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a device is by its label (R25 to R30). It decides only: acts, events and the question whether a device is
 * to be tasted at all (our own exports and devices in use are not, Q27) are the caller's. Deterministic for a given
 * random source; not thread-safe if that is not.
 *
 * <p>A label speaks for a device only if it was written for one of that size and sector size. A label joins a geom only
 * if, besides, the geom's paths have that shape: the UUID alone would merge a disk with a clone of it (Q17).
 */
public final class Taster {
    private final RandomGenerator random;

    /** @param random where temporary names come from */
    public Taster(RandomGenerator random) {
        this.random = random;
    }

    /**
     * @param reading what was found in the device's last sector
     * @param device the device's shape
     * @param known every geom there is
     */
    public Verdict taste(LabelReading reading, Geometry device, Collection<KnownGeom> known) {
        return switch (reading) {
            case NoLabel none -> new NotOurs("its last sector holds no label");
            case Unreadable unreadable ->
                new NotOurs(
                        "its last sector cannot be read: " + unreadable.error().message());
            case WrongVersion other ->
                new Refused(
                        Reason.WRONG_VERSION,
                        null,
                        "its label has version " + other.version() + ", not " + Label.VERSION);
            case Damaged damaged -> new Refused(Reason.DAMAGED, null, "its label is damaged: " + damaged.reason());
            case Decoded decoded -> taste(decoded.label(), device, known);
        };
    }

    private Verdict taste(Label label, Geometry device, Collection<KnownGeom> known) {
        KnownGeom same = withUuid(label.uuid(), known);
        String misfit = label.misfit(device);
        if (misfit != null) {
            return same == null ? new NotOurs("its label does not fit: " + misfit) : otherShape(label, same, misfit);
        }
        return same == null ? newGeom(label, known) : join(label, same);
    }

    private static Verdict join(Label label, KnownGeom geom) {
        String difference = difference(label, geom);
        if (difference != null) {
            return otherShape(label, geom, difference);
        }
        if (geom.standing() == Standing.STOPPED) {
            return new Refused(Reason.STOPPED, label, "it belongs to " + geom.name() + ", which was stopped");
        }
        return new Join(label.uuid());
    }

    private static Refused otherShape(Label label, KnownGeom geom, String how) {
        return new Refused(
                Reason.OTHER_SHAPE,
                label,
                "its label has the UUID of " + geom.name() + " but cannot be a path of it: " + how);
    }

    private static @Nullable String difference(Label label, KnownGeom geom) {
        if (label.sectorSize() != geom.sectorSize()) {
            return "the geom's sectors have " + geom.sectorSize() + " bytes, not " + label.sectorSize();
        }
        if (label.sizeBytes() != geom.pathSizeBytes()) {
            return "the geom's paths have " + geom.pathSizeBytes() + " bytes, not " + label.sizeBytes();
        }
        return null;
    }

    /** A stopping geom is seen by nobody (R35); a stopped one is, so that its disks do not bring it back (Q26). */
    private static @Nullable KnownGeom withUuid(String uuid, Collection<KnownGeom> known) {
        KnownGeom found = null;
        for (KnownGeom geom : known) {
            boolean counts = geom.standing() != Standing.STOPPING && uuid.equals(geom.uuid());
            if (counts && (found == null || geom.standing() == Standing.LIVE)) {
                found = geom;
            }
        }
        return found;
    }

    private Verdict newGeom(Label label, Collection<KnownGeom> known) {
        Set<String> taken = takenNames(known);
        String base = GeomNames.nearestValid(label.name());
        if (taken.contains(base)) {
            return new NewGeomTemporaryName(label, temporaryName(base, taken));
        }
        return base.equals(label.name()) ? new NewGeom(label) : new NewGeomTemporaryName(label, base);
    }

    private static Set<String> takenNames(Collection<KnownGeom> known) {
        Set<String> names = new HashSet<>();
        for (KnownGeom geom : known) {
            if (geom.standing() == Standing.LIVE) {
                names.add(geom.name());
            }
        }
        return names;
    }

    /** At most one step per taken name: there are far more suffixes than geoms. */
    private String temporaryName(String base, Set<String> taken) {
        int number = random.nextInt(GeomNames.temporaryNameCount());
        while (taken.contains(GeomNames.temporary(base, number))) {
            number++;
        }
        return GeomNames.temporary(base, number);
    }
}
