package io.ropewalk.label;

import io.ropewalk.block.Geometry;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a labelled disk says of itself. The same on every path, because every path shows the same disk.
 *
 * @param name of the geom as on disk, 1 to 15 bytes of UTF-8 without control characters. Disks labelled elsewhere may
 *     carry names that no geom here can have: see {@link GeomNames}
 * @param uuid which geom the disk belongs to, as text: 36 characters, lower case, 8-4-4-4-12
 * @param sectorSize of the device, a power of two from 512 to 65536; the label fills the last such sector
 * @param sizeBytes of the whole device, the label's sector included; at least two sectors
 * @param mode how the geom uses its paths
 */
public record Label(String name, String uuid, int sectorSize, long sizeBytes, LabelMode mode) {

    /**
     * The only version there is. It has not changed since the format appeared in FreeBSD: 89 bytes, see
     * {@link LabelCodec}. A new version gets a decoder of its own beside this one.
     */
    public static final int VERSION = 1;

    /** The longest name that fits: 16 bytes less the NUL. */
    public static final int MAXIMUM_NAME_BYTES = 15;

    private static final int MINIMUM_SECTOR_SIZE = 512;
    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    public Label {
        String problem = problem(name, uuid, sectorSize, sizeBytes);
        if (problem != null) {
            throw new IllegalArgumentException("Bad label: " + problem);
        }
    }

    /**
     * A label for a device that has none yet.
     *
     * @param name valid for a labelled geom ({@link GeomNames#isValidForLabel})
     * @param geometry with {@link #hasRoom room} for a label
     */
    public static Label create(String name, UUID uuid, Geometry geometry, LabelMode mode) {
        if (!GeomNames.isValidForLabel(name)) {
            throw new IllegalArgumentException("Bad label: the name " + name + " is not one a labelled geom can have");
        }
        return new Label(name, uuid.toString(), geometry.sectorSize(), geometry.sizeBytes(), mode);
    }

    /** Whether a device of this shape can carry a label: whole sectors, at least two of them. */
    public static boolean hasRoom(Geometry geometry) {
        return sizeProblem(geometry.sectorSize(), geometry.sizeBytes()) == null;
    }

    public int version() {
        return VERSION;
    }

    /** What the geom exports: all but the label's sector. It is where the label's sector begins, too. */
    public long exportedSizeBytes() {
        return sizeBytes - sectorSize;
    }

    /** Whether this label was written for a device of this shape (R25). */
    public boolean fits(Geometry geometry) {
        return misfit(geometry) == null;
    }

    /** Why this label was not written for a device of this shape, one clause for people; null when it fits. */
    public @Nullable String misfit(Geometry geometry) {
        if (sectorSize != geometry.sectorSize()) {
            return "it is for sectors of " + sectorSize + " bytes, and the device's have " + geometry.sectorSize();
        }
        if (sizeBytes != geometry.sizeBytes()) {
            return "it is for a device of " + sizeBytes + " bytes, and this one has " + geometry.sizeBytes();
        }
        return null;
    }

    public Label withMode(LabelMode newMode) {
        return new Label(name, uuid, sectorSize, sizeBytes, newMode);
    }

    public Label withSize(long newSizeBytes) {
        return new Label(name, uuid, sectorSize, newSizeBytes, mode);
    }

    /** What is wrong with such fields, one clause for people; null when nothing is. */
    static @Nullable String problem(String name, String uuid, int sectorSize, long sizeBytes) {
        String problem = nameProblem(name);
        if (problem == null) {
            problem = uuidProblem(uuid);
        }
        return problem == null ? sizeProblem(sectorSize, sizeBytes) : problem;
    }

    private static @Nullable String nameProblem(String name) {
        if (name.isEmpty()) {
            return "the name is empty";
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_NAME_BYTES) {
            return "the name is longer than " + MAXIMUM_NAME_BYTES + " bytes";
        }
        return name.codePoints().anyMatch(Character::isISOControl) ? "the name has control characters" : null;
    }

    private static @Nullable String uuidProblem(String uuid) {
        if (uuid.isEmpty()) {
            return "the UUID is empty";
        }
        return UUID_TEXT.matcher(uuid).matches() ? null : "the UUID is not well-formed";
    }

    private static @Nullable String sizeProblem(int sectorSize, long sizeBytes) {
        if (sectorSize < MINIMUM_SECTOR_SIZE
                || sectorSize > Geometry.MAXIMUM_SECTOR_SIZE
                || Integer.bitCount(sectorSize) != 1) {
            return "a sector size of " + Integer.toUnsignedString(sectorSize) + " bytes does not exist";
        }
        if (sizeBytes < 2L * sectorSize || sizeBytes % sectorSize != 0) {
            return "a size of " + Long.toUnsignedString(sizeBytes) + " bytes is not two or more sectors of "
                    + sectorSize;
        }
        return null;
    }
}
