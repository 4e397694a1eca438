package io.ropewalk.failover;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** The plainest NBD client: one request at a time, simple replies. Blocks, for 20 s at most. */
final class PlainClient implements AutoCloseable {
    private static final long OPTION_MAGIC = 0x49484156454F5054L;
    private static final int OPT_EXPORT_NAME = 1;
    private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int READ = 0;
    private static final int DISCONNECT = 2;
    private static final int GREETING_BYTES = 18;
    private static final int SIZE_AND_FLAGS_BYTES = 10;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    /** Connects and reads the greeting, nothing more. */
    PlainClient(URI server) throws IOException {
        socket = new Socket(server.getHost(), server.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream()));
        in.readFully(new byte[GREETING_BYTES]);
    }

    PlainClient enter(String export) throws IOException {
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        out.writeInt(FIXED_NEWSTYLE_NO_ZEROES);
        out.writeLong(OPTION_MAGIC);
        out.writeInt(OPT_EXPORT_NAME);
        out.writeInt(name.length);
        out.write(name);
        out.flush();
        in.readFully(new byte[SIZE_AND_FLAGS_BYTES]);
        return this;
    }

    void read(int length) throws IOException {
        ask(READ, length);
        in.readInt();
        int error = in.readInt();
        in.readLong();
        if (error != 0) {
            throw new IOException("READ was answered with error " + error);
        }
        in.readFully(new byte[length]);
    }

    /** Asks and does not wait. */
    void askToRead(int length) throws IOException {
        ask(READ, length);
    }

    private void ask(int command, int length) throws IOException {
        out.writeInt(REQUEST_MAGIC);
        out.writeShort(0);
        out.writeShort(command);
        out.writeLong(1);
        out.writeLong(0);
        out.writeInt(length);
        out.flush();
    }

    /** As a client should. */
    void disconnect() throws IOException {
        ask(DISCONNECT, 0);
        close();
    }

    /** By an RST. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
