package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.ropewalk.testing.TestPki;
import io.ropewalk.tls.ClientCertificates;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a write has met tells whether the peer closed the connection or a kernel gave it up. */
class NbdOutgoingTest {
    private final List<Throwable> caught = new ArrayList<>();
    private final IOException timedOut = new IOException("Connection timed out");
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter() {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            caught.add(cause);
        }
    });

    @Test
    void whatAWriteHasMet_isTold() {
        failWrites();
        write();
        assertThat(caught).containsExactly(timedOut);
    }

    @Test
    void whatAWriteHasMetBehindTls_isTold() {
        TestPki pki = new TestPki("ours");
        SslHandler tls = new SslHandler(pki.tls(null).clientEngine("localhost", 1));
        EmbeddedChannel peer = new EmbeddedChannel(
                new SslHandler(pki.tls(pki.server("localhost")).serverEngine(ClientCertificates.NONE)));
        channel.pipeline().addFirst(tls);
        while (!tls.handshakeFuture().isDone()) {
            pass(channel, peer);
            pass(peer, channel);
        }
        assertThat(tls.handshakeFuture().isSuccess()).isTrue();
        failWrites();
        write();
        assertThat(caught).containsExactly(timedOut);
        peer.finishAndReleaseAll();
    }

    private static void pass(EmbeddedChannel from, EmbeddedChannel to) {
        from.runPendingTasks();
        for (Object bytes = from.readOutbound(); bytes != null; bytes = from.readOutbound()) {
            to.writeInbound(bytes);
        }
    }

    private void failWrites() {
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                ReferenceCountUtil.release(message);
                promise.setFailure(timedOut);
            }
        });
    }

    private void write() {
        NbdOutgoing outgoing = new NbdOutgoing(channel.pipeline().lastContext());
        outgoing.write(Unpooled.directBuffer().writeLong(1));
        outgoing.flush();
        channel.runPendingTasks();
    }
}
