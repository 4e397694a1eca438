package io.ropewalk.api;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An NBD server that refuses every option by its policy; or one that accepts connections and says nothing. */
final class PolicyServer implements AutoCloseable {
    private static final long MAGIC = 0x4e42444d41474943L;
    private static final long OPTION_MAGIC = 0x49484156454F5054L;
    private static final long REPLY_MAGIC = 0x3e889045565a9L;
    private static final int FIXED_NEWSTYLE_NO_ZEROES = 3;
    private static final int REFUSED_BY_POLICY = (1 << 31) + 2;

    private final ServerSocket listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final List<Socket> clients = new CopyOnWriteArrayList<>();
    private final CountDownLatch met = new CountDownLatch(1);
    private final boolean talks;

    private PolicyServer(boolean talks) throws IOException {
        this.talks = talks;
        Thread.ofVirtual().start(this::accept);
    }

    static PolicyServer start() throws IOException {
        return new PolicyServer(true);
    }

    static PolicyServer silent() throws IOException {
        return new PolicyServer(false);
    }

    String uri() {
        return "nbd://127.0.0.1:" + listener.getLocalPort() + "/x";
    }

    void awaitClient() throws InterruptedException {
        if (!met.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody came");
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                clients.add(client);
                met.countDown();
                if (talks) {
                    Thread.ofVirtual().start(() -> refuse(client));
                }
            }
        } catch (IOException closed) {
            // It is over.
        }
    }

    private static void refuse(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            out.writeLong(MAGIC);
            out.writeLong(OPTION_MAGIC);
            out.writeShort(FIXED_NEWSTYLE_NO_ZEROES);
            in.readInt();
            while (in.readLong() == OPTION_MAGIC) {
                int option = in.readInt();
                in.skipNBytes(in.readInt());
                out.writeLong(REPLY_MAGIC);
                out.writeInt(option);
                out.writeInt(REFUSED_BY_POLICY);
                out.writeInt(0);
            }
        } catch (IOException gone) {
            // The client has heard enough.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket client : clients) {
            client.close();
        }
    }
}
