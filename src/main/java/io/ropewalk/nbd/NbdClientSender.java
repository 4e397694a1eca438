package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;
import io.ropewalk.nbd.NbdClientExport.Style;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of one session, in order, with one flush per turn of the loop. Headers without payload gather in
 * one buffer; a WRITE's header goes into the room before its payload where there is enough, so that both leave as one
 * range. Lives on its session's loop.
 */
final class NbdClientSender {
    private static final int HEADERS_BYTES = 4096;

    private final ChannelHandlerContext context;
    private final NbdOutgoing outgoing;
    private final IoLoop loop;
    private final boolean extended;
    private final int headerBytes;
    private final int maximumPayloadBytes;
    private final Runnable endOfTurn = this::flush;

    /** What follows {@link #runStart} is not with the socket yet. */
    private @Nullable ByteBuf headers;

    private int runStart;
    private boolean flushPending;
    private boolean stopped;

    NbdClientSender(ChannelHandlerContext context, IoLoop loop, NbdClientExport export) {
        this.context = context;
        this.outgoing = new NbdOutgoing(context);
        this.loop = loop;
        this.extended = export.style() == Style.EXTENDED;
        this.headerBytes = export.style().requestHeaderBytes();
        this.maximumPayloadBytes = export.geometry().maximumPayloadBytes();
    }

    void send(NbdClientSlot slot) {
        switch (slot.op) {
            case WRITE -> sendWrite(slot, slot.request());
            case READ -> sendHeader(slot, Nbd.CMD_READ);
            case FLUSH -> sendHeader(slot, Nbd.CMD_FLUSH);
            case TRIM -> sendHeader(slot, Nbd.CMD_TRIM);
            case WRITE_ZEROES -> sendHeader(slot, Nbd.CMD_WRITE_ZEROES);
            case CACHE -> {
                // servers are known to read the range as if it were asked for, and to refuse what they would not send
                slot.limitLength(maximumPayloadBytes);
                sendHeader(slot, Nbd.CMD_CACHE);
            }
            case BLOCK_STATUS -> sendHeader(slot, Nbd.CMD_BLOCK_STATUS);
        }
        if (!flushPending) {
            flushPending = true;
            loop.atEndOfTurn(endOfTurn);
        }
    }

    /** The request that ends a session. */
    ByteBuf disconnect() {
        ByteBuf header = context.alloc().buffer(headerBytes);
        put(header, 0, 0, Nbd.CMD_DISC, 0, 0, 0);
        return header.writerIndex(headerBytes);
    }

    /** Sends nothing more, not even what was about to leave. */
    void stop() {
        stopped = true;
        releaseHeaders();
        outgoing.discard();
    }

    /** An idle session holds no buffer. */
    private void releaseHeaders() {
        ByteBuf gathered = headers;
        headers = null;
        if (gathered != null) {
            gathered.release();
        }
    }

    private void sendHeader(NbdClientSlot slot, int command) {
        if (!extended) {
            slot.limitLength(NbdClientSlot.MAXIMUM_COMPACT_LENGTH);
        }
        appendHeader(slot, command, commandFlags(slot.request().flags()));
    }

    private void sendWrite(NbdClientSlot slot, IoRequest request) {
        ByteBuf payload = request.payload();
        int flags = commandFlags(request.flags()) | (extended ? Nbd.CMD_FLAG_PAYLOAD_LEN : 0);
        int start = payload.readerIndex() - headerBytes;
        if (request.payloadHeadroom() >= headerBytes && start >= 0) {
            writeGathered();
            put(payload, start, flags, Nbd.CMD_WRITE, slot.cookie, slot.offset, slot.length);
            outgoing.write(payload.retainedSlice(start, headerBytes + (int) slot.length));
        } else {
            appendHeader(slot, Nbd.CMD_WRITE, flags);
            writeGathered();
            outgoing.write(payload.retainedSlice());
        }
    }

    private void appendHeader(NbdClientSlot slot, int command, int flags) {
        ByteBuf target = headersWithRoom();
        int at = target.writerIndex();
        put(target, at, flags, command, slot.cookie, slot.offset, slot.length);
        target.writerIndex(at + headerBytes);
    }

    private void put(ByteBuf target, int at, int flags, int command, long cookie, long offset, long length) {
        target.setInt(at, extended ? Nbd.EXTENDED_REQUEST_MAGIC : Nbd.REQUEST_MAGIC);
        target.setShort(at + 4, flags);
        target.setShort(at + 6, command);
        target.setLong(at + 8, cookie);
        target.setLong(at + 16, offset);
        if (extended) {
            target.setLong(at + 24, length);
        } else {
            target.setInt(at + 24, (int) length);
        }
    }

    private static int commandFlags(int flags) {
        if (flags == IoFlags.NONE) {
            return 0;
        }
        return ((flags & IoFlags.FUA) == 0 ? 0 : Nbd.CMD_FLAG_FUA)
                | ((flags & IoFlags.NO_HOLE) == 0 ? 0 : Nbd.CMD_FLAG_NO_HOLE)
                | ((flags & IoFlags.FAST_ONLY) == 0 ? 0 : Nbd.CMD_FLAG_FAST_ZERO)
                | ((flags & IoFlags.ONE_EXTENT) == 0 ? 0 : Nbd.CMD_FLAG_REQ_ONE);
    }

    private ByteBuf headersWithRoom() {
        ByteBuf current = headers;
        if (current != null && current.refCnt() == 1 && current.writerIndex() == runStart) {
            current.clear();
            runStart = 0;
        }
        if (current != null && current.writableBytes() < headerBytes) {
            writeGathered();
            current.release();
            current = null;
        }
        if (current == null) {
            current = context.alloc().directBuffer(HEADERS_BYTES, HEADERS_BYTES);
            headers = current;
            runStart = 0;
        }
        return current;
    }

    private void writeGathered() {
        ByteBuf gathered = headers;
        if (gathered != null && gathered.writerIndex() > runStart) {
            outgoing.write(gathered.retainedSlice(runStart, gathered.writerIndex() - runStart));
            runStart = gathered.writerIndex();
        }
    }

    private void flush() {
        flushPending = false;
        if (!stopped) {
            writeGathered();
            releaseHeaders();
            outgoing.flush();
        }
    }
}
