package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Receives a stream of length-prefixed messages so that each lies in one contiguous range of one buffer, mostly without
 * copying: the socket reads right behind what is there already, and a message that would not fit moves, as far as it
 * has come, to a buffer of its own size. Payloads can so be handed on as retained slices, together with the header
 * before them.
 *
 * <p>What has to move is copied once more, so little should: the next messages are expected to be as long as the last
 * one, a buffer holds one of these at least, and a receive ends where as many of them end as the buffer holds.
 *
 * <p>Lives on its channel's loop. Add it as the last handler; {@link #receiveAllocator} goes into the channel's
 * configuration. Where another handler (TLS) stands before it, what that one delivers is copied in.
 */
abstract class MessageReceiver extends ChannelInboundHandlerAdapter {
    /** What {@link #decode} returns when nothing more may be decoded, nor received, until {@link #resume}. */
    protected static final int PAUSE = -1;

    /** Room for two messages of 128 KiB with their headers. */
    private static final int CHUNK_BYTES = 264 << 10;
    /** Longer messages are not expected: a buffer of that length for the next one may be a waste. */
    private static final int MAXIMUM_EXPECTED_BYTES = 2 << 20;

    private static final int MAXIMUM_READS_PER_TURN = 16;

    private final Allocator receiveAllocator = new Allocator();
    private @Nullable ByteBuf current;
    /** What the socket was last told to fill: {@link #current}, or the part of its room where a receive is to end. */
    private @Nullable ByteBuf receiving;

    private int neededBytes;
    /** The length of the last message, at most {@link #MAXIMUM_EXPECTED_BYTES}. */
    private int expectedBytes = 1;

    private long movedBytes;
    private long droppedBytes;
    private boolean stopped;
    private boolean inputOver;
    private boolean paused;
    /** Whether what the socket delivers is for another handler first. */
    private boolean behindTls;

    /**
     * Decodes and consumes one message from the reader index on.
     *
     * @return 0 when a message was consumed; {@link #PAUSE} when it must wait and nothing was consumed; else the whole
     *     length of the message that begins at the reader index (or of its header, while only that is known), which is
     *     more than is readable
     */
    protected abstract int decode(ChannelHandlerContext context, ByteBuf in);

    /** All that has arrived in this turn was decoded. */
    protected void onTurnDecoded(ChannelHandlerContext context) {}

    final RecvByteBufAllocator receiveAllocator() {
        return receiveAllocator;
    }

    /**
     * Encrypted from the next byte on: {@code tls} comes first in the pipeline now and gets what the socket delivers, in
     * buffers of its own. Nothing that came before may be left to decode.
     */
    protected final void startTls(ChannelHandlerContext context, ChannelHandler tls) {
        if (undecodedBytes() > 0) {
            throw new IllegalStateException("plain bytes are left");
        }
        behindTls = true;
        // Not the socket's any more: a pool may hand the same object to the other handler.
        receiving = null;
        context.pipeline().addFirst(tls);
    }

    /** Decodes nothing more; what arrives is dropped. */
    protected final void stopReceiving() {
        stopped = true;
    }

    /** Whether the beginning of a message has arrived, and no more of it. */
    protected final boolean hasPartialMessage() {
        return neededBytes > 0;
    }

