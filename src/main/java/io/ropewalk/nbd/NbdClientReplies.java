package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.nbd.NbdClientExport.Style;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Understands the replies of one session: simple, structured and extended. What the protocol forbids is a
 * {@link NbdClientViolation}, after which the session is of no use. Lives on its session's loop.
 *
 * <p>The bytes of a READ that came as a whole are handed on where they lie, with the reply's header before them as
 * headroom; only a READ in several pieces is copied together.
 */
final class NbdClientReplies {
    /** More descriptors than a server should send ("NBD_REPLY_TYPE_BLOCK_STATUS"). */
    private static final int MAXIMUM_DESCRIPTORS = 1 << 20;
    /** More extents are cut off; an answer may be shorter than what was asked. */
    private static final int MAXIMUM_EXTENTS = 1 << 16;

    private static final int MAXIMUM_ERROR_LENGTH = 64 << 10;
    private static final int ERROR_MINIMUM_LENGTH = 6;
    private static final int HOLE_LENGTH = 12;
    private static final int ERROR_BIT = 1 << 15;

    private final NbdClientPending pending;
    private final NbdClientExport export;
    private final String server;
    private final ByteBufAllocator allocator;
    private final Consumer<NbdClientSlot> onReply;
    private boolean serverShuttingDown;

    /** @param onReply takes each slot when its reply is complete: {@code error} or the rest of its answer is set */
    NbdClientReplies(
            NbdClientPending pending,
            NbdClientExport export,
            String server,
            ByteBufAllocator allocator,
            Consumer<NbdClientSlot> onReply) {
        this.pending = pending;
        this.export = export;
        this.server = server;
        this.allocator = allocator;
        this.onReply = onReply;
    }

    /** Whether the server has answered ESHUTDOWN: nothing more may be asked of it. */
    boolean isServerShuttingDown() {
        return serverShuttingDown;
    }

    /** Takes one message; see {@link MessageReceiver#decode}. */
    int decode(ByteBuf in) throws NbdClientViolation {
        return export.style() == Style.EXTENDED ? decodeExtended(in) : decodeCompact(in);
    }

    private int decodeCompact(ByteBuf in) throws NbdClientViolation {
        if (in.readableBytes() < Nbd.SIMPLE_REPLY_LENGTH) {
            return Nbd.SIMPLE_REPLY_LENGTH;
        }
        int magic = in.getInt(in.readerIndex());
        if (magic == Nbd.SIMPLE_REPLY_MAGIC) {
            return decodeSimple(in);
        }
        if (magic != Nbd.STRUCTURED_REPLY_MAGIC || export.style() != Style.STRUCTURED) {
            throw badMagic(magic);
        }
        return decodeStructured(in);
    }

    private int decodeSimple(ByteBuf in) throws NbdClientViolation {
        int start = in.readerIndex();
        int errno = in.getInt(start + 4);
        NbdClientSlot slot = find(in.getLong(start + 8));
        if (errno != 0) {
            in.skipBytes(Nbd.SIMPLE_REPLY_LENGTH);
            setError(slot, errno, "");
            onReply.accept(slot);
            return 0;
        }
        boolean hasData = slot.op == IoOp.READ;
        if (export.style() != Style.SIMPLE && (hasData || slot.op == IoOp.BLOCK_STATUS)) {
            throw new NbdClientViolation("answered " + slot.op + " by a simple reply");
        }
        int whole = Nbd.SIMPLE_REPLY_LENGTH + (hasData ? (int) slot.length : 0);
        if (in.readableBytes() < whole) {
            return whole;
        }
        if (hasData) {
            keepWhole(slot, in, start, Nbd.SIMPLE_REPLY_LENGTH);
        }
        in.skipBytes(whole);
        complete(slot);
        return 0;
    }

    private int decodeStructured(ByteBuf in) throws NbdClientViolation {
        if (in.readableBytes() < Nbd.STRUCTURED_CHUNK_LENGTH) {
            return Nbd.STRUCTURED_CHUNK_LENGTH;
        }
        int start = in.readerIndex();
        NbdClientSlot slot = find(in.getLong(start + 8));
        return decodeChunk(in, slot, Nbd.STRUCTURED_CHUNK_LENGTH, in.getUnsignedInt(start + 16));
    }

    private int decodeExtended(ByteBuf in) throws NbdClientViolation {
        if (in.readableBytes() < Nbd.EXTENDED_HEADER_LENGTH) {
            return Nbd.EXTENDED_HEADER_LENGTH;
        }
        int start = in.readerIndex();
        int magic = in.getInt(start);
        if (magic != Nbd.EXTENDED_REPLY_MAGIC) {
            throw badMagic(magic);
        }
        NbdClientSlot slot = find(in.getLong(start + 8));
        if (in.getLong(start + 16) != slot.offset) {
            throw new NbdClientViolation("answered for another offset than was asked for");
        }
        return decodeChunk(in, slot, Nbd.EXTENDED_HEADER_LENGTH, in.getLong(start + 24));
    }

