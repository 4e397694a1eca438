package io.ropewalk.nbd;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** Speaks NBD byte by byte, so that a test may say what no decent client says. Blocks, for 20 s at most. */
final class RawNbdClient implements AutoCloseable {
    private Socket socket = new Socket();
    private DataInputStream in;
    private DataOutputStream out;
    private NbdReplyFormat format = NbdReplyFormat.SIMPLE;
    long exportSize;
    int transmissionFlags;

    record OptionReply(int option, int type, byte[] data) {
        String text() {
            return new String(data, UTF_8);
        }

        ByteBuffer buffer() {
            return ByteBuffer.wrap(data);
        }
    }

    /** {@code chunk} is -1 in a simple reply. */
    record Reply(int chunk, int errno, long cookie, long offset, byte[] payload) {
        String text() {
            return new String(payload, UTF_8);
        }
    }

    /** Connects and reads the greeting, nothing more. */
    RawNbdClient(InetSocketAddress address) throws IOException {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        // Small, so that it does not take much to let answers pile up at the server.
        socket.setReceiveBufferSize(64 << 10);
        socket.connect(address);
        in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream(), 1 << 16));
        expect(in.readLong() == Nbd.INIT_MAGIC && in.readLong() == Nbd.OPTION_MAGIC, "greeting");
        expect(in.readShort() == (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES), "handshake flags");
    }

    /** Connects and sends the usual client flags. */
    static RawNbdClient connect(InetSocketAddress address) throws IOException {
        RawNbdClient client = new RawNbdClient(address);
        client.clientFlags(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
        return client;
    }

    /** A client in the transmission phase of {@code export}, with {@code base:allocation} where replies come in chunks. */
    static RawNbdClient open(InetSocketAddress address, String export, NbdReplyFormat format) throws IOException {
        RawNbdClient client = connect(address);
        client.agreeOn(format);
        if (format != NbdReplyFormat.SIMPLE) {
            client.option(Nbd.OPT_SET_META_CONTEXT, metaContext(export, "base:allocation"));
        }
        client.go(export);
        return client;
    }

    RawNbdClient agreeOn(NbdReplyFormat wanted) throws IOException {
        int option = switch (wanted) {
            case SIMPLE -> 0;
            case STRUCTURED -> Nbd.OPT_STRUCTURED_REPLY;
            case EXTENDED -> Nbd.OPT_EXTENDED_HEADERS;
        };
        if (option != 0) {
            expect(last(option(option)).type() == Nbd.REP_ACK, "agreement on " + wanted);
        }
        format = wanted;
        return this;
    }

    void clientFlags(int flags) throws IOException {
        out.writeInt(flags);
        out.flush();
    }

    RawNbdClient go(String export) throws IOException {
        List<OptionReply> replies = option(Nbd.OPT_GO, goData(export, Nbd.INFO_BLOCK_SIZE));
        expect(last(replies).type() == Nbd.REP_ACK, "GO");
        for (OptionReply reply : replies) {
            ByteBuffer data = reply.buffer();
            if (reply.type() == Nbd.REP_INFO && data.getShort() == Nbd.INFO_EXPORT) {
                exportSize = data.getLong();
                transmissionFlags = Short.toUnsignedInt(data.getShort());
            }
        }
        return this;
    }

    /** Asks for TLS, is allowed it, and does the handshake. */
    RawNbdClient startTls(SSLContext context, String... protocols) throws IOException {
        expect(last(option(Nbd.OPT_STARTTLS)).type() == Nbd.REP_ACK, "answer to STARTTLS");
        return goOverToTls(context, protocols);
    }

    /** Does the handshake, whoever allowed it. */
    RawNbdClient goOverToTls(SSLContext context, String... protocols) throws IOException {
        SSLSocket tls =
                (SSLSocket) context.getSocketFactory().createSocket(socket, "127.0.0.1", socket.getPort(), true);
        if (protocols.length > 0) {
            tls.setEnabledProtocols(protocols);
        }
        tls.startHandshake();
        socket = tls;
        in = new DataInputStream(new java.io.BufferedInputStream(tls.getInputStream(), 1 << 16));
        out = new DataOutputStream(new java.io.BufferedOutputStream(tls.getOutputStream(), 1 << 16));
        return this;
    }

    SSLSession tlsSession() {
        return ((SSLSocket) socket).getSession();
    }

    // Options

    void sendOption(int option, byte[] data) throws IOException {
        out.writeLong(Nbd.OPTION_MAGIC);
        out.writeInt(option);
        out.writeInt(data.length);
        out.write(data);
        out.flush();
    }

    /** Sends an option and reads its replies to the final one. */
    List<OptionReply> option(int option, byte... data) throws IOException {
        sendOption(option, data);
        return optionReplies(option);
    }

    List<OptionReply> optionReplies(int option) throws IOException {
        List<OptionReply> replies = new ArrayList<>();
        do {
            replies.add(optionReply());
            expect(last(replies).option() == option, "reply to option " + option);
        } while (last(replies).type() != Nbd.REP_ACK && last(replies).type() >= 0);
        return replies;
    }

    private OptionReply optionReply() throws IOException {
        expect(in.readLong() == Nbd.OPTION_REPLY_MAGIC, "option reply magic");
        int option = in.readInt();
        int type = in.readInt();
        return new OptionReply(option, type, in.readNBytes(in.readInt()));
    }

    static OptionReply last(List<OptionReply> replies) {
        return replies.getLast();
    }

    static byte[] goData(String export, int... requests) {
        byte[] name = export.getBytes(UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + name.length + 2 * requests.length);
        data.putInt(name.length).put(name).putShort((short) requests.length);
        for (int request : requests) {
            data.putShort((short) request);
        }
        return data.array();
    }

    static byte[] metaContext(String export, String... queries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        writeString(data, export);
        data.writeInt(queries.length);
        for (String query : queries) {
            writeString(data, query);
        }
        return bytes.toByteArray();
    }

    private static void writeString(DataOutputStream data, String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        data.writeInt(bytes.length);
        data.write(bytes);
    }

    // Requests

    RawNbdClient request(int type, int flags, long cookie, long offset, long length) throws IOException {
        header(type, flags, cookie, offset, length);
        out.flush();
        return this;
    }

    /** A WRITE as it should be. */
    RawNbdClient write(int flags, long cookie, long offset, byte[] payload) throws IOException {
        int payloadFlag = format == NbdReplyFormat.EXTENDED ? Nbd.CMD_FLAG_PAYLOAD_LEN : 0;
        header(Nbd.CMD_WRITE, flags | payloadFlag, cookie, offset, payload.length);
        return send(payload);
    }

    RawNbdClient header(int type, int flags, long cookie, long offset, long length) throws IOException {
        boolean extended = format == NbdReplyFormat.EXTENDED;
        out.writeInt(extended ? Nbd.EXTENDED_REQUEST_MAGIC : Nbd.REQUEST_MAGIC);
        out.writeShort(flags);
        out.writeShort(type);
        out.writeLong(cookie);
        out.writeLong(offset);
        if (extended) {
            out.writeLong(length);
        } else {
            out.writeInt((int) length);
        }
        return this;
    }

    /** {@link #send} without hurry. */
    RawNbdClient append(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    RawNbdClient send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
        return this;
    }

    /** Reads a reply without data, or one in chunks. */
    Reply reply() throws IOException {
        return reply(0);
    }

    /** Reads a reply; a simple one that succeeded is followed by {@code dataLength} bytes. */
    Reply reply(int dataLength) throws IOException {
        int magic = in.readInt();
        if (magic == Nbd.SIMPLE_REPLY_MAGIC) {
            expect(format != NbdReplyFormat.EXTENDED, "extended reply");
            int errno = in.readInt();
            long cookie = in.readLong();
            return new Reply(-1, errno, cookie, 0, in.readNBytes(errno == 0 ? dataLength : 0));
        }
        boolean extended = magic == Nbd.EXTENDED_REPLY_MAGIC;
        expect(extended == (format == NbdReplyFormat.EXTENDED), "reply format");
        expect(extended || magic == Nbd.STRUCTURED_REPLY_MAGIC, "reply magic");
        expect(in.readShort() == Nbd.REPLY_FLAG_DONE, "one chunk");
        int type = in.readUnsignedShort();
        long cookie = in.readLong();
        long offset = extended ? in.readLong() : 0;
        byte[] payload = in.readNBytes(extended ? (int) in.readLong() : in.readInt());
        return chunk(type, cookie, offset, payload);
    }

    private static Reply chunk(int type, long cookie, long offset, byte[] payload) {
        ByteBuffer data = ByteBuffer.wrap(payload);
        return switch (type) {
            case Nbd.REPLY_ERROR -> {
                int errno = data.getInt();
                byte[] text = new byte[data.getShort()];
                data.get(text);
                yield new Reply(type, errno, cookie, offset, text);
            }
            case Nbd.REPLY_OFFSET_DATA -> {
                long dataOffset = data.getLong();
                yield new Reply(type, 0, cookie, dataOffset, rest(data));
            }
            default -> new Reply(type, 0, cookie, offset, payload);
        };
    }

    private static byte[] rest(ByteBuffer data) {
        byte[] rest = new byte[data.remaining()];
        data.get(rest);
        return rest;
    }

    /** Whether something waits to be read within {@code millis}. */
    boolean hasInput(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            in.mark(1);
            boolean there = in.read() >= 0;
            in.reset();
            return there;
        } catch (java.net.SocketTimeoutException nothing) {
            return false;
        } finally {
            socket.setSoTimeout(20_000);
        }
    }

    /** Waits for the server to close; what it still says is dropped. */
    void awaitClosed() throws IOException {
        try {
            while (in.read() >= 0) {
                // Not interested.
            }
        } catch (java.net.SocketException reset) {
            // Closed with something unread at the other end.
        }
    }

    byte[] readNBytes(int count) throws IOException {
        return in.readNBytes(count);
    }

    /** Breaks the connection without a word. */
    /** Sends no more. */
    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    int localPort() {
        return socket.getLocalPort();
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    private static void expect(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("Unexpected " + what);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
