package io.ropewalk.failover;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What an NBD server sends, cut into its messages. Understands what nbdkit and our client agree on: structured replies. */
final class ReplyStream {
    private static final int GREETING_BYTES = 18;
    private static final int OPTION_REPLY_BYTES = 20;
    private static final int OPT_GO = 7;
    private static final int REP_ACK = 1;
    private static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    private static final int SIMPLE_REPLY_BYTES = 16;
    private static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;
    private static final int CHUNK_BYTES = 20;

    /** One message; {@code isReply} when it answers a request rather than belongs to the handshake. */
    @SuppressWarnings("ArrayRecordComponent") // a plain carrier: nobody compares two of them
    record Message(byte[] bytes, boolean isReply) {}

    private final DataInputStream in;
    private boolean greeted;
    private boolean shaken;

    ReplyStream(InputStream in) {
        this.in = new DataInputStream(in);
    }

    /** The next whole message; null when the server has closed its side. */
    @Nullable Message next() throws IOException {
        try {
            if (shaken) {
                return new Message(reply(), true);
            }
            return new Message(greeted ? optionReply() : greeting(), false);
        } catch (EOFException e) {
            return null;
        }
    }

    private byte[] greeting() throws IOException {
        greeted = true;
        return read(ByteBuffer.allocate(GREETING_BYTES), GREETING_BYTES).array();
    }

    private byte[] optionReply() throws IOException {
        ByteBuffer header = read(ByteBuffer.allocate(OPTION_REPLY_BYTES), OPTION_REPLY_BYTES);
        shaken = header.getInt(8) == OPT_GO && header.getInt(12) == REP_ACK;
        return withPayload(header, header.getInt(16));
    }

    private byte[] reply() throws IOException {
        ByteBuffer header = read(ByteBuffer.allocate(SIMPLE_REPLY_BYTES), SIMPLE_REPLY_BYTES);
        int magic = header.getInt(0);
        if (magic == SIMPLE_REPLY_MAGIC) {
            return header.array();
        }
        if (magic != STRUCTURED_REPLY_MAGIC) {
            throw new IOException("not a reply: magic " + Integer.toHexString(magic));
        }
        ByteBuffer chunk = read(ByteBuffer.allocate(CHUNK_BYTES).put(header), CHUNK_BYTES - SIMPLE_REPLY_BYTES);
        return withPayload(chunk, chunk.getInt(16));
    }

    private byte[] withPayload(ByteBuffer header, int length) throws IOException {
        return read(ByteBuffer.allocate(header.capacity() + length).put(header), length)
                .array();
    }

    /** Reads {@code count} bytes more into {@code buffer}, which then stands at its beginning. */
    private ByteBuffer read(ByteBuffer buffer, int count) throws IOException {
        in.readFully(buffer.array(), buffer.position(), count);
        return buffer.rewind();
    }
}
