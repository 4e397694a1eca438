package io.ropewalk.nbd;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where connections arrive. */
final class NbdServerSocket {
    private static final int BACKLOG = 1024;
    private static final long CLOSE_MILLIS = 2_000;
    // Two minutes: a client outlives a network that is away for less, and a dead one's successor comes later.
    private static final int SILENT_SECONDS = 60;
    private static final int PROBE_SECONDS = 10;
    private static final int PROBES = 6;
    private static final int MAXIMUM_UNIX_PATH_BYTES = 107;
    private static final int FILE_TYPE_MASK = 0170000;
    private static final int SOCKET_FILE_TYPE = 0140000;

    private final Channel channel;
    private final @Nullable Path file;

    private NbdServerSocket(Channel channel, @Nullable Path file) {
        this.channel = channel;
        this.file = file;
    }

    /**
     * Listens for TCP. Blocks.
     *
     * @throws IOException with one sentence on why that cannot be
     */
    static NbdServerSocket tcp(NettyLoops loops, InetSocketAddress address, ChannelHandler sessions)
            throws IOException {
        if (address.isUnresolved()) {
            throw new IOException("Cannot listen on " + address.getHostString() + ": no such host");
        }
        ServerBootstrap bootstrap = bootstrap(loops, false, sessions)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true);
        loops.transport().askSilentClients(bootstrap, SILENT_SECONDS, PROBE_SECONDS, PROBES);
        String place = address.getAddress().getHostAddress() + ":" + address.getPort();
        return new NbdServerSocket(bind(bootstrap, address, place), null);
    }

    /**
     * Listens on a Unix socket; a socket file that nobody listens on is replaced. Blocks.
     *
     * @throws IOException with one sentence on why that cannot be
     */
    static NbdServerSocket unix(NettyLoops loops, Path file, ChannelHandler sessions) throws IOException {
        Path path = file.toAbsolutePath();
        int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAXIMUM_UNIX_PATH_BYTES) {
            throw new IOException("Cannot listen on " + path + ": a Unix socket's path has at most "
                    + MAXIMUM_UNIX_PATH_BYTES + " bytes, this one has " + bytes);
        }
        makeWay(path);
        SocketAddress address = loops.transport() == Transport.NIO
                ? UnixDomainSocketAddress.of(path)
                : new DomainSocketAddress(path.toFile());
        ServerBootstrap bootstrap =
                bootstrap(loops, true, sessions).childOption(ChannelOption.SO_SNDBUF, Transport.UNIX_SEND_BUFFER_BYTES);
        return new NbdServerSocket(bind(bootstrap, address, path.toString()), path);
    }

    /** Where it listens; null for a Unix socket. */
    @Nullable InetSocketAddress address() {
        return channel.localAddress() instanceof InetSocketAddress address ? address : null;
    }

    /** Accepts no more. Blocks, not for longer than {@link #CLOSE_MILLIS}: its loop may be stuck. */
    void close() {
        channel.close().awaitUninterruptibly(CLOSE_MILLIS);
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException left) {
                // The next start finds a socket that nobody listens on, and removes it.
            }
        }
    }

    private static ServerBootstrap bootstrap(NettyLoops loops, boolean unixSocket, ChannelHandler sessions) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.group())
                .channel(loops.serverChannel(unixSocket))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(sessions);
        return loops.transport().canHalfClose(unixSocket)
                ? bootstrap.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                : bootstrap;
    }

    private static Channel bind(ServerBootstrap bootstrap, SocketAddress address, String place) throws IOException {
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw explained(place, cause);
        }
        return bound.channel();
    }

    private static IOException explained(String place, Throwable cause) {
        String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        String sentence = "Cannot listen on " + place + ": ";
        if (message.contains("in use")) {
            sentence += "it is in use; choose another one, or stop what listens there";
        } else if (message.contains("cannot assign")) {
            sentence += "this machine has no such address";
        } else if (message.contains("permission denied")) {
            sentence += "the system does not permit it; choose a port above 1023 or a folder that is writable";
        } else if (message.contains("no such file")) {
            sentence += "its folder does not exist";
        } else {
            sentence += cause.getMessage();
        }
        BindException explained = new BindException(sentence);
        explained.initCause(cause);
        return explained;
    }

    private static void makeWay(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!isSocket(path)) {
            throw new BindException("Cannot listen on " + path
                    + ": there is something that is not a socket; choose another path, or remove it");
        }
        if (isListenedOn(path)) {
            throw new BindException(
                    "Cannot listen on " + path + ": it is in use; choose another path, or stop what listens there");
        }
        Files.deleteIfExists(path);
    }

    private static boolean isSocket(Path path) throws IOException {
        Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return mode instanceof Integer bits && (bits & FILE_TYPE_MASK) == SOCKET_FILE_TYPE;
    }

    /** Only a refused connection says that nobody listens; whatever else happens, somebody may. */
    private static boolean isListenedOn(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Not blocking: a full backlog must not hold us up.
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException refused) {
            return false;
        } catch (IOException unclear) {
            return true;
        }
    }
}
