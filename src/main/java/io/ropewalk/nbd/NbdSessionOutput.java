package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a session sends: small replies gathered in one buffer, large ones as they lie, in order, with one flush. On the
 * session's loop.
 */
final class NbdSessionOutput {
    private static final int GATHER_BYTES = 8 << 10;

    private final ChannelHandlerContext context;
    private final NbdOutgoing outgoing;
    private @Nullable ByteBuf gathered;
    private boolean dirty;

    NbdSessionOutput(ChannelHandlerContext context) {
        this.context = context;
        this.outgoing = new NbdOutgoing(context);
    }

    /** Where to append the next reply of at most {@code bytes} bytes. Good until the next call of any method here. */
    ByteBuf room(int bytes) {
        ByteBuf buffer = gathered;
        if (buffer != null && buffer.writableBytes() < bytes) {
            gathered = null;
            send(buffer);
            buffer = null;
        }
        if (buffer == null) {
            buffer = context.alloc().directBuffer(Math.max(GATHER_BYTES, bytes));
            gathered = buffer;
        }
        return buffer;
    }

    /** Sends {@code data} behind what is gathered; it is the channel's now. */
    void write(ByteBuf data) {
        ByteBuf buffer = gathered;
        if (buffer != null && buffer.isReadable()) {
            send(buffer.readRetainedSlice(buffer.readableBytes()));
        }
        send(data);
    }

    /** Hands all to the socket. */
    void flush() {
        ByteBuf buffer = gathered;
        gathered = null;
        if (buffer != null) {
            send(buffer);
        }
        if (dirty) {
            dirty = false;
            outgoing.flush();
        }
    }

    /** Flushes, then closes the connection. */
    void close() {
        flush();
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    /** Runs {@code drained} on the loop when the socket has taken all that was flushed, or will not any more. */
    void whenDrained(Runnable drained) {
        context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(future -> drained.run());
    }

    /** Drops what is gathered: the connection is gone. */
    void discard() {
        ByteBuf buffer = gathered;
        gathered = null;
        if (buffer != null) {
            buffer.release();
        }
        outgoing.discard();
    }

    /** Bytes that the socket has not taken yet. */
    long unsentBytes() {
        ChannelOutboundBuffer outbound = context.channel().unsafe().outboundBuffer();
        return outgoing.waitingBytes() + (outbound == null ? 0 : outbound.totalPendingWriteBytes());
    }

    /** Bytes that the socket has taken of the message that is on its way; they still count as unsent. */
    long progressBytes() {
        ChannelOutboundBuffer outbound = context.channel().unsafe().outboundBuffer();
        return outbound == null ? 0 : outbound.currentProgress();
    }

    private void send(ByteBuf buffer) {
        dirty = true;
        outgoing.write(buffer);
    }
}
