package io.ropewalk.nbd;

import io.netty.channel.unix.Errors;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.Settlement;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The sessions of one link that were given up with requests unanswered: our side is closed for writing, the other side is
 * read to its end. A server that closes its side after ours has read all that we sent, and answered or dropped it: that is
 * the proof that nothing of it can still take effect. Bounded in number; lives on its link's loop.
 */
final class NbdClientAfterlife {
    private static final int MOST_SESSIONS = 16;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int ECONNRESET = 104;
    private static final int EPIPE = 32;

    private final ArrayDeque<NbdClientSession> sessions = new ArrayDeque<>();

    /** Takes {@code session} over; the result fires when the server has closed its side. */
    Settlement take(NbdClientSession session) {
        if (sessions.size() == MOST_SESSIONS) {
            sessions.remove().close();
        }
        sessions.add(session);
        Settlement settlement = new Settlement();
        session.giveUp(proven -> {
            sessions.remove(session);
            if (proven) {
                settlement.settle();
            }
        });
        return settlement;
    }

    /** Nobody comes to it any more. Who waits for the proofs goes on without, at that time by default. */
    void closeLater(IoLoop loop) {
        if (!sessions.isEmpty()) {
            loop.schedule(this::close, PATIENCE_NANOS);
        }
    }

    private void close() {
        for (NbdClientSession session = sessions.poll(); session != null; session = sessions.poll()) {
            session.close();
        }
    }

    /**
     * Whether a connection that broke with {@code cause} was closed by the peer, rather than given up by a kernel. What a
     * write met on a channel that was closed already says by its cause why that was; without one the peer has closed it.
     */
    static boolean isClosedByPeer(Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof Errors.NativeIoException nativeError) {
                int errno = Math.abs(nativeError.expectedErr());
                return errno == ECONNRESET || errno == EPIPE;
            }
            if (!(each instanceof ClosedChannelException)) {
                String message = each instanceof IOException ? String.valueOf(each.getMessage()) : "";
                return message.startsWith("Connection reset") || message.startsWith("Broken pipe");
            }
        }
        return true;
    }
}
