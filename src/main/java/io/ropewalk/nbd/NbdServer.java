package io.ropewalk.nbd;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.WriteBufferWaterMark;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.tls.HandshakeTasks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Serves block devices over NBD: fixed newstyle handshake; simple, structured and extended replies; TCP and Unix socket.
 *
 * <p>Each session lives on one event loop and opens the export's device there. Public methods may be called from any
 * thread but an event loop: {@link #start} and {@link #close} block.
 */
public final class NbdServer implements AutoCloseable {
    private static final Duration USUAL_GRACE = Duration.ofSeconds(5);
    private static final int IPV6_NETWORK_BYTES = 8;
    private static final Duration ABORT_TIME = Duration.ofSeconds(2);
    /** What an unread reply may come to: before an export is chosen no budget counts it. */
    private static final WriteBufferWaterMark HANDSHAKE_WATER_MARKS = new WriteBufferWaterMark(32 << 10, 64 << 10);

    static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(4 << 20, 8 << 20);

    private final NettyLoops loops;
    private final NbdExports exports;
    private final NbdServerOptions options;
    private final NbdServerObserver observer;
    private final NbdServerBudget budget;
    private final NbdServerLog log = new NbdServerLog();
    private final HandshakeTasks handshakeTasks = new HandshakeTasks();

    private final Map<Long, NbdSession> sessions = new ConcurrentHashMap<>();
    /** Sessions that negotiate, the oldest first. */
    private final Queue<NbdSession> handshakes = new ConcurrentLinkedQueue<>();

    private final AtomicInteger handshaking = new AtomicInteger();
    private final AtomicLong ids = new AtomicLong();
    private final AtomicInteger connections = new AtomicInteger();
    /** How many of these each address has. */
    private final Map<String, Integer> addresses = new ConcurrentHashMap<>();

    private final Object changed = new Object();
    private final List<NbdServerSocket> sockets = new ArrayList<>();
    private volatile IoLoop.@Nullable Timer stallTimer;
    private volatile boolean closing;

    public NbdServer(NettyLoops loops, NbdExports exports, NbdServerOptions options) {
        this(loops, exports, options, NbdServerObserver.NONE);
    }

    public NbdServer(NettyLoops loops, NbdExports exports, NbdServerOptions options, NbdServerObserver observer) {
        this.loops = loops;
        this.exports = exports;
        this.options = options;
        this.observer = observer;
        this.budget = new NbdServerBudget(options.maxBytesTotal());
    }

    /**
     * Listens. Once.
     *
     * @throws IOException with one sentence on why that cannot be (an address in use, a path that is no socket); then it
     *     listens nowhere
     */
    public synchronized void start() throws IOException {
        InetSocketAddress address = options.address();
        Path unixSocket = options.unixSocket();
        try {
            if (address != null) {
                sockets.add(NbdServerSocket.tcp(loops, address, accepting()));
            }
            if (unixSocket != null) {
                sockets.add(NbdServerSocket.unix(loops, unixSocket, accepting()));
            }
        } catch (IOException refused) {
            closeSockets();
            throw refused;
        }
        watchForStalls();
    }

    /** Where it listens for TCP, with the real port; null when it does not. */
    public synchronized @Nullable InetSocketAddress boundAddress() {
        for (NbdServerSocket socket : sockets) {
            InetSocketAddress address = socket.address();
            if (address != null) {
                return address;
            }
        }
        return null;
    }

    /** Whether TCP clients get nothing without TLS. */
    public boolean requiresTls() {
        NbdServerTls tls = options.tls();
        return tls != null && tls.required();
    }

    /** Who is connected, oldest first; sessions whose client is gone but whose requests are not yet done included. */
    public List<NbdSessionView> sessions() {
        return sessions.values().stream()
                .map(NbdSession::view)
                .sorted(Comparator.comparingLong(NbdSessionView::id))
                .toList();
    }

    /** Bytes that all sessions hold in memory now, rounded up to what they have reserved. */
    public long memoryBytes() {
        return budget.takenBytes();
    }

    /**
     * Closes a session's connection at once. What it has in flight is done, but not answered.
     *
     * @return whether there is such a session
     */
    public boolean disconnect(long id) {
        NbdSession session = sessions.get(id);
        if (session == null) {
            return false;
        }
        session.onLoop(() -> session.close("it was disconnected by request"));
        return true;
    }

    /** {@link #close(Duration)} with 5 s of grace. */
    @Override
    public void close() {
        close(USUAL_GRACE);
    }

    /**
     * Stops: accepts no more, answers what is in flight, drops unanswered what still comes, and closes each session when it
     * has nothing in flight. Sessions that are not done after {@code grace} are cut off. Idempotent.
     */
    public void close(Duration grace) {
        closing = true;
        synchronized (this) {
            closeSockets();
        }
        IoLoop.Timer watch = stallTimer;
        if (watch != null) {
            watch.cancel();
        }
        sessions.values().forEach(session -> session.onLoop(session::stop));
        if (!awaitEnd(grace)) {
            sessions.values().forEach(session -> session.onLoop(session::abort));
            awaitEnd(ABORT_TIME);
        }
    }

    private void closeSockets() {
        sockets.forEach(NbdServerSocket::close);
        sockets.clear();
    }

    private boolean awaitEnd(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (changed) {
            while (!sessions.isEmpty()) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                try {
                    changed.wait(left);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
        }
        return true;
    }

    // Sessions come and go

    private ChannelHandler accepting() {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                accept(channel);
            }
        };
    }

    private void accept(Channel channel) {
        NbdPeer peer = new NbdPeer(channel.remoteAddress() instanceof InetSocketAddress address ? address : null);
        String objection = enter(peer);
        if (objection != null) {
            log.warn("Refused " + peer + ": " + objection);
            observer.onHandshakeFailed(peer, "no more sessions are accepted");
            channel.close();
            return;
        }
        NettyLoop loop = loops.of(channel);
        NbdSession session = new NbdSession(this, ids.incrementAndGet(), peer, loop);
        ByteBufAllocator allocator = loop.allocator();
        channel.config()
                .setAllocator(allocator)
                .setRecvByteBufAllocator(session.receiveAllocator())
                .setWriteBufferWaterMark(HANDSHAKE_WATER_MARKS);
        sessions.put(session.id(), session);
        channel.pipeline().addLast(session);
        startHandshake(session);
        // Not channelInactive: a connection that is reset early never becomes active, but it always closes.
        channel.closeFuture().addListener(gone -> session.onLoop(session::connectionGone));
        if (closing) {
            channel.close();
        }
    }

    /** Counts a connection; why it is not taken when it is not, and then it is not counted. */
    private @Nullable String enter(NbdPeer peer) {
        if (closing) {
            return "the server stops";
        }
        String place = place(peer);
        int there = addresses.merge(place, 1, Integer::sum);
        if (connections.incrementAndGet() > options.maxSessions()) {
            leave(place);
            return "there are " + options.maxSessions() + " sessions already";
        }
        if (!place.isEmpty() && there > options.maxSessionsPerAddress()) {
            leave(place);
            return "there are " + options.maxSessionsPerAddress() + " sessions of its address already";
        }
        return null;
    }

    private void leave(String place) {
        connections.decrementAndGet();
        addresses.computeIfPresent(place, (key, there) -> there == 1 ? null : there - 1);
    }

    /** What counts as one address; empty for a process of this machine. */
    private static String place(NbdPeer peer) {
        InetAddress host = peer.host();
        if (host == null) {
            return "";
        }
        byte[] bytes = host.getAddress();
        return HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, IPV6_NETWORK_BYTES));
    }

    private void startHandshake(NbdSession session) {
        handshakes.add(session);
        NbdSession oldest = handshaking.incrementAndGet() > options.maxHandshakes() ? handshakes.poll() : null;
        if (oldest != null) {
            handshaking.decrementAndGet();
            oldest.onLoop(() -> oldest.closeHandshake("more than " + options.maxHandshakes() + " clients negotiate"));
        }
    }

    private void endHandshake(NbdSession session) {
        if (handshakes.remove(session)) {
            handshaking.decrementAndGet();
        }
    }

    void tlsHandshakeEnded(NbdPeer peer, boolean succeeded) {
        observer.onTlsHandshake(peer, succeeded);
    }

    void sessionOpened(NbdSession session, NbdAgreement agreement) {
        endHandshake(session);
        log.info(session + " uses " + agreement.export().name() + (agreement.isReadOnly() ? ", read-only" : ""));
        observer.onSessionOpened(session.view());
    }

    void sessionEnded(NbdSession session, @Nullable NbdTransmission transmission, String reason) {
        endHandshake(session);
        NbdSessionView last = session.view();
        if (transmission == null) {
            log.info(session + " ended before it used an export: " + reason);
            observer.onHandshakeFailed(last.peer(), reason);
        } else {
            log.info(session + " on " + last.export() + " ended: " + reason + " (" + last.requests() + " requests, "
                    + last.errors() + " errors)");
            observer.onSessionClosed(last, reason);
        }
        leave(place(last.peer()));
        sessions.remove(session.id());
        synchronized (changed) {
            changed.notifyAll();
        }
    }

    // What sessions need

    NbdExports exports() {
        return exports;
    }

    NbdServerOptions options() {
        return options;
    }

    NbdServerBudget budget() {
        return budget;
    }

    NbdServerLog log() {
        return log;
    }

    HandshakeTasks handshakeTasks() {
        return handshakeTasks;
    }

    /** Looks once per time-out; who has not moved since the last look while somebody waits for memory is closed. */
    private void watchForStalls() {
        stallTimer = loops.next()
                .schedule(this::lookForStalls, options.stallTimeout().toNanos());
    }

    /** On a loop, so it must not wait for whoever closes the sockets, who waits for the loops. */
    private void lookForStalls() {
        if (closing) {
            return;
        }
        if (budget.isContended()) {
            sessions.values().forEach(session -> session.onLoop(session::closeIfStalled));
        }
        watchForStalls();
    }
}
