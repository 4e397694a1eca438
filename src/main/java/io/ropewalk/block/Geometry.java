package io.ropewalk.block;

/**
 * The shape of a device.
 *
 * @param sizeBytes what can be addressed, 0 or more, a multiple of {@code minimumBlockSize}
 * @param minimumBlockSize every offset and length is a multiple of it; a power of two, 1 to 65536
 * @param preferredBlockSize requests aligned to it are the fast ones; a power of two, at least {@code
 *     minimumBlockSize}
 * @param maximumPayloadBytes the longest READ or WRITE, a multiple of {@code minimumBlockSize}, at most {@link
 *     #MAXIMUM_PAYLOAD_BYTES}; other operations are bounded by the size only
 */
public record Geometry(long sizeBytes, int minimumBlockSize, int preferredBlockSize, int maximumPayloadBytes) {

    /** The largest minimum block size, and with it the largest sector. */
    public static final int MAXIMUM_SECTOR_SIZE = 65536;

    /** The longest READ or WRITE that any of our ends accepts: 32 MiB. */
    public static final int MAXIMUM_PAYLOAD_BYTES = 32 << 20;

    public Geometry {
        require(isPowerOfTwo(minimumBlockSize) && minimumBlockSize <= MAXIMUM_SECTOR_SIZE, "minimum block size");
        require(isPowerOfTwo(preferredBlockSize) && preferredBlockSize >= minimumBlockSize, "preferred block size");
        require(
                maximumPayloadBytes >= minimumBlockSize && maximumPayloadBytes <= MAXIMUM_PAYLOAD_BYTES,
                "maximum payload");
        require(maximumPayloadBytes % minimumBlockSize == 0, "maximum payload alignment");
        require(sizeBytes >= 0 && sizeBytes % minimumBlockSize == 0, "size");
    }

    /** A device with our own bounds: preferred 4096 (or the minimum where larger), payload up to 32 MiB. */
    public static Geometry of(long sizeBytes, int minimumBlockSize) {
        return new Geometry(sizeBytes, minimumBlockSize, Math.max(4096, minimumBlockSize), MAXIMUM_PAYLOAD_BYTES);
    }

    /** The logical sector: the minimum block size, but never less than 512. Labels live in the last one. */
    public int sectorSize() {
        return Math.max(512, minimumBlockSize);
    }

    public Geometry withSize(long newSizeBytes) {
        return new Geometry(newSizeBytes, minimumBlockSize, preferredBlockSize, maximumPayloadBytes);
    }

    private static boolean isPowerOfTwo(int value) {
        return value > 0 && Integer.bitCount(value) == 1;
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException("Bad geometry: " + what);
        }
    }
}
