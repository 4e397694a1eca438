package io.ropewalk.engine;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A client's request; one life after the other, as a session's slot. */
final class SimRequest extends IoRequest {
    private final SimClient client;
    private final @Nullable Runnable then;
    private @Nullable SimLife life;
    private @Nullable ByteBuf payload;

    /** @param then what follows an answer; null for whatever the client wants next */
    SimRequest(SimClient client, @Nullable Runnable then) {
        this.client = client;
        this.then = then;
    }

    @Nullable Runnable then() {
        return then;
    }

    SimLife life() {
        return Objects.requireNonNull(life);
    }

    boolean isUnderWay() {
        return life != null && !life.over;
    }

    void submit(BlockChannel channel, SimLife newLife, int headroom) {
        life = newLife;
        int flags = newLife.durably ? IoFlags.FUA : IoFlags.NONE;
        long offset = (long) newLife.firstBlock * SimOp.BLOCK_BYTES;
        long length = (long) newLife.blocks * SimOp.BLOCK_BYTES;
        if (newLife.op == IoOp.WRITE) {
            ByteBuf bytes = channel.loop().allocator().buffer(headroom + (int) length);
            bytes.writeZero(headroom).skipBytes(headroom);
            SimOp.fill(bytes, newLife.blocks, Objects.requireNonNull(newLife.change).version);
            payload = bytes;
            askWrite(offset, flags, bytes, headroom);
        } else {
            ask(newLife.op, offset, length, flags);
        }
        channel.submit(this);
    }

    @Override
    protected void onAnswer() {
        if (payload != null) {
            payload.release();
            payload = null;
        }
        client.answered(this);
    }
}
