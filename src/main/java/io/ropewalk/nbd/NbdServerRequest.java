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

    void write(long cookie, long offset, int flags, ByteBuf payload, int headroom, NbdSessionMemory.Pin pin) {
        this.cookie = cookie;
        this.heldBytes = 0;
        this.pin = pin;
        askWrite(offset, flags, payload, headroom);
    }

    void other(IoOp op, long cookie, long offset, long length, int flags, long heldBytes) {
        this.cookie = cookie;
        this.heldBytes = heldBytes;
        ask(op, offset, length, flags);
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
