package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import org.jspecify.annotations.Nullable;

/**
 * A client's request on its way through the device; used again and again by its session. What may be as long as the disk
 * and takes time accordingly goes piece by piece, so that no device seems dead for what it was asked.
 */
final class NbdServerRequest extends IoRequest {
    /** Bytes of a WRITE_ZEROES, TRIM or CACHE that go at once; a power of two. */
    static final long PIECE_BYTES = 64 << 20;

    private final NbdTransmission transmission;
    private long cookie;
    private long start;
    private long end;
    private long heldBytes;
    private NbdSessionMemory.@Nullable Pin pin;

    @Nullable NbdServerRequest next;

    NbdServerRequest(NbdTransmission transmission) {
        this.transmission = transmission;
    }

    void write(long cookie, long offset, int flags, ByteBuf payload, int headroom, NbdSessionMemory.Pin pin) {
        this.cookie = cookie;
        this.heldBytes = 0;
        this.pin = pin;
        this.start = offset;
        this.end = 0;
        askWrite(offset, flags, payload, headroom);
    }

    void other(IoOp op, long cookie, long offset, long length, int flags, long heldBytes) {
        this.cookie = cookie;
        this.heldBytes = heldBytes;
        this.start = offset;
        this.end = 0;
        ask(op, offset, length, flags);
    }

    /** Whether it is of those that go piece by piece, and longer than one. */
    boolean isLong() {
        return switch (op()) {
            case TRIM, WRITE_ZEROES, CACHE -> length() > firstPiece(offset(), length());
            default -> false;
        };
    }

    /** A request that the device would take as a whole; other pieces are to follow. */
    void cutToFirstPiece() {
        end = offset() + length();
        ask(op(), offset(), firstPiece(offset(), length()), flags());
    }

    /** Up to a multiple of the pieces' size, so that each is as aligned as the whole. */
    private static long firstPiece(long offset, long length) {
        return Math.min(length, PIECE_BYTES - (offset & (PIECE_BYTES - 1)));
    }

    /** Whether it was answered well and there is more of it to ask. */
    boolean hasMore() {
        return error() == null && offset() + length() < end;
    }

    void askNextPiece() {
        long next = offset() + length();
        ask(op(), next, firstPiece(next, end - next), flags());
    }

    /** Where the client's request begins, whichever piece of it is under way. */
    long start() {
        return start;
    }

    /** The client's name for it, given back with the answer. */
    long cookie() {
        return cookie;
    }

    /** Gives back what the request held while it was on its way. */
    void release(NbdSessionMemory memory) {
        memory.endAnswer(heldBytes);
        NbdSessionMemory.Pin used = pin;
        if (used != null) {
            pin = null;
            payload().release();
            memory.endWrite(used);
        }
    }

    @Override
    protected void onAnswer() {
        transmission.answered(this);
    }
}
