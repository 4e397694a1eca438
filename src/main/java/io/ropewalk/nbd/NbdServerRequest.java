package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import org.jspecify.annotations.Nullable;

/** A client's request on its way through the device; used again and again by its session. */
final class NbdServerRequest extends IoRequest {
    private final NbdTransmission transmission;
    private long cookie;
    private long heldBytes;
    private NbdSessionMemory.@Nullable Pin pin;

    @Nullable NbdServerRequest next;

    NbdServerRequest(NbdTransmission transmission) {
        this.transmission = transmission;
    }

    void read(long cookie, long offset, long length, long heldBytes) {
        this.cookie = cookie;
        this.heldBytes = heldBytes;
        ask(IoOp.READ, offset, length, 0);
    }

    void write(long cookie, long offset, int flags, ByteBuf payload, int headroom, NbdSessionMemory.Pin pin) {
        this.cookie = cookie;
        this.pin = pin;
        askWrite(offset, flags, payload, headroom);
    }

    void other(IoOp op, long cookie, long offset, long length, int flags) {
        this.cookie = cookie;
        ask(op, offset, length, flags);
    }

    long cookie() {
        return cookie;
    }

    /** Gives back what the request held while it was on its way. */
    void release(NbdSessionMemory memory) {
        if (op() == IoOp.READ) {
            memory.endRead(heldBytes);
        }
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
