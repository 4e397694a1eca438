package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslClosedEngineException;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages to a channel, those that lie one behind the other in one buffer as one. What was received in one
 * piece and is passed on in the same order so leaves in one piece, too. On the channel's loop.
 */
final class NbdOutgoing {
    private final ChannelHandlerContext context;
    private final boolean behindTls;

    /** Holds {@link #root} for all the messages from {@link #start} to {@link #end}, addresses in memory. */
    private @Nullable ByteBuf first;

    private @Nullable ByteBuf root;
    private long start;
    private long end;

    NbdOutgoing(ChannelHandlerContext context) {
        this.context = context;
        this.behindTls = context.pipeline().get(SslHandler.class) != null;
    }

    /** Sends the readable bytes of {@code message} with the next {@link #flush}; it is the channel's now. */
    void write(ByteBuf message) {
        if (!message.hasMemoryAddress()) {
            writeRun();
            hand(message);
            return;
        }
        ByteBuf itsRoot = rootOf(message);
        long itsStart = message.memoryAddress() + message.readerIndex();
        long itsEnd = itsStart + message.readableBytes();
        if (first != null && itsRoot == root && itsStart == end) {
            end = itsEnd;
            message.release();
            return;
        }
        writeRun();
        first = message;
        root = itsRoot;
        start = itsStart;
        end = itsEnd;
    }

    /** Hands all to the socket. */
    void flush() {
        writeRun();
        context.flush();
    }

    /** Drops what was not flushed, as far as it is not the channel's yet. */
    void discard() {
        ByteBuf held = first;
        first = null;
        root = null;
        if (held != null) {
            held.release();
        }
    }

    /** Bytes that wait for a {@link #flush} and are not the channel's yet. */
    long waitingBytes() {
        return first == null ? 0 : end - start;
    }

    private void writeRun() {
        ByteBuf message = first;
        ByteBuf whole = root;
        first = null;
        root = null;
        if (message == null || whole == null) {
            return;
        }
        int length = (int) (end - start);
        if (message.readableBytes() == length) {
            hand(message);
        } else {
            hand(whole.retainedSlice((int) (start - whole.memoryAddress()), length));
            message.release();
        }
    }

    private void hand(ByteBuf message) {
        if (behindTls) {
            // A void promise tells the pipeline what a write has met, but TLS drops it.
            context.write(message).addListener((ChannelFutureListener) NbdOutgoing::tell);
        } else {
            context.write(message, context.voidPromise());
        }
    }

    private static void tell(ChannelFuture written) {
        Throwable cause = written.cause();
        // That the peer has said its farewell is no failure of the connection.
        if (cause != null && !(cause instanceof SslClosedEngineException)) {
            written.channel().pipeline().fireExceptionCaught(cause);
        }
    }

    private static ByteBuf rootOf(ByteBuf message) {
        ByteBuf root = message;
        for (ByteBuf below = message.unwrap(); below != null; below = below.unwrap()) {
            root = below;
        }
        return root;
    }
}
