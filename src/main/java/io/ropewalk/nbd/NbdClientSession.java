package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.tls.HandshakeTasks;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to an NBD server from its first byte to its last: first a handshake, then requests and replies. Lives
 * on its connection's loop.
 */
final class NbdClientSession extends MessageReceiver {
    private static final Logger LOG = LoggerFactory.getLogger(NbdClientSession.class);

    /** Who wants the session. One of the two is called, once. */
    interface Opener {
        /** The handshake is done. Calls {@link #use} or {@link #disconnect} before it returns. */
        void onReady(NbdClientSession session, NbdClientExport export);

        /** There will be no session. */
        void onRefused(DeviceException why);
    }

    /** Who uses it. */
    interface User {
        /** The reply to what {@code slot} asked is complete. */
        void onReply(NbdClientSlot slot);

        /**
         * The session is of no use any more, and not because {@link #close} or {@link #disconnect} was called. The user
         * calls {@link #close} or {@link #giveUp} before it returns.
         */
        void onEnded(NbdClientSession session, IoError error, End how);
    }

    /** How a session came to its end. */
    enum End {
        /** The server closed or reset the connection: it reads no more of what we sent. */
        CLOSED_BY_PEER,
        /** The connection still stands, but the server broke the rules. */
        CONNECTED,
        /** Something between us and the server broke. */
        BROKEN
    }

    private static final HandshakeTasks HANDSHAKE_TASKS = new HandshakeTasks();
    private static final long FAREWELL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final IoLoop loop;
    private final NbdUri uri;
    private final NbdClientOptions options;
    private final Opener opener;
    private final NbdClientHandshake handshake;

    private @Nullable ChannelHandlerContext context;
    private IoLoop.@Nullable Timer handshakeTimer;
    private @Nullable NbdClientExport export;
    private @Nullable NbdClientSender sender;
    private @Nullable NbdClientReplies replies;
    private @Nullable User user;
    private boolean ended;

    /** Set once the session was given up: hears how it went. */
    private @Nullable Mourner mourner;

    /** A session that was given up has ended. */
    interface Mourner {
        /** {@code proven} when the server has closed its side. Called once. */
        void onGone(boolean proven);
    }

    NbdClientSession(IoLoop loop, NbdUri uri, NbdClientOptions options, Opener opener) {
        this.loop = loop;
        this.uri = uri;
        this.options = options;
        this.opener = opener;
        this.handshake = new NbdClientHandshake(uri);
    }

    /** What the handshake has told. */
    NbdClientExport export() {
        return Objects.requireNonNull(export, "the handshake is not done");
    }

    /** Begins to send what is in {@code pending} and to understand what comes back. */
    void use(NbdClientPending pending, User newUser) {
        user = newUser;
        sender = new NbdClientSender(context(), loop, export());
        replies = new NbdClientReplies(pending, export(), uri.server(), loop.allocator(), newUser::onReply);
    }

    /** Sends what {@code slot} asks, with this turn's other requests. */
    void send(NbdClientSlot slot) {
        Objects.requireNonNull(sender, "not in use").send(slot);
    }

    boolean isServerShuttingDown() {
        return replies != null && replies.isServerShuttingDown();
    }

    /**
     * Ends the session in good order; nothing may be in flight. The server gets a moment to close the connection itself,
     * so that one which takes a single client has seen this one go before the next comes.
     *
     * @return done when the connection is closed
     */
    ChannelFuture disconnect() {
        if (!ended) {
            stop();
            NbdClientSender end = sender != null ? sender : new NbdClientSender(context(), loop, export());
            ChannelFuture sent = context().writeAndFlush(end.disconnect());
            if (sent.isDone()) {
                IoLoop.Timer farewell = loop.schedule(this::reset, FAREWELL_NANOS);
                channel().closeFuture().addListener(closed -> farewell.cancel());
            } else {
                reset();
            }
        }
        return channel().closeFuture();
    }

    /** Ends the session at once: what has not left yet will not, as far as we can help it. */
    void close() {
        if (!ended) {
            stop();
        }
        mourn(false);
        reset();
    }

    /**
     * Sends nothing more, tells the server so, and reads to the end of what it sends, without understanding it. What the
     * kernel has taken already still reaches the server.
     */
    void giveUp(Mourner newMourner) {
        mourner = newMourner;
        if (ended) {
            mourn(false);
            return;
        }
        stop();
        if (channel() instanceof DuplexChannel duplex && channel().isActive()) {
            duplex.shutdownOutput();
        } else {
            channel().close();
        }
    }

