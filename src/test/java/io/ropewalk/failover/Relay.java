package io.ropewalk.failover;

import io.ropewalk.failover.ReplyStream.Message;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A TCP relay in front of one NBD server that misbehaves when told to.
 *
 * <p>It plays a bad server, not a bad network: before it closes or resets a client's connection it ends the one to the
 * server and sees it closed, so that nothing of what the client had sent takes effect later. Only the black hole keeps
 * bytes back and delivers them late.
 *
 * <p>Has a loopback address of its own, so that nobody takes its port while it refuses.
 */
final class Relay implements AutoCloseable {
    /** How it behaves. */
    enum Behavior {
        HONEST,
        /** Closes what is connected and listens no more. */
        REFUSING,
        /** RST to what is connected and to whatever connects. */
        RESETTING,
        /** FIN to what is connected and to whatever connects. */
        CLOSING,
        /** Takes connections and bytes and passes nothing on, either way; passes all of it on later. */
        SILENT,
        /** Every reply comes {@value DELAY_MILLIS} ms late. */
        SLOW,
        /** Replies have a wrong magic, an unknown cookie or an absurd length. */
        BABBLING,
        /** Sends half a reply and closes. */
        CUTTING
    }

    private static final int DELAY_MILLIS = 20;

    private final Path server;
    private final InetAddress address;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger rubbish = new AtomicInteger();
    private ServerSocket listener;
    private Behavior behavior = Behavior.HONEST;

    Relay(Path server) throws IOException {
        this.server = server;
        byte[] loopback = new byte[4];
        ThreadLocalRandom.current().nextBytes(loopback);
        loopback[0] = 127;
        this.address = InetAddress.getByAddress(loopback);
        listen(0);
    }

    URI uri() {
        return URI.create("nbd://" + address.getHostAddress() + ":" + listener.getLocalPort());
    }

    void behave(Behavior newBehavior) throws IOException {
        boolean refused = isNow(Behavior.REFUSING);
        synchronized (this) {
            behavior = newBehavior;
            notifyAll();
        }
        if (newBehavior == Behavior.REFUSING) {
            listener.close();
        } else if (refused) {
            listen(listener.getLocalPort());
        }
        switch (newBehavior) {
            case REFUSING, CLOSING -> List.copyOf(connections).forEach(connection -> connection.end(false));
            case RESETTING -> List.copyOf(connections).forEach(connection -> connection.end(true));
            default -> {}
        }
    }

    /** Closes every connection; new ones are welcome. */
    void drop() {
        List.copyOf(connections).forEach(connection -> connection.end(false));
    }

    private synchronized boolean isNow(Behavior asked) {
        return behavior == asked;
    }

    private synchronized void awaitVoice() throws InterruptedException {
        while (behavior == Behavior.SILENT) {
            wait();
        }
    }