    @Override
    public final void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf received = (ByteBuf) message;
        if (stopped) {
            droppedBytes += received.readableBytes();
            received.release();
            // Else what nobody wants would have to move for what comes next.
            releaseCurrent();
            return;
        }
        if (received != current) {
            take(context, received);
        }
        received.release();
        decodeAll(context);
    }

    private void take(ChannelHandlerContext context, ByteBuf received) {
        ByteBuf in = current;
        if (in != null && received == receiving) {
            in.writerIndex(in.writerIndex() + received.readableBytes());
        } else {
            room(context.alloc(), received.readableBytes()).writeBytes(received);
        }
    }

    /** Goes on after a {@link #PAUSE}: decodes what has arrived already, then receives again. */
    protected final void resume(ChannelHandlerContext context) {
        if (!paused) {
            return;
        }
        paused = false;
        decodeAll(context);
        if (!paused) {
            releaseUnused();
            if (!inputOver) {
                context.channel().config().setAutoRead(true);
            }
        }
    }

    /** Nothing more will arrive: a socket that is shut down must not be asked for more. */
    protected final void inputIsOver() {
        inputOver = true;
    }

    /** Whether a {@link #PAUSE} is in force. */
    protected final boolean isPaused() {
        return paused;
    }

    /** Bytes that have arrived and wait to be decoded, because of a pause or because their message is not complete. */
    protected final int undecodedBytes() {
        ByteBuf in = current;
        return in == null ? 0 : in.readableBytes();
    }

    /** Bytes that have arrived after {@link #stopReceiving}. */
    protected final long droppedBytes() {
        return droppedBytes;
    }

    /** The last {@code bytes} of what waits to be decoded, to look at; null when there is less. */
    protected final @Nullable ByteBuf lastUndecoded(int bytes) {
        ByteBuf in = current;
        return in == null || in.readableBytes() < bytes ? null : in.slice(in.writerIndex() - bytes, bytes);
    }

    /**
     * Whether to go on receiving behind the slices handed out rather than take a fresh buffer next turn. A subclass
     * that says so while slices are in use calls {@link #releaseUnused} when they no longer are.
     */
    protected boolean keepsBuffer() {
        return false;
    }

    /** Gives the receive buffer back when nothing in it waits to be decoded. */
    protected final void releaseUnused() {
        ByteBuf in = current;
        if (in != null && !in.isReadable()) {
            releaseCurrent();
        }
    }

    private void decodeAll(ChannelHandlerContext context) {
        ByteBuf in = current;
        neededBytes = 0;
        while (in != null && !stopped && !paused && in.isReadable() && neededBytes == 0) {
            int start = in.readerIndex();
            int needed = decode(context, in);
            if (needed == PAUSE) {
                paused = true;
                context.channel().config().setAutoRead(false);
            } else {
                neededBytes = needed;
                expect(needed == 0 ? in.readerIndex() - start : needed);
            }
        }
    }

    private void expect(int messageBytes) {
        expectedBytes = Math.clamp(messageBytes, 1, MAXIMUM_EXPECTED_BYTES);
    }

    @Override
    public final void channelReadComplete(ChannelHandlerContext context) {
        onTurnDecoded(context);
        if (stopped) {
            releaseCurrent();
        } else if (!keepsBuffer()) {
            releaseUnused();
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        stopped = true;
        releaseCurrent();
    }

    private void releaseCurrent() {
        ByteBuf in = current;
        current = null;
        neededBytes = 0;
        if (in != null) {
            in.release();
        }
    }

    /** Bytes that were copied because their message did not fit where it began. */
    final long movedBytes() {
        return movedBytes;
    }

    /** The current buffer with room behind its writer index, for the rest of a begun message at least. */
    private ByteBuf room(ByteBufAllocator allocator, int atLeastBytes) {
        ByteBuf in = current;
        if (in == null) {
            in = allocator.directBuffer(Math.max(CHUNK_BYTES, Math.max(expectedBytes, atLeastBytes)));
            current = in;
            return in;
        }
        if (!in.isReadable() && in.refCnt() == 1) {
            in.clear();
        }
        int missing = Math.max(neededBytes - in.readableBytes(), in.isReadable() ? 1 : expectedBytes);
        if (in.writableBytes() >= Math.max(missing, atLeastBytes)) {
            return in;
        }
        int whole = in.readableBytes() + Math.max(missing, atLeastBytes);
        if (paused) {
            // The transport reads on, pause or not, when the peer has closed its side; nobody knows how much is to
            // come.
            whole = Math.max(whole, 2 * in.readableBytes());
        }
        ByteBuf larger = allocator.directBuffer(Math.max(CHUNK_BYTES, whole));
        movedBytes += in.readableBytes();
        larger.writeBytes(in);
        in.release();
        current = larger;
        return larger;
    }

    /** How much to receive into {@code in}: the rest of a begun message and as many more as have room behind it. */
    private int receiveBytes(ByteBuf in) {
        int room = in.writableBytes();
        int rest = Math.max(neededBytes - in.readableBytes(), 0);
        return rest + (room - rest) / expectedBytes * expectedBytes;
    }

    private ByteBuf toReceive(ByteBuf in) {
        int bytes = receiveBytes(in);
        boolean whole = bytes == 0 || bytes == in.writableBytes();
        ByteBuf target =
                whole ? in.retain() : in.retainedSlice(in.writerIndex(), bytes).clear();
        receiving = target;
        return target;
    }

    private final class Allocator extends DefaultMaxMessagesRecvByteBufAllocator {
        Allocator() {
            super(MAXIMUM_READS_PER_TURN);
        }

        @Override
        public RecvByteBufAllocator.Handle newHandle() {
            return new MaxMessageHandle() {
                @Override
                public ByteBuf allocate(ByteBufAllocator allocator) {
                    return behindTls ? allocator.directBuffer(CHUNK_BYTES) : toReceive(room(allocator, 0));
                }

                @Override
                public int guess() {
                    return CHUNK_BYTES;
                }
            };
        }
    }
}
