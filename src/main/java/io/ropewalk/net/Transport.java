package io.ropewalk.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.Locale;
import jdk.net.ExtendedSocketOptions;

/** How sockets are waited for. */
public enum Transport {
    /** io_uring: fewest system calls, where the kernel and the sandbox allow it; more processor time all the same. */
    IO_URING,
    /** epoll through Netty's native library. */
    EPOLL,
    /** What the JDK brings; works everywhere. */
    NIO;

    /**
     * What a Unix socket of ours may hold that its peer has not read yet: a message of 1 MiB leaves by one call instead of
     * one for each 200 KiB that the peer takes. A limit, not a reservation; the kernel may set a lower one. TCP sizes its
     * buffers itself.
     */
    public static final int UNIX_SEND_BUFFER_BYTES = 1 << 20;

    /** Its name for people: io_uring, epoll, nio. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether this machine can. */
    public boolean isAvailable() {
        return switch (this) {
            case IO_URING -> IoUring.isAvailable();
            case EPOLL -> Epoll.isAvailable();
            case NIO -> true;
        };
    }

    /**
     * The one to use when nobody says otherwise: epoll, and NIO where there is no native library. Not io_uring, which
     * costs two to three times as much where requests come one by one and gains nothing where they come in numbers.
     */
    public static Transport best() {
        return EPOLL.isAvailable() ? EPOLL : NIO;
    }

    /** Bounds how long the kernel keeps trying to deliver bytes to a TCP peer, where this transport can say so. */
    public void boundUnacknowledged(Bootstrap bootstrap, int millis) {
        switch (this) {
            case IO_URING -> bootstrap.option(IoUringChannelOption.TCP_USER_TIMEOUT, millis);
            case EPOLL -> bootstrap.option(EpollChannelOption.TCP_USER_TIMEOUT, millis);
            case NIO -> {}
        }
    }

    /**
     * Has the kernel ask a TCP client that sends nothing whether it is still there, after {@code idleSeconds} and then
     * every {@code intervalSeconds}, and ends the connection when {@code probes} of them had no answer.
     */
    public void askSilentClients(ServerBootstrap bootstrap, int idleSeconds, int intervalSeconds, int probes) {
        bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
        switch (this) {
            case IO_URING ->
                bootstrap
                        .childOption(IoUringChannelOption.TCP_KEEPIDLE, idleSeconds)
                        .childOption(IoUringChannelOption.TCP_KEEPINTVL, intervalSeconds)
                        .childOption(IoUringChannelOption.TCP_KEEPCNT, probes);
            case EPOLL ->
                bootstrap
                        .childOption(EpollChannelOption.TCP_KEEPIDLE, idleSeconds)
                        .childOption(EpollChannelOption.TCP_KEEPINTVL, intervalSeconds)
                        .childOption(EpollChannelOption.TCP_KEEPCNT, probes);
            case NIO ->
                bootstrap
                        .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), idleSeconds)
                        .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), intervalSeconds)
                        .childOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), probes);
        }
    }

    /** Whether a connection can stay when its peer has closed one side of it. Not Unix sockets by NIO: Netty closes them. */
    public boolean canHalfClose(boolean unixSocket) {
        return this != NIO || !unixSocket;
    }

    IoHandlerFactory handlerFactory() {
        return switch (this) {
            case IO_URING -> IoUringIoHandler.newFactory();
            case EPOLL -> EpollIoHandler.newFactory();
            case NIO -> NioIoHandler.newFactory();
        };
    }

    Class<? extends Channel> clientChannel(boolean unixSocket) {
        return switch (this) {
            case IO_URING -> unixSocket ? IoUringDomainSocketChannel.class : IoUringSocketChannel.class;
            case EPOLL -> unixSocket ? EpollDomainSocketChannel.class : EpollSocketChannel.class;
            case NIO -> unixSocket ? NioDomainSocketChannel.class : NioSocketChannel.class;
        };
    }

    Class<? extends ServerChannel> serverChannel(boolean unixSocket) {
        return switch (this) {
            case IO_URING -> unixSocket ? IoUringServerDomainSocketChannel.class : IoUringServerSocketChannel.class;
            case EPOLL -> unixSocket ? EpollServerDomainSocketChannel.class : EpollServerSocketChannel.class;
            case NIO -> unixSocket ? NioServerDomainSocketChannel.class : NioServerSocketChannel.class;
        };
    }
}
