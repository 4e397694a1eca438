package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.ropewalk.block.IoLoop;
import io.ropewalk.tls.CertificateNames;
import io.ropewalk.tls.TlsTrouble;
import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, from the greeting to the end: first an {@link NbdNegotiation}, then an {@link
 * NbdTransmission}. Lives on its channel's loop; {@link #view} may be called from any thread.
 */
final class NbdSession extends MessageReceiver {
    private static final String CLIENT_CLOSED = "the client closed the connection";
    private static final String SERVER_STOPS = "the server is shutting down";

    private final NbdServer server;
    private final long id;
    /** Written on the loop, read by {@link #view}. */
    private volatile NbdPeer peer;

    private final IoLoop loop;
    private final Instant since = Instant.now();
    private final NbdNegotiation negotiation;

    private @Nullable ChannelHandlerContext context;
    private IoLoop.@Nullable Timer timer;
    /** Written on the loop, read by {@link #view}. */
    private volatile @Nullable NbdTransmission transmission;

    private @Nullable String reason;

    NbdSession(NbdServer server, long id, NbdPeer peer, IoLoop loop) {
        this.server = server;
        this.id = id;
        this.peer = peer;
        this.loop = loop;
        this.negotiation = new NbdNegotiation(
                server.exports(), peer, tlsFor(server.options().tls(), peer));
    }

    private static NbdNegotiation.Tls tlsFor(@Nullable NbdServerTls tls, NbdPeer peer) {
        if (tls == null) {
            return NbdNegotiation.Tls.OFF;
        }
        return tls.required() && peer.address() != null ? NbdNegotiation.Tls.REQUIRED : NbdNegotiation.Tls.OFFERED;
    }

    long id() {
        return id;
    }

