package io.ropewalk.nbd;

import io.netty.channel.unix.Errors;
import io.ropewalk.block.Settlement;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one link that were given up with requests unanswered: our side is closed for writing, the other side is
 * read to its end. A server that closes its side after ours has read all that we sent, and answered or dropped it: that is
 * the proof that nothing of it can still take effect. Bounded in number; lives on its link's loop.
 */
final class NbdClientAfterlife {
    private static final int MOST_SESSIONS = 16;
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

    /** Waits for nobody any more. */
    void close() {
        for (NbdClientSession session = sessions.poll(); session != null; session = sessions.poll()) {
            session.close();
        }
    }

    /** Whether a connection that broke with {@code cause} was closed by the peer, rather than given up by a kernel. */
    static boolean isClosedByPeer(@Nullable Throwable cause) {
        if (cause == null) {
            return true;
        }
        if (cause instanceof Errors.NativeIoException nativeError) {
            int errno = Math.abs(nativeError.expectedErr());
            return errno == ECONNRESET || errno == EPIPE;
        }
        String message = cause instanceof IOException ? String.valueOf(cause.getMessage()) : "";
        return message.startsWith("Connection reset") || message.startsWith("Broken pipe");
    }
}