    private int decodeChunk(ByteBuf in, NbdClientSlot slot, int headerBytes, long payloadBytes)
            throws NbdClientViolation {
        int start = in.readerIndex();
        int flags = in.getUnsignedShort(start + 4);
        int type = in.getUnsignedShort(start + 6);
        checkLength(slot, type, payloadBytes);
        int length = (int) payloadBytes;
        if (in.readableBytes() < headerBytes + length) {
            return headerBytes + length;
        }
        boolean done = (flags & Nbd.REPLY_FLAG_DONE) != 0;
        takeChunk(in, slot, type, headerBytes, length, done);
        in.skipBytes(headerBytes + length);
        if (done) {
            complete(slot);
        }
        return 0;
    }

    /** Before the payload is waited for: no length that the request does not justify. */
    private void checkLength(NbdClientSlot slot, int type, long length) throws NbdClientViolation {
        boolean fits = switch (type) {
            case Nbd.REPLY_NONE -> length == 0;
            case Nbd.REPLY_OFFSET_DATA ->
                slot.op == IoOp.READ && length > Long.BYTES && length <= slot.length + Long.BYTES;
            case Nbd.REPLY_OFFSET_HOLE -> slot.op == IoOp.READ && length == HOLE_LENGTH;
            case Nbd.REPLY_BLOCK_STATUS -> export.style() == Style.STRUCTURED && isStatusLength(slot, length, 4, 8);
            case Nbd.REPLY_BLOCK_STATUS_EXT -> export.style() == Style.EXTENDED && isStatusLength(slot, length, 8, 16);
            default -> (type & ERROR_BIT) != 0 && length >= ERROR_MINIMUM_LENGTH && length <= MAXIMUM_ERROR_LENGTH;
        };
        if (!fits) {
            throw new NbdClientViolation("answered " + slot.op + " by a chunk of type " + type + " with "
                    + Long.toUnsignedString(length) + " bytes");
        }
    }

    private static boolean isStatusLength(NbdClientSlot slot, long length, int before, int each) {
        return slot.op == IoOp.BLOCK_STATUS
                && length >= before + each
                && length <= before + (long) each * MAXIMUM_DESCRIPTORS
                && (length - before) % each == 0;
    }

    private void takeChunk(ByteBuf in, NbdClientSlot slot, int type, int headerBytes, int length, boolean done)
            throws NbdClientViolation {
        int payload = in.readerIndex() + headerBytes;
        switch (type) {
            case Nbd.REPLY_NONE -> {
                if (!done) {
                    throw new NbdClientViolation("sent an empty chunk that is not the last one");
                }
            }
            case Nbd.REPLY_OFFSET_DATA -> takeData(in, slot, headerBytes, length - Long.BYTES);
            case Nbd.REPLY_OFFSET_HOLE -> takeHole(slot, in.getLong(payload), in.getUnsignedInt(payload + 8));
            case Nbd.REPLY_BLOCK_STATUS -> takeStatus(in, slot, payload, payload + 4, (length - 4) / 8, 4);
            case Nbd.REPLY_BLOCK_STATUS_EXT -> {
                int count = (length - 8) / 16;
                if (in.getInt(payload + 4) != count) {
                    throw new NbdClientViolation("counts its block descriptors wrongly");
                }
                takeStatus(in, slot, payload, payload + 8, count, 8);
            }
            default -> takeError(in, slot, type, payload, length);
        }
    }

    private void takeData(ByteBuf in, NbdClientSlot slot, int headerBytes, int count) throws NbdClientViolation {
        int start = in.readerIndex();
        long offset = in.getLong(start + headerBytes);
        if (offset == slot.offset && count == slot.length && slot.data == null && slot.assembly == null) {
            keepWhole(slot, in, start, headerBytes + Long.BYTES);
        } else {
            assembly(slot).addData(offset - slot.offset, in, start + headerBytes + Long.BYTES, count);
        }
    }

    private void takeHole(NbdClientSlot slot, long offset, long count) throws NbdClientViolation {
        assembly(slot).addHole(offset - slot.offset, count);
    }

    private NbdClientReadAssembly assembly(NbdClientSlot slot) throws NbdClientViolation {
        if (slot.data != null) {
            throw new NbdClientViolation("sent the same bytes of a READ twice");
        }
        NbdClientReadAssembly assembly = slot.assembly;
        if (assembly == null) {
            assembly = new NbdClientReadAssembly(allocator, (int) slot.length);
            slot.assembly = assembly;
        }
        return assembly;
    }

    private static void keepWhole(NbdClientSlot slot, ByteBuf in, int start, int headroom) {
        slot.data = in.retainedSlice(start, headroom + (int) slot.length).skipBytes(headroom);
        slot.dataHeadroom = headroom;
    }

