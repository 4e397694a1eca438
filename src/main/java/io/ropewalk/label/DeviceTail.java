package io.ropewalk.label;

import io.ropewalk.block.Geometry;
import java.util.Arrays;

/**
 * The last bytes of a device, addressed as on the device.
 *
 * @param geometry of the device
 * @param bytes the last {@link #length} of them
 */
record DeviceTail(Geometry geometry, byte[] bytes) {
    /** Enough for what is looked for, the two ZFS labels and their alignment being the farthest. */
    private static final long MAXIMUM_BYTES = 768 << 10;

    /** How many bytes there are to read; the whole of a smaller device. */
    static int length(Geometry geometry) {
        return (int) Math.min(MAXIMUM_BYTES, geometry.sizeBytes());
    }

    long sizeBytes() {
        return geometry.sizeBytes();
    }

    byte[] lastSector() {
        return Arrays.copyOfRange(bytes, bytes.length - geometry.sectorSize(), bytes.length);
    }

    /** Whether the device holds {@code expected} at {@code offset}; not when that is outside the tail. */
    boolean holds(long offset, byte[] expected) {
        long at = offset - (sizeBytes() - bytes.length);
        return at >= 0
                && at + expected.length <= bytes.length
                && Arrays.equals(bytes, (int) at, (int) at + expected.length, expected, 0, expected.length);
    }
}
