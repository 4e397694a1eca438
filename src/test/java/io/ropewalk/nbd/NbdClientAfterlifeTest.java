package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

/** What counts as the peer's own end of a connection: the proof that it reads no more of what we sent. */
class NbdClientAfterlifeTest {
    private static final int ETIMEDOUT = 110;

    @Test
    void resetsAndBrokenPipesAreThePeersDoing() {
        assertThat(NbdClientAfterlife.isClosedByPeer(new Errors.NativeIoException("read", -104)))
                .isTrue();
        assertThat(NbdClientAfterlife.isClosedByPeer(new Errors.NativeIoException("write", -32)))
                .isTrue();
        assertThat(NbdClientAfterlife.isClosedByPeer(new SocketException("Connection reset by peer")))
                .isTrue();
        assertThat(NbdClientAfterlife.isClosedByPeer(new IOException("Broken pipe")))
                .isTrue();
    }

    @Test
    void aKernelThatGaveUpProvesNothing() {
        assertThat(NbdClientAfterlife.isClosedByPeer(new Errors.NativeIoException("read", -ETIMEDOUT)))
                .isFalse();
        assertThat(NbdClientAfterlife.isClosedByPeer(new IOException("Connection timed out")))
                .isFalse();
        assertThat(NbdClientAfterlife.isClosedByPeer(new IllegalStateException("a bug")))
                .isFalse();
    }

    @Test
    void aWriteOnAClosedChannelSaysByItsCauseWhyItWasClosed() {
        assertThat(NbdClientAfterlife.isClosedByPeer(new ClosedChannelException()))
                .isTrue();
        assertThat(NbdClientAfterlife.isClosedByPeer(closedBy(new Errors.NativeIoException("write", -32))))
                .isTrue();
        assertThat(NbdClientAfterlife.isClosedByPeer(closedBy(new Errors.NativeIoException("write", -ETIMEDOUT))))
                .isFalse();
    }

    private static Throwable closedBy(Throwable cause) {
        return new ClosedChannelException().initCause(cause);
    }
}