    /** @param lengthBytes 4 or 8: the width of a descriptor's fields */
    private void takeStatus(ByteBuf in, NbdClientSlot slot, int payload, int first, int count, int lengthBytes)
            throws NbdClientViolation {
        if (slot.extents != null || in.getInt(payload) != export.allocationContext()) {
            throw new NbdClientViolation("sent the status of a metadata context that was not asked for");
        }
        List<Extent> extents = new ArrayList<>(Math.min(count, 16));
        long left = slot.length;
        for (int i = 0; i < count && left > 0 && extents.size() < MAXIMUM_EXTENTS; i++) {
            int at = first + i * 2 * lengthBytes;
            long length = lengthBytes == 4 ? in.getUnsignedInt(at) : in.getLong(at);
            int state = in.getInt(at + 2 * lengthBytes - 4);
            if (length <= 0) {
                throw new NbdClientViolation("sent the status of " + Long.toUnsignedString(length) + " bytes");
            }
            append(extents, Math.min(length, left), state);
            left -= Math.min(length, left);
        }
        slot.extents = extents;
    }

    private static void append(List<Extent> extents, long length, int state) {
        boolean hole = (state & Nbd.STATE_HOLE) != 0;
        boolean zero = (state & Nbd.STATE_ZERO) != 0;
        Extent last = extents.isEmpty() ? null : extents.getLast();
        if (last != null && last.hole() == hole && last.zero() == zero) {
            extents.set(extents.size() - 1, new Extent(last.lengthBytes() + length, hole, zero));
        } else {
            extents.add(new Extent(length, hole, zero));
        }
    }

    private void takeError(ByteBuf in, NbdClientSlot slot, int type, int payload, int length)
            throws NbdClientViolation {
        int errno = in.getInt(payload);
        int textLength = in.getUnsignedShort(payload + 4);
        int fixed = ERROR_MINIMUM_LENGTH + (type == Nbd.REPLY_ERROR_OFFSET ? Long.BYTES : 0);
        if (errno == 0 || textLength > Math.min(length - fixed, Nbd.MAXIMUM_STRING)) {
            throw new NbdClientViolation("sent an error chunk that makes no sense");
        }
        if (type == Nbd.REPLY_ERROR_OFFSET) {
            long position = in.getLong(payload + ERROR_MINIMUM_LENGTH + textLength) - slot.offset;
            if (position < 0 || position >= Math.max(slot.length, 1)) {
                throw new NbdClientViolation("sent an error for an offset that was not asked for");
            }
        }
        setError(slot, errno, NbdClientHandshake.text(in.slice(payload + ERROR_MINIMUM_LENGTH, textLength)));
    }

    /** The first error of a reply is the one that counts, but that the server shuts down is always heard. */
    private void setError(NbdClientSlot slot, int errno, String text) {
        serverShuttingDown |= errno == Nbd.ESHUTDOWN;
        if (slot.error == null) {
            String said = text.isEmpty() ? "" : " (" + text + ")";
            slot.error = IoError.of(
                    NbdErrors.kindOf(errno),
                    server + " answered " + slot.request() + " with " + NbdErrors.nameOf(errno) + said);
        }
    }

    private void complete(NbdClientSlot slot) throws NbdClientViolation {
        if (slot.error == null) {
            checkSuccess(slot);
        }
        onReply.accept(slot);
    }

    private static void checkSuccess(NbdClientSlot slot) throws NbdClientViolation {
        if (slot.op == IoOp.BLOCK_STATUS && slot.extents == null) {
            throw new NbdClientViolation("answered BLOCK_STATUS without a status");
        }
        if (slot.op != IoOp.READ || slot.data != null) {
            return;
        }
        NbdClientReadAssembly assembly = slot.assembly;
        if (assembly == null || !assembly.isComplete()) {
            throw new NbdClientViolation("answered READ without all its bytes");
        }
        slot.data = assembly.take();
        slot.dataHeadroom = NbdClientReadAssembly.HEADROOM;
        slot.assembly = null;
    }

    private NbdClientSlot find(long cookie) throws NbdClientViolation {
        @Nullable NbdClientSlot slot = pending.find(cookie);
        if (slot == null) {
            throw new NbdClientViolation(
                    "answered a request that it was not asked: cookie " + Long.toHexString(cookie));
        }
        return slot;
    }

    private static NbdClientViolation badMagic(int magic) {
        return new NbdClientViolation("sent the unknown reply magic 0x" + Integer.toHexString(magic));
    }

    /** What a violation means to the requests in flight. */
    IoError error(NbdClientViolation violation) {
        return IoError.of(Kind.PROTOCOL, server + " broke the NBD protocol: it " + violation.getMessage(), violation);
    }
}
