package io.ropewalk.nbd;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on a loopback port that does what a test says, well or badly: one script per connection. */
final class ScriptedNbdServer implements AutoCloseable {
    /** What is done on one connection; it is closed afterwards. */
    interface Script {
        void run(Peer peer) throws Exception;
    }

    /** A request as it was read. */
    record Request(int flags, int type, long cookie, long offset, long length, byte[] payload) {}

    private static final int SOCKET_TIMEOUT_MILLIS = 20_000;

    private final ServerSocket socket;
    private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile Script otherwise = peer -> {};

    ScriptedNbdServer() throws IOException {
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    /** What the next connections do, one each. */
    ScriptedNbdServer then(Script... more) {
        scripts.addAll(List.of(more));
        return this;
    }

    /** What all further connections do. */
    ScriptedNbdServer otherwise(Script script) {
        otherwise = script;
        return this;
    }

    URI uri() {
        return URI.create("nbd://127.0.0.1:" + socket.getLocalPort() + "/disk");
    }

    int accepted() {
        return accepted.get();
    }

    List<Throwable> failures() {
        return failures;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket one : open) {
            one.close();
        }
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket peer = socket.accept();
                accepted.incrementAndGet();
                open.add(peer);
                Script script = scripts.poll();
                Script chosen = script == null ? otherwise : script;
                Thread.ofVirtual().start(() -> run(chosen, peer));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void run(Script script, Socket peer) {
        try (peer) {
            peer.setSoTimeout(SOCKET_TIMEOUT_MILLIS);
            peer.setTcpNoDelay(true);
            script.run(new Peer(peer));
        } catch (IOException e) {
            // the client has gone, as it may
        } catch (Exception | AssertionError e) {
            failures.add(e);
        }
    }

    /** One connection, with the protocol's messages at hand. */
    static final class Peer {
        final Socket socket;
        final DataInputStream in;
        final DataOutputStream out;

        // what this server is able to
        long size = 1 << 20;
        int flags = 0x1
                | Nbd.TRANS_SEND_FLUSH
                | Nbd.TRANS_SEND_FUA
                | Nbd.TRANS_SEND_TRIM
                | Nbd.TRANS_SEND_WRITE_ZEROES
                | Nbd.TRANS_SEND_FAST_ZERO
                | Nbd.TRANS_SEND_CACHE
                | Nbd.TRANS_CAN_MULTI_CONN;
        boolean extended;
        boolean structured;
        int context = 7;
        int[] blockSizes = {1, 4096, 32 << 20};
        boolean go = true;
        int goError;
        String goErrorText = "";
        List<String> exports = List.of();
        int serverFlags = 3;
        List<Integer> optionsSeen = new ArrayList<>();
        String exportAsked = "";

        Peer(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new DataInputStream(socket.getInputStream());
            this.out = new DataOutputStream(socket.getOutputStream());
        }

        Peer structured() {
            structured = true;
            return this;
        }

        Peer extended() {
            extended = true;
            return this;
        }

        void greet() throws IOException {
            out.writeLong(Nbd.INIT_MAGIC);
            out.writeLong(Nbd.OPTION_MAGIC);
            out.writeShort(serverFlags);
        }

        /** The whole handshake, well done. */
        Peer handshake() throws IOException {
            greet();
            in.readInt();
            while (answerOption()) {}
            return this;
        }

        /** Answers one option; false when the transmission phase has begun. */
        boolean answerOption() throws IOException {
            in.readLong();
            int option = in.readInt();
            byte[] data = in.readNBytes(in.readInt());
            optionsSeen.add(option);
            switch (option) {
                case Nbd.OPT_EXTENDED_HEADERS -> reply(option, extended ? Nbd.REP_ACK : Nbd.REP_ERR_UNSUP);
                case Nbd.OPT_STRUCTURED_REPLY -> reply(option, structured ? Nbd.REP_ACK : Nbd.REP_ERR_UNSUP);
                case Nbd.OPT_SET_META_CONTEXT -> {
                    ByteBuffer info = ByteBuffer.allocate(4 + Nbd.BASE_ALLOCATION.length());
                    info.putInt(context).put(Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8));
                    reply(option, Nbd.REP_META_CONTEXT, info.array());
                    reply(option, Nbd.REP_ACK);
                }
                case Nbd.OPT_GO -> {
                    return go(data);
                }
                case Nbd.OPT_EXPORT_NAME -> {
                    exportAsked = new String(data, StandardCharsets.UTF_8);
                    out.writeLong(size);
                    out.writeShort(flags);
                    out.write(new byte[(serverFlags & Nbd.FLAG_NO_ZEROES) == 0 ? 124 : 0]);
                    return false;
                }
                case Nbd.OPT_LIST -> {
                    for (String name : exports) {
                        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
                        byte[] entry = ByteBuffer.allocate(4 + bytes.length)
                                .putInt(bytes.length)
                                .put(bytes)
                                .array();
                        reply(option, Nbd.REP_SERVER, entry);
                    }
                    reply(option, Nbd.REP_ACK);
                }
                case Nbd.OPT_ABORT -> {
                    reply(option, Nbd.REP_ACK);
                    throw new IOException("aborted");
                }
                default -> reply(option, Nbd.REP_ERR_UNSUP);
            }
            return true;
        }

        private boolean go(byte[] data) throws IOException {
            if (!go) {
                reply(Nbd.OPT_GO, Nbd.REP_ERR_UNSUP);
                return true;
            }
            if (goError != 0) {
                reply(Nbd.OPT_GO, goError, goErrorText.getBytes(StandardCharsets.UTF_8));
                return true;
            }
            exportAsked = new String(data, 4, ByteBuffer.wrap(data).getInt(), StandardCharsets.UTF_8);
            ByteBuffer export = ByteBuffer.allocate(12).putShort((short) Nbd.INFO_EXPORT);
            reply(
                    Nbd.OPT_GO,
                    Nbd.REP_INFO,
                    export.putLong(size).putShort((short) flags).array());
            if (blockSizes.length > 0) {
                ByteBuffer sizes = ByteBuffer.allocate(14).putShort((short) Nbd.INFO_BLOCK_SIZE);
                sizes.putInt(blockSizes[0]).putInt(blockSizes[1]).putInt(blockSizes[2]);
                reply(Nbd.OPT_GO, Nbd.REP_INFO, sizes.array());
            }
            reply(Nbd.OPT_GO, Nbd.REP_ACK);
            return false;
        }

        void reply(int option, int type, byte... data) throws IOException {
            out.writeLong(Nbd.OPTION_REPLY_MAGIC);
            out.writeInt(option);
            out.writeInt(type);
            out.writeInt(data.length);
            out.write(data);
        }

        Request request() throws IOException {
            int magic = in.readInt();
            if (magic != (extended ? Nbd.EXTENDED_REQUEST_MAGIC : Nbd.REQUEST_MAGIC)) {
                throw new AssertionError("request magic " + Integer.toHexString(magic));
            }
            int requestFlags = in.readUnsignedShort();
            int type = in.readUnsignedShort();
            long cookie = in.readLong();
            long offset = in.readLong();
            long length = extended ? in.readLong() : Integer.toUnsignedLong(in.readInt());
            boolean carries = type == Nbd.CMD_WRITE;
            if (extended && carries != ((requestFlags & Nbd.CMD_FLAG_PAYLOAD_LEN) != 0)) {
                throw new AssertionError("payload flag of type " + type);
            }
            byte[] payload = carries ? in.readNBytes((int) length) : new byte[0];
            return new Request(requestFlags, type, cookie, offset, length, payload);
        }

        void simple(Request request, int errno, byte... data) throws IOException {
            ByteBuffer reply = ByteBuffer.allocate(16 + data.length);
            reply.putInt(Nbd.SIMPLE_REPLY_MAGIC).putInt(errno).putLong(request.cookie);
            out.write(reply.put(data).array());
        }

        /** A structured or extended chunk, as was negotiated. */
        void chunk(Request request, boolean done, int type, byte... payload) throws IOException {
            chunkHeader(request, done, type, payload.length);
            out.write(payload);
        }

        void chunkHeader(Request request, boolean done, int type, long length) throws IOException {
            out.writeInt(extended ? Nbd.EXTENDED_REPLY_MAGIC : Nbd.STRUCTURED_REPLY_MAGIC);
            out.writeShort(done ? Nbd.REPLY_FLAG_DONE : 0);
            out.writeShort(type);
            out.writeLong(request.cookie);
            if (extended) {
                out.writeLong(request.offset);
                out.writeLong(length);
            } else {
                out.writeInt((int) length);
            }
        }

        void data(Request request, boolean done, long offset, byte... data) throws IOException {
            ByteBuffer payload = ByteBuffer.allocate(8 + data.length);
            chunk(
                    request,
                    done,
                    Nbd.REPLY_OFFSET_DATA,
                    payload.putLong(offset).put(data).array());
        }

        void hole(Request request, boolean done, long offset, int length) throws IOException {
            ByteBuffer payload = ByteBuffer.allocate(12);
            chunk(
                    request,
                    done,
                    Nbd.REPLY_OFFSET_HOLE,
                    payload.putLong(offset).putInt(length).array());
        }

        void error(Request request, boolean done, int type, int errno, String text, byte... rest) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            ByteBuffer payload = ByteBuffer.allocate(6 + bytes.length + rest.length);
            payload.putInt(errno).putShort((short) bytes.length).put(bytes).put(rest);
            chunk(request, done, type, payload.array());
        }

        /** Answers every request with success, READs with zeroes, until the client leaves. */
        void serve() throws IOException {
            while (true) {
                Request request = request();
                if (request.type == Nbd.CMD_DISC) {
                    return;
                }
                succeed(request);
            }
        }

        void succeed(Request request) throws IOException {
            boolean read = request.type == Nbd.CMD_READ;
            if (extended || structured) {
                if (read) {
                    data(request, true, request.offset, new byte[(int) request.length]);
                } else {
                    chunk(request, true, Nbd.REPLY_NONE);
                }
            } else {
                simple(request, 0, new byte[read ? (int) request.length : 0]);
            }
        }

        /** Reads and drops until the client leaves. */
        void ignore() throws IOException {
            while (in.read() >= 0) {}
        }
    }
}