    private void listen(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(address, port));
        listener = socket;
        Thread.ofVirtual().start(() -> acceptAll(socket));
    }

    private void acceptAll(ServerSocket socket) {
        try {
            while (true) {
                accept(socket.accept());
            }
        } catch (IOException e) {
            // closed: it refuses now, or the test is over
        }
    }

    private void accept(Socket client) throws IOException {
        if (isNow(Behavior.RESETTING)) {
            client.setSoLinger(true, 0);
            client.close();
        } else if (isNow(Behavior.CLOSING)) {
            client.close();
        } else {
            client.setTcpNoDelay(true);
            connect(client);
        }
    }

    private void connect(Socket client) throws IOException {
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(server));
            Connection connection = new Connection(client, channel);
            connection.start();
            if (isNow(Behavior.REFUSING)) {
                connection.end(false);
            }
        } catch (IOException e) {
            client.close();
        }
    }

    @Override
    public void close() throws IOException {
        behave(Behavior.HONEST);
        listener.close();
        connections.forEach(connection -> connection.end(true));
    }

    /** One client and its way to the server: a thread for what it sends, one for what is answered, one to pass that on. */
    private final class Connection {
        private static final Parcel END = new Parcel(new Message(new byte[0], false), 0);

        private record Parcel(Message message, long nanos) {}

        private final Socket client;
        private final SocketChannel server;
        private final BlockingQueue<Parcel> replies = new LinkedBlockingQueue<>();
        private final Thread up = Thread.ofVirtual().unstarted(this::passRequests);
        private final Thread down = Thread.ofVirtual().unstarted(this::takeReplies);
        private final Thread out = Thread.ofVirtual().unstarted(this::passReplies);
        private volatile boolean ended;
        private volatile boolean resets;

        Connection(Socket client, SocketChannel server) {
            this.client = client;
            this.server = server;
        }

        void start() {
            connections.add(this);
            up.start();
            down.start();
            out.start();
        }

        /** After {@link #end}: takes what the client still sends, and drops it, until it has closed its side. */
        private void passRequests() {
            byte[] bytes = new byte[64 << 10];
            try (client) {
                InputStream in = client.getInputStream();
                for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                    awaitVoice();
                    sendUp(bytes, count);
                }
                awaitVoice();
                server.shutdownOutput();
                out.join();
            } catch (IOException | InterruptedException e) {
                shutServer();
            } finally {
                connections.remove(this);
            }
        }

        private void sendUp(byte[] bytes, int count) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
            try {
                while (!ended && buffer.hasRemaining()) {
                    server.write(buffer);
                }
            } catch (IOException e) {
                // the server is gone; what it has answered before still goes to the client, then the end of it
            }
        }

        private void takeReplies() {
            try (server) {
                ReplyStream stream = new ReplyStream(Channels.newInputStream(server));
                for (Message message = stream.next(); message != null; message = stream.next()) {
                    replies.add(new Parcel(message, System.nanoTime()));
                }
            } catch (IOException e) {
                // the same as the end of the stream
            } finally {
                replies.add(END);
            }
        }

        private void passReplies() {
            try {
                OutputStream stream = client.getOutputStream();
                for (Parcel parcel = replies.take(); parcel != END; parcel = replies.take()) {
                    awaitVoice();
                    if (!ended) {
                        passReply(stream, parcel);
                    }
                }
                awaitVoice();
                leave();
            } catch (IOException | InterruptedException e) {
                shutServer();
            }
        }

        private void leave() throws IOException {
            if (resets) {
                client.setSoLinger(true, 0);
                client.close();
            } else {
                client.shutdownOutput();
            }
        }

        private void passReply(OutputStream stream, Parcel parcel) throws IOException, InterruptedException {
            byte[] bytes = parcel.message.bytes();
            boolean isReply = parcel.message.isReply();
            if (isReply && isNow(Behavior.CUTTING)) {
                endServer();
                stream.write(bytes, 0, bytes.length / 2);
                return;
            }
            if (isReply && isNow(Behavior.BABBLING)) {
                garble(bytes);
            } else if (isNow(Behavior.SLOW)) {
                long due = parcel.nanos + TimeUnit.MILLISECONDS.toNanos(DELAY_MILLIS);
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            }
            stream.write(bytes);
        }

        private void garble(byte[] reply) {
            boolean isChunk = reply.length > 16;
            switch (rubbish.getAndIncrement() % 3) {
                case 0 -> Arrays.fill(reply, 0, 4, (byte) 0x5A);
                case 1 -> Arrays.fill(reply, 8, 16, (byte) 0x5A);
                default -> Arrays.fill(reply, isChunk ? 16 : 0, isChunk ? 20 : 4, (byte) 0x5A);
            }
        }

        /** Nothing more gets to the server, and it has finished what it has got. */
        private void endServer() throws InterruptedException {
            ended = true;
            shutServer();
            down.join();
        }

        private void shutServer() {
            try {
                server.shutdownOutput();
            } catch (IOException e) {
                // closed already
            }
        }

        /** Ends it as a server would: by a FIN, or by an RST. */
        void end(boolean reset) {
            resets = reset;
            try {
                endServer();
                out.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
