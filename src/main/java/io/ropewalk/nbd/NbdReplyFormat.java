package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.ropewalk.block.Extent;
import java.util.List;

/**
 * The layout of requests and replies that was agreed, and how each reply is written in it.
 *
 * <p>A structured session gets structured chunks where the protocol wants them (answers to READ, payloads) or where they
 * are better (errors, for their text); a success without payload is a simple reply, four bytes leaner.
 */
enum NbdReplyFormat {
    /** 28-byte requests, simple replies only. */
    SIMPLE(Nbd.COMPACT_REQUEST_LENGTH, Nbd.REQUEST_MAGIC, Nbd.SIMPLE_REPLY_LENGTH),
    /** 28-byte requests, structured replies. */
    STRUCTURED(Nbd.COMPACT_REQUEST_LENGTH, Nbd.REQUEST_MAGIC, Nbd.STRUCTURED_CHUNK_LENGTH + Long.BYTES),
    /** 32-byte requests, extended replies only. */
    EXTENDED(Nbd.EXTENDED_HEADER_LENGTH, Nbd.EXTENDED_REQUEST_MAGIC, Nbd.EXTENDED_HEADER_LENGTH + Long.BYTES);

    /** The most room that a reply takes beside the data of a READ and the descriptors of a BLOCK_STATUS. */
    static final int MAXIMUM_OVERHEAD = 512;

    /** Error texts are cut here: 3 bytes a character at most, well below {@link #MAXIMUM_OVERHEAD}. */
    private static final int MAXIMUM_MESSAGE_CHARACTERS = 140;

    private static final int SUCCESS = 0;
    /** The most that a 32-bit extent says, a multiple of any block size. */
    private static final long MAXIMUM_COMPACT_EXTENT = 0xffff0000L;

    private final int requestLength;
    private final int requestMagic;
    private final int dataHeaderLength;

    NbdReplyFormat(int requestLength, int requestMagic, int dataHeaderLength) {
        this.requestLength = requestLength;
        this.requestMagic = requestMagic;
        this.dataHeaderLength = dataHeaderLength;
    }

    int requestLength() {
        return requestLength;
    }

    int requestMagic() {
        return requestMagic;
    }

    /** What stands before the data of a READ. */
    int dataHeaderLength() {
        return dataHeaderLength;
    }

    /** Bytes of one descriptor of a BLOCK_STATUS. */
    int extentLength() {
        return this == EXTENDED ? 2 * Long.BYTES : 2 * Integer.BYTES;
    }

    /** Writes {@link #dataHeaderLength()} bytes at the writer index; {@code length} bytes of data are to follow. */
    void writeDataHeader(ByteBuf out, long cookie, long offset, int length) {
        switch (this) {
            case SIMPLE -> writeSimple(out, SUCCESS, cookie);
            case STRUCTURED, EXTENDED -> {
                writeChunk(out, Nbd.REPLY_OFFSET_DATA, cookie, offset, Long.BYTES + length);
                out.writeLong(offset);
            }
        }
    }

    /** Writes the answer to a request that succeeded and has no payload. */
    void writeDone(ByteBuf out, long cookie, long offset) {
        if (this == EXTENDED) {
            writeChunk(out, Nbd.REPLY_NONE, cookie, offset, 0);
        } else {
            writeSimple(out, SUCCESS, cookie);
        }
    }

    /** Writes the answer to any request that failed. */
    void writeError(ByteBuf out, long cookie, long offset, int errno, String message) {
        if (this == SIMPLE) {
            writeSimple(out, errno, cookie);
            return;
        }
        CharSequence text = message.length() <= MAXIMUM_MESSAGE_CHARACTERS
                ? message
                : message.substring(0, MAXIMUM_MESSAGE_CHARACTERS);
        int bytes = ByteBufUtil.utf8Bytes(text);
        writeChunk(out, Nbd.REPLY_ERROR, cookie, offset, Integer.BYTES + Short.BYTES + bytes);
        out.writeInt(errno).writeShort(bytes);
        ByteBufUtil.writeUtf8(out, text);
    }

    /** Writes the answer to a BLOCK_STATUS: the first {@code count} of {@code extents}. Never in {@link #SIMPLE}. */
    void writeExtents(ByteBuf out, long cookie, long offset, int contextId, List<Extent> extents, int count) {
        int descriptors = count * extentLength();
        if (this == EXTENDED) {
            writeChunk(out, Nbd.REPLY_BLOCK_STATUS_EXT, cookie, offset, 2 * Integer.BYTES + descriptors);
            out.writeInt(contextId).writeInt(count);
            for (int i = 0; i < count; i++) {
                Extent extent = extents.get(i);
                out.writeLong(extent.lengthBytes()).writeLong(state(extent));
            }
        } else {
            writeChunk(out, Nbd.REPLY_BLOCK_STATUS, cookie, offset, Integer.BYTES + descriptors);
            out.writeInt(contextId);
            for (int i = 0; i < count; i++) {
                Extent extent = extents.get(i);
                out.writeInt((int) Math.min(extent.lengthBytes(), MAXIMUM_COMPACT_EXTENT))
                        .writeInt(state(extent));
            }
        }
    }

    /** How many of {@code extents}, from the first on, this format can say: none after one that must be cut. */
    int sayableExtents(List<Extent> extents, int atMost) {
        int count = Math.min(extents.size(), atMost);
        if (this == EXTENDED) {
            return count;
        }
        for (int i = 0; i < count; i++) {
            if (extents.get(i).lengthBytes() > MAXIMUM_COMPACT_EXTENT) {
                return i + 1;
            }
        }
        return count;
    }

    private static int state(Extent extent) {
        return (extent.hole() ? Nbd.STATE_HOLE : 0) | (extent.zero() ? Nbd.STATE_ZERO : 0);
    }

    private static void writeSimple(ByteBuf out, int errno, long cookie) {
        out.writeInt(Nbd.SIMPLE_REPLY_MAGIC).writeInt(errno).writeLong(cookie);
    }

    /** Every reply is one chunk, so each is the last. */
    private void writeChunk(ByteBuf out, int type, long cookie, long offset, int payloadLength) {
        boolean extended = this == EXTENDED;
        out.writeInt(extended ? Nbd.EXTENDED_REPLY_MAGIC : Nbd.STRUCTURED_REPLY_MAGIC)
                .writeShort(Nbd.REPLY_FLAG_DONE)
                .writeShort(type)
                .writeLong(cookie);
        if (extended) {
            out.writeLong(offset).writeLong(payloadLength);
        } else {
            out.writeInt(payloadLength);
        }
    }
}
