package io.ropewalk.nbd;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.io.FileNotFoundException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One try to get a session: finds the server's addresses, connects to the first that answers and shakes hands. Lives on
 * a loop; names are resolved on a thread of their own because that may wait for long. Tells its opener exactly once, in
 * bounded time, unless it is cancelled.
 */
final class NbdClientDial implements NbdClientSession.Opener {
    /**
     * How long the kernel tries to get bytes to a server that does not acknowledge them: shorter than the quiesce time
     * of a geom, so that by then it has stopped trying.
     */
    private static final int UNACKNOWLEDGED_MILLIS = 20_000;

    private final NettyLoops loops;
    private final NettyLoop loop;
    private final NbdUri uri;
    private final NbdClientOptions options;
    private final NbdClientSession.Opener opener;

    private List<? extends SocketAddress> addresses = List.of();
    private int next;
    private IoLoop.@Nullable Timer timer;
    private @Nullable ChannelFuture connecting;
    private @Nullable NbdClientSession session;
    private NbdAllowedServers.@Nullable Held held;
    private boolean over;

    NbdClientDial(
            NettyLoops loops, NettyLoop loop, NbdUri uri, NbdClientOptions options, NbdClientSession.Opener opener) {
        this.loops = loops;
        this.loop = loop;
        this.uri = uri;
        this.options = options;
        this.opener = opener;
    }

    /** Begins; the opener may hear of the end before this returns. */
    void start() {
        timer = loop.schedule(this::onTimeout, options.connectTimeout().toNanos());
        String path = uri.socketPath();
        NbdAllowedServers.Sockets sockets = options.allowed().sockets();
        if (path != null && options.ownDoors().includes(Path.of(path))) {
            onRefused(ourOwn());
        } else if (path != null && sockets != null) {
            // Not a virtual thread: a dead file system may keep it.
            Thread.ofPlatform().daemon().name("look at " + path).start(() -> hold(sockets, path));
        } else if (path != null) {
            connectTo(List.of(unixAddress(path)));
        } else if (NetUtil.isValidIpV4Address(uri.host()) || uri.host().indexOf(':') >= 0) {
            connectToAllowed(List.of(new InetSocketAddress(uri.host(), uri.port())));
        } else {
            Thread.ofVirtual().name("resolve " + uri.host()).start(this::resolve);
        }
    }

    /** Gives up; the opener hears nothing. */
    void cancel() {
        finish();
        if (session != null) {
            session.close();
        }
    }

    @Override
    public void onReady(NbdClientSession ready, NbdClientExport export) {
        if (over) {
            ready.disconnect();
            return;
        }
        session = ready;
        finish();
        opener.onReady(ready, export);
    }

    @Override
    public void onRefused(DeviceException why) {
        if (!over) {
            finish();
            opener.onRefused(why);
        }
    }

    private void resolve() {
        try {
            InetAddress[] found = InetAddress.getAllByName(uri.host());
            inLoop(() -> connectToAllowed(Arrays.stream(found)
                    .map(address -> new InetSocketAddress(address, uri.port()))
                    .toList()));
        } catch (UnknownHostException e) {
            inLoop(() -> onRefused(unreachable("The host name '" + uri.host() + "' is not known", e)));
        }
    }

    private void hold(NbdAllowedServers.Sockets sockets, String path) {
        try {
            NbdAllowedServers.Held socket = sockets.hold(path);
            if (!inLoop(() -> connectTo(socket))) {
                socket.close();
            }
        } catch (DeviceException e) {
            inLoop(() -> onRefused(e));
        }
    }

    private void connectTo(NbdAllowedServers.Held socket) {
        if (over) {
            socket.close();
        } else {
            held = socket;
            connectTo(List.of(unixAddress(socket.door().toString())));
        }
    }