    private void mourn(boolean proven) {
        Mourner waiting = mourner;
        mourner = null;
        if (waiting != null) {
            waiting.onGone(proven);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext newContext) {
        context = newContext;
    }

    @Override
    public void channelActive(ChannelHandlerContext activeContext) {
        handshakeTimer = loop.schedule(
                () -> refuse(handshake.onTimeout()), options.handshakeTimeout().toNanos());
    }

    @Override
    protected int decode(ChannelHandlerContext decodingContext, ByteBuf in) {
        NbdClientReplies current = replies;
        if (current == null) {
            return decodeHandshake(decodingContext, in);
        }
        try {
            return current.decode(in);
        } catch (NbdClientViolation violation) {
            end(current.error(violation), End.CONNECTED);
            return 0;
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactiveContext) {
        if (ended) {
            // A loop that ends closes what it has, which proves nothing.
            mourn(!inactiveContext.channel().eventLoop().isShuttingDown());
            return;
        }
        if (replies == null) {
            refuse(handshake.onClosed());
        } else {
            String when = hasPartialMessage() ? " in the middle of a reply" : "";
            end(IoError.of(Kind.DISCONNECTED, uri.server() + " closed the connection" + when), End.CLOSED_BY_PEER);
        }
    }

    /** The TLS handshake has ended. */
    @Override
    public void userEventTriggered(ChannelHandlerContext eventContext, Object event) {
        if (event instanceof SslHandshakeCompletionEvent tls && !ended) {
            Throwable failure = tls.cause();
            if (failure == null) {
                handshake.secured(eventContext);
            } else {
                refuse(handshake.onTlsTrouble(failure));
            }
        }
        eventContext.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failedContext, Throwable caught) {
        // What TLS cannot decrypt comes wrapped.
        Throwable cause = caught instanceof DecoderException && caught.getCause() != null ? caught.getCause() : caught;
        if (ended) {
            LOG.debug("{}: after the end of the session: {}", uri.server(), cause.toString());
            // What had not left yet when the session was given up tells of itself.
            boolean wasOurs = cause instanceof ChannelOutputShutdownException;
            if (!wasOurs && !NbdClientAfterlife.isClosedByPeer(cause)) {
                mourn(false);
            }
            return;
        }
        if (!(cause instanceof IOException)) {
            LOG.error("{}: the session ends because of a bug", uri.server(), cause);
        }
        String clause = "the connection to " + uri.server() + " broke: " + NbdErrors.clause(cause);
        if (replies == null && cause instanceof SSLException) {
            refuse(handshake.onTlsTrouble(cause));
        } else if (replies == null) {
            refuse(new DeviceException(Reason.UNREACHABLE, capitalized(clause) + ".", cause));
        } else {
            end(IoError.of(Kind.DISCONNECTED, clause, cause), endOf(cause));
        }
    }

    private int decodeHandshake(ChannelHandlerContext decodingContext, ByteBuf in) {
        try {
            int needed = handshake.decode(decodingContext, in);
            if (handshake.isStartingTls()) {
                startTls(decodingContext, in);
                return needed;
            }
            NbdClientExport result = handshake.result();
            if (result != null) {
                ready(result);
            }
            return needed;
        } catch (DeviceException e) {
            refuse(e);
            return 0;
        }
    }

    private void startTls(ChannelHandlerContext decodingContext, ByteBuf in) throws DeviceException {
        if (in.isReadable()) {
            throw handshake.onPlainBytes();
        }
        SSLEngine engine = options.tls().context(uri.tlsBundle()).clientEngine(uri.certifiedHost(), uri.port());
        SslHandler tls = new SslHandler(engine, HANDSHAKE_TASKS);
        // The time-out of the whole handshake counts for this part of it as well.
        tls.setHandshakeTimeoutMillis(0);
        startTls(decodingContext, tls);
    }

    private void ready(NbdClientExport result) {
        export = result;
        stopTimer();
        opener.onReady(this, result);
    }

    private void refuse(DeviceException why) {
        if (!ended) {
            stop();
            channel().close();
            opener.onRefused(why);
        }
    }

    /** The link that hears of it gives the session up or closes it. */
    private void end(IoError error, End how) {
        if (!ended) {
            Objects.requireNonNull(user, "in use").onEnded(this, error, how);
        }
    }

    private static End endOf(Throwable cause) {
        return NbdClientAfterlife.isClosedByPeer(cause) ? End.CLOSED_BY_PEER : End.BROKEN;
    }

    private void stop() {
        ended = true;
        stopReceiving();
        stopTimer();
        if (sender != null) {
            sender.stop();
        }
    }

    private void stopTimer() {
        if (handshakeTimer != null) {
            handshakeTimer.cancel();
            handshakeTimer = null;
        }
    }

    /** Closes without delivering what still lies in the kernel, where the kind of socket can. */
    private void reset() {
        Channel channel = channel();
        if (channel.isOpen()) {
            try {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            } catch (ChannelException e) {
                LOG.debug("{}: cannot be reset, only closed: {}", uri.server(), e.toString());
            }
            ChannelHandlerContext tls = channel.pipeline().context(SslHandler.class);
            // Below TLS, which would first try to send its farewell.
            (tls == null ? context() : tls).close();
        }
    }

    private Channel channel() {
        return context().channel();
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not connected");
    }

    private static String capitalized(String clause) {
        return Character.toUpperCase(clause.charAt(0)) + clause.substring(1);
    }
}
