package io.ropewalk.nbd;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.Geometry;
import org.jspecify.annotations.Nullable;

/**
 * What a handshake has told about an export, and how replies on that connection look.
 *
 * @param geometry its shape, within our bounds
 * @param capabilities what it can do
 * @param multiConnection whether several connections see one consistent export (CAN_MULTI_CONN)
 * @param style how requests and replies are framed
 * @param allocationContext id of {@code base:allocation} on this connection; anything where BLOCK_STATUS is not among
 *     the capabilities
 */
record NbdClientExport(
        Geometry geometry, Capabilities capabilities, boolean multiConnection, Style style, int allocationContext) {

    /** The framing that was agreed on. */
    enum Style {
        /** Compact requests, simple replies. */
        SIMPLE(Nbd.COMPACT_REQUEST_LENGTH, Nbd.SIMPLE_REPLY_LENGTH),
        /** Compact requests, structured replies for whatever has a payload. */
        STRUCTURED(Nbd.COMPACT_REQUEST_LENGTH, Nbd.STRUCTURED_CHUNK_LENGTH),
        /** Extended requests and replies, lengths of 64 bits. */
        EXTENDED(Nbd.EXTENDED_HEADER_LENGTH, Nbd.EXTENDED_HEADER_LENGTH);

        private final int requestHeaderBytes;
        private final int replyHeaderBytes;

        Style(int requestHeaderBytes, int replyHeaderBytes) {
            this.requestHeaderBytes = requestHeaderBytes;
            this.replyHeaderBytes = replyHeaderBytes;
        }

        int requestHeaderBytes() {
            return requestHeaderBytes;
        }

        int replyHeaderBytes() {
            return replyHeaderBytes;
        }
    }

    /** The bounds that hold where the server tells none ("Size constraints"). */
    private static final BlockSizes DEFAULT_SIZES = new BlockSizes(1, 4096, Geometry.MAXIMUM_PAYLOAD_BYTES);

    /** The numbers of an INFO_BLOCK_SIZE, unsigned. */
    record BlockSizes(long minimum, long preferred, long maximumPayload) {}

    /**
     * Judges the numbers of a handshake.
     *
     * @param sizeBytes unsigned
     * @param transmissionFlags of the protocol
     * @param sizes null where the server told none
     * @param allocationContext null where the server has none
     * @throws DeviceException of reason UNSUITABLE for an export that cannot be served
     */
    static NbdClientExport of(
            String who,
            long sizeBytes,
            int transmissionFlags,
            @Nullable BlockSizes sizes,
            Style style,
            @Nullable Integer allocationContext)
            throws DeviceException {
        if (sizeBytes < 0) {
            throw unsuitable(
                    who + " claims " + Long.toUnsignedString(sizeBytes) + " bytes, more than can be addressed");
        }
        int flags = (transmissionFlags & Nbd.TRANS_HAS_FLAGS) == 0 ? 0 : transmissionFlags;
        Capabilities capabilities = capabilities(flags);
        return new NbdClientExport(
                geometry(who, sizeBytes, sizes == null ? DEFAULT_SIZES : sizes),
                allocationContext == null ? capabilities : capabilities.with(Capability.BLOCK_STATUS),
                (flags & Nbd.TRANS_CAN_MULTI_CONN) != 0,
                style,
                allocationContext == null ? 0 : allocationContext);
    }

    /**
     * What is worse here than in {@code known}, as a clause for people; null when nothing is. More capabilities, a
     * smaller minimum block size and a longer payload are no reason to worry; another size always is.
     */
    @Nullable String differenceFrom(NbdClientExport known) {
        long sizeBytes = sizeInBlocksOf(known);
        if (sizeBytes != known.geometry.sizeBytes()) {
            return "its size is " + sizeBytes + " bytes, it was " + known.geometry.sizeBytes();
        }
        return worseThan(known);
    }

    /** The size here, cut to whole blocks of {@code known}. */
    long sizeInBlocksOf(NbdClientExport known) {
        int block = known.geometry.minimumBlockSize();
        return geometry.sizeBytes() / block * block;
    }

    /** As {@link #differenceFrom}, but for the size. */
    @Nullable String worseThan(NbdClientExport known) {
        Geometry before = known.geometry;
        if (geometry.minimumBlockSize() > before.minimumBlockSize()) {
            return "its minimum block size is " + geometry.minimumBlockSize() + ", it was " + before.minimumBlockSize();
        }
        if (geometry.maximumPayloadBytes() < before.maximumPayloadBytes()) {
            return "its maximum payload is " + geometry.maximumPayloadBytes() + " bytes, it was "
                    + before.maximumPayloadBytes();
        }
        if (known.multiConnection && !multiConnection) {
            return "it no longer allows several connections";
        }
        Capabilities lost = known.capabilities.without(Capability.ROTATIONAL).minus(capabilities);
        return lost.isEmpty()
                ? null
                : "it can no longer do " + lost + ": it does " + capabilities + ", it did " + known.capabilities;
    }

    private static Capabilities capabilities(int flags) {
        // Whether there are several connections or one that all channels share: what one sees, every other sees.
        Capabilities found = Capabilities.of(Capability.MULTI_CHANNEL);
        found = (flags & Nbd.TRANS_READ_ONLY) == 0 ? found.with(Capability.WRITE) : found;
        found = addIf(found, flags, Nbd.TRANS_SEND_FLUSH, Capability.FLUSH);
        found = addIf(found, flags, Nbd.TRANS_SEND_FUA, Capability.FUA);
        found = addIf(found, flags, Nbd.TRANS_ROTATIONAL, Capability.ROTATIONAL);
        found = addIf(found, flags, Nbd.TRANS_SEND_TRIM, Capability.TRIM);
        found = addIf(found, flags, Nbd.TRANS_SEND_WRITE_ZEROES, Capability.WRITE_ZEROES);
        found = addIf(found, flags, Nbd.TRANS_SEND_CACHE, Capability.CACHE);
        return addIf(found, flags, Nbd.TRANS_SEND_WRITE_ZEROES | Nbd.TRANS_SEND_FAST_ZERO, Capability.FAST_ZERO);
    }

    private static Capabilities addIf(Capabilities found, int flags, int needed, Capability capability) {
        return (flags & needed) == needed ? found.with(capability) : found;
    }

    /** The size is cut to whole blocks: the rest could not be reached. */
    private static Geometry geometry(String who, long sizeBytes, BlockSizes sizes) throws DeviceException {
        if (!isPowerOfTwo(sizes.minimum) || sizes.minimum > Geometry.MAXIMUM_SECTOR_SIZE) {
            throw unsuitable(who + " demands a minimum block size of " + sizes.minimum
                    + ", which is not a power of two from 1 to " + Geometry.MAXIMUM_SECTOR_SIZE);
        }
        if (!isPowerOfTwo(sizes.preferred) || sizes.preferred < sizes.minimum || sizes.preferred > 1 << 30) {
            throw unsuitable(who + " prefers a block size of " + sizes.preferred
                    + ", which is not a power of two from its minimum of " + sizes.minimum + " to 2^30");
        }
        if (sizes.maximumPayload < sizes.minimum) {
            throw unsuitable(who + " takes payloads of " + sizes.maximumPayload
                    + " bytes only, less than its minimum block size of " + sizes.minimum);
        }
        long minimum = sizes.minimum;
        long payload = Math.min(sizes.maximumPayload, Geometry.MAXIMUM_PAYLOAD_BYTES) / minimum * minimum;
        return new Geometry(sizeBytes / minimum * minimum, (int) minimum, (int) sizes.preferred, (int) payload);
    }

    private static boolean isPowerOfTwo(long value) {
        return Long.bitCount(value) == 1;
    }

    private static DeviceException unsuitable(String clause) {
        return new DeviceException(Reason.UNSUITABLE, clause + ".");
    }
}