    /** False when nothing will run there any more. */
    private boolean inLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            // the loop has stopped, and with it everybody who could want an answer
            over = true;
            return false;
        }
    }

    private SocketAddress unixAddress(String path) {
        return loops.transport() == Transport.NIO ? UnixDomainSocketAddress.of(path) : new DomainSocketAddress(path);
    }

    private void connectToAllowed(List<InetSocketAddress> found) {
        List<InetSocketAddress> permitted = options.allowed().permitted(uri.host(), found);
        if (permitted.isEmpty()) {
            String message = "This service may not connect to " + uri.server()
                    + "; see ropewalk.allow.hosts and ropewalk.allow.ports in its configuration.";
            onRefused(new DeviceException(Reason.NOT_ALLOWED, message));
        } else if (permitted.stream().anyMatch(options.ownDoors()::includes)) {
            onRefused(ourOwn());
        } else {
            connectTo(permitted);
        }
    }

    private void connectTo(List<? extends SocketAddress> found) {
        addresses = found;
        connectNext();
    }

    private void connectNext() {
        if (over) {
            return;
        }
        boolean unix = uri.socketPath() != null;
        NbdClientSession attempt = new NbdClientSession(loop, uri, options, this);
        Bootstrap bootstrap = new Bootstrap()
                .group(loop.eventLoop())
                .channel(loops.clientChannel(unix))
                .option(ChannelOption.ALLOCATOR, loop.allocator())
                .option(ChannelOption.RECVBUF_ALLOCATOR, attempt.receiveAllocator())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millisPerAddress())
                .handler(attempt);
        if (unix) {
            bootstrap.option(ChannelOption.SO_SNDBUF, Transport.UNIX_SEND_BUFFER_BYTES);
        } else {
            bootstrap.option(ChannelOption.TCP_NODELAY, true).option(ChannelOption.SO_KEEPALIVE, true);
            loops.transport().boundUnacknowledged(bootstrap, UNACKNOWLEDGED_MILLIS);
        }
        ChannelFuture future = bootstrap.connect(addresses.get(next++));
        connecting = future;
        future.addListener(done -> onConnected(attempt, future));
    }

    /** The socket that was connected to, or was not, needs holding no more. */
    private void letGo() {
        NbdAllowedServers.Held socket = held;
        held = null;
        if (socket != null) {
            socket.close();
        }
    }

    private int millisPerAddress() {
        long each = options.connectTimeout().toMillis() / addresses.size();
        return (int) Math.clamp(each, 1, Integer.MAX_VALUE);
    }

    private void onConnected(NbdClientSession attempt, ChannelFuture future) {
        letGo();
        if (over) {
            future.channel().close();
        } else if (future.isSuccess()) {
            stopTimer();
            session = attempt;
        } else if (next < addresses.size()) {
            connectNext();
        } else {
            onRefused(refusal(Objects.requireNonNull(future.cause(), "failed")));
        }
    }

    private void onTimeout() {
        if (session == null) {
            onRefused(timedOut(null));
        }
    }

    private void finish() {
        over = true;
        stopTimer();
        if (connecting != null && session == null) {
            connecting.channel().close();
        }
    }

    private void stopTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private DeviceException refusal(Throwable cause) {
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (cause instanceof ConnectTimeoutException) {
            return timedOut(cause);
        }
        if (text.contains("refused")) {
            return unreachable("Nothing listens at " + uri.server() + " (connection refused)", cause);
        }
        if (cause instanceof FileNotFoundException || text.contains("no such file")) {
            return unreachable("There is no socket " + uri.server(), cause);
        }
        if (text.contains("permission denied") || text.contains("not permitted")) {
            String message = "The system does not allow to connect to " + uri.server() + "; check its permissions.";
            return new DeviceException(Reason.NOT_ALLOWED, message, cause);
        }
        return unreachable(uri.server() + " cannot be reached (" + cause.getMessage() + ")", cause);
    }

    private DeviceException ourOwn() {
        String message =
                uri.server() + " is this service itself: a geom over its own export would send requests in a circle.";
        return new DeviceException(Reason.UNSUITABLE, message);
    }

    private DeviceException timedOut(@Nullable Throwable cause) {
        long millis = options.connectTimeout().toMillis();
        return unreachable(uri.server() + " did not take the connection within " + millis + " ms", cause);
    }

    private static DeviceException unreachable(String clause, @Nullable Throwable cause) {
        String advice = "; start the NBD server there or correct the URI.";
        return new DeviceException(Reason.UNREACHABLE, clause + advice, cause);
    }
}
