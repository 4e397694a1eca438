package io.ropewalk.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import org.jspecify.annotations.Nullable;

/** One request of a test, submitted at once; its answer can be asked for later. */
public final class Ask extends IoRequest {
    private boolean answered;
    private byte @Nullable [] bytes;

    public static Ask read(BlockChannel channel, long offset, int length) {
        Ask ask = new Ask();
        ask.ask(IoOp.READ, offset, length, 0);
        channel.submit(ask);
        return ask;
    }

    public static Ask write(BlockChannel channel, long offset, byte[] data) {
        Ask ask = new Ask();
        ByteBuf payload = Unpooled.wrappedBuffer(data);
        ask.askWrite(offset, 0, payload, 0);
        channel.submit(ask);
        return ask;
    }

    public static Ask of(BlockChannel channel, IoOp op, long offset, long length, int flags) {
        Ask ask = new Ask();
        ask.ask(op, offset, length, flags);
        channel.submit(ask);
        return ask;
    }

    public static Ask flush(BlockChannel channel) {
        return of(channel, IoOp.FLUSH, 0, 0, 0);
    }

    public boolean isAnswered() {
        return answered;
    }

    public boolean succeeded() {
        return answered && error() == null;
    }

    public IoError.@Nullable Kind kind() {
        IoError error = error();
        return error == null ? null : error.kind();
    }

    public byte[] bytes() {
        if (bytes == null) {
            throw new AssertionError("no bytes: " + error());
        }
        return bytes;
    }

    @Override
    protected void onAnswer() {
        answered = true;
        if (error() == null && op() == IoOp.READ) {
            ByteBuf data = takeData();
            bytes = new byte[data.readableBytes()];
            data.readBytes(bytes);
            data.release();
        }
    }
}