    /** Runs {@code task} on the session's loop, unless the loops are closed: then the session is over anyway. */
    void onLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException loopsAreClosed) {
            server.log().info(this + " outlived its event loop");
        }
    }

    NbdSessionView view() {
        NbdTransmission running = transmission;
        if (running == null) {
            return new NbdSessionView(id, null, peer, since, false, 0, 0, 0, 0, 0);
        }
        return new NbdSessionView(
                id,
                running.exportName(),
                peer,
                since,
                running.agreement().isReadOnly(),
                running.inFlight(),
                running.requests(),
                running.errors(),
                running.bytesRead(),
                running.bytesWritten());
    }

    // The channel's events

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        long timeoutNanos = server.options().handshakeTimeout().toNanos();
        timer = loop.schedule(() -> close("the handshake took too long"), timeoutNanos);
        ByteBuf greeting = active.alloc().buffer();
        NbdNegotiation.greet(greeting);
        active.writeAndFlush(greeting);
        active.fireChannelActive();
    }

    @Override
    protected int decode(ChannelHandlerContext decoding, ByteBuf in) {
        NbdTransmission running = transmission;
        try {
            return running == null ? negotiate(decoding, in) : running.decode(in);
        } catch (NbdServerViolation violation) {
            close(violation.reason());
            return 0;
        } catch (RuntimeException broken) {
            fail("a message could not be handled", broken);
            return 0;
        }
    }

    @Override
    protected boolean keepsBuffer() {
        NbdTransmission running = transmission;
        return running != null && running.inFlight() > 0;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        NbdTransmission running = transmission;
        if (running != null) {
            running.onWritabilityChanged();
        } else if (changed.channel().isWritable()) {
            resume(changed);
        }
        changed.fireChannelWritabilityChanged();
    }

    /** The channel is closed, by whomever. */
    void connectionGone() {
        because(CLIENT_CLOSED);
        stopTimer();
        NbdTransmission running = transmission;
        if (running == null) {
            finish();
        } else {
            running.connectionLost();
        }
    }

    /** The TLS handshake has ended, and where it failed the connection is being closed; or the client sends no more. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            Throwable failure = handshake.cause();
            server.tlsHandshakeEnded(peer, failure == null);
            if (failure == null) {
                secured(context);
            } else {
                close("there was no TLS: " + TlsTrouble.clause(failure));
            }
        } else if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputIsOver();
            clientHasEnded();
        }
        context.fireUserEventTriggered(event);
    }

    /**
     * The client sends no more. When it sees that we have closed our side as well, it may take that for the proof that
     * nothing of what it has sent can still take effect; so what is in flight comes first.
     */
    private void clientHasEnded() {
        NbdTransmission running = transmission;
        if (running == null) {
            close(CLIENT_CLOSED);
        } else {
            running.clientHasEnded(CLIENT_CLOSED);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failed, Throwable caught) {
        // What TLS cannot decrypt comes wrapped.
        Throwable cause = caught instanceof DecoderException && caught.getCause() != null ? caught.getCause() : caught;
        if (cause instanceof SSLException) {
            close("TLS broke: " + TlsTrouble.clause(cause));
        } else if (cause instanceof IOException) {
            close("the connection broke: " + NbdErrors.clause(cause));
        } else {
            fail("the connection could not be handled", cause);
        }
    }

    // The handshake

    private int negotiate(ChannelHandlerContext decoding, ByteBuf in) {
        if (!decoding.channel().isWritable()) {
            return PAUSE;
        }
        ByteBuf out = decoding.alloc().buffer();
        try {
            int needed = negotiation.decode(in, out);
            if (negotiation.isStartingTls()) {
                startTls(decoding, in, out);
                return needed;
            }
            NbdAgreement agreement = negotiation.agreement();
            if (agreement != null) {
                // Before the client hears of it: then it finds the session open.
                startTransmission(decoding, agreement);
            }
            if (out.isReadable()) {
                decoding.writeAndFlush(out.retain());
            }
            closeIfAborted(decoding);
            return needed;
        } finally {
            out.release();
        }
    }

    /**
     * Says yes and goes over to TLS. Who sent more without waiting for the yes did not want it encrypted, or did not
     * send it: an intruder may have put it there, to be taken for the client's own later.
     */
    private void startTls(ChannelHandlerContext decoding, ByteBuf in, ByteBuf out) {
        if (in.isReadable()) {
            throw new NbdServerViolation("the client sent more in clear after STARTTLS");
        }
        NbdServerTls tls = Objects.requireNonNull(server.options().tls(), "TLS is offered");
        decoding.writeAndFlush(out.retain());
        SslHandler handler = new SslHandler(tls.context().get().serverEngine(tls.clients()), server.handshakeTasks());
        // The time-out of the whole handshake counts for this part of it as well.
        handler.setHandshakeTimeoutMillis(0);
        startTls(decoding, handler);
    }

    private void secured(ChannelHandlerContext decoding) {
        SSLSession session = decoding.pipeline().get(SslHandler.class).engine().getSession();
        peer = peer.withTls(CertificateNames.ofPeer(session));
        negotiation.secured(peer);
    }

    private void closeIfAborted(ChannelHandlerContext decoding) {
        if (negotiation.isAborted()) {
            because("the client wanted no export");
            stopReceiving();
            decoding.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void startTransmission(ChannelHandlerContext decoding, NbdAgreement agreement) {
        stopTimer();
        decoding.channel().config().setWriteBufferWaterMark(NbdServer.WATER_MARKS);
        transmission = new NbdTransmission(this, agreement, loop, decoding, server.options(), server.budget());
        server.sessionOpened(this, agreement);
    }

    // The end

    /** Remembers why the session ends; the first reason counts. */
    void because(String why) {
        if (reason == null) {
            reason = why;
        }
    }

    /** Closes the connection at once. On the loop. */
    void close(String why) {
        because(why);
        stopReceiving();
        NbdTransmission running = transmission;
        if (running != null) {
            // Now: TLS may take its time to close.
            running.abandonUnlessDisc();
        }
        if (context != null) {
            context.close();
        }
    }

    /** Closes the connection unless its client has come to use an export meanwhile. On the loop. */
    void closeHandshake(String why) {
        if (transmission == null) {
            close(why);
        }
    }

    /** Something of ours went wrong: says so once, in one line, and ends the session. */
    void fail(String what, Throwable cause) {
        if (reason == null) {
            server.log().failure(this + ": " + what, cause);
        }
        close("a failure, " + what);
    }

    /** Closes the connection soon, even where the client does not take its last answers. */
    void closeLater() {
        stopTimer();
        timer = loop.schedule(
                () -> close("the client took no answers"),
                server.options().stallTimeout().toNanos());
    }

    /** Lets what is in flight finish, then closes. On the loop. */
    void stop() {
        NbdTransmission running = transmission;
        if (running == null) {
            close(SERVER_STOPS);
        } else {
            running.stop(SERVER_STOPS);
        }
    }

    /** Does not wait for what is in flight. On the loop. */
    void abort() {
        close(SERVER_STOPS);
        NbdTransmission running = transmission;
        if (running != null) {
            running.abort();
        }
    }

    /** Closes a session that keeps others from their share of memory. On the loop. */
    void closeIfStalled() {
        NbdTransmission running = transmission;
        if (running != null && running.isStalled()) {
            close("the client has stalled while others wait for memory");
        }
    }

    /** Nothing is left of it: no connection and no request. */
    void finish() {
        stopTimer();
        server.sessionEnded(this, transmission, Objects.requireNonNullElse(reason, "it ended"));
    }

    private void stopTimer() {
        IoLoop.Timer running = timer;
        timer = null;
        if (running != null) {
            running.cancel();
        }
    }

    @Override
    public String toString() {
        return "Session " + id + " of " + peer;
    }
}
