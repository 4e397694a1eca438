package io.ropewalk.block;

import org.jspecify.annotations.Nullable;

/**
 * One loop's way into a device. Many requests may be in flight; their order is not kept, as on a disk. Everything here
 * happens on the channel's loop.
 *
 * <p>{@link #submit} is the one checked door: what reaches {@link #start} is a legal request for the device as it
 * is now, so implementations need not check again.
 */
public abstract class BlockChannel {
    /**
     * Hears of the sessions under a channel, if it has any: connections to a server that begin, end, and begin anew
     * without a request that fails. On the channel's loop, in order with the answers.
     */
    public interface SessionListener {
        /** Whatever is answered from now on comes out of this session. */
        void onSessionBegan();

        /**
         * The session is over, whoever ended it, also when nothing was in flight: its server may have restarted, and what
         * it had not flushed may be gone. Told before what was in flight is answered, and before the next session begins.
         */
        void onSessionEnded();
    }

    private final BlockDevice device;
    private final IoLoop loop;
    private @Nullable SessionListener sessions;
    private boolean inSession;

    protected BlockChannel(BlockDevice device, IoLoop loop) {
        this.device = device;
        this.loop = loop;
    }

    public final BlockDevice device() {
        return device;
    }

    public final IoLoop loop() {
        return loop;
    }

    /** Who wants to hear of this channel's sessions; hears at once of the one that there is. */
    public final void listen(SessionListener listener) {
        sessions = listener;
        if (inSession) {
            listener.onSessionBegan();
        }
    }

    /** For channels that have sessions: one has begun. Idempotent. */
    protected final void sessionBegan() {
        if (!inSession) {
            inSession = true;
            if (sessions != null) {
                sessions.onSessionBegan();
            }
        }
    }

    /** For channels that have sessions: it has ended. Idempotent. */
    protected final void sessionEnded() {
        if (inSession) {
            inSession = false;
            if (sessions != null) {
                sessions.onSessionEnded();
            }
        }
    }

    /** Sends {@code request} on its way, or answers at once when it is not legal. */
    public final void submit(IoRequest request) {
        request.begin();
        IoError refusal = RequestRules.check(request, device.geometry(), device.capabilities());
        if (refusal == null) {
            start(request);
        } else {
            request.fail(refusal);
        }
    }

    /** Does a legal request and answers it, exactly once, on this loop, now or later. */
    protected abstract void start(IoRequest request);

    /**
     * Gets ready ahead of use: connects if that is what the device needs, at once and whatever back-off was in force.
     * Asynchronous, never fails: a submit will tell.
     */
    public void prepare() {}

    /**
     * Gives up on what is in flight: every pending request is answered with {@code error} and the session, if
     * there is one, ends. The channel stays usable; the next request starts anew.
     */
    public abstract void abort(IoError error);

    /**
     * Whoever submits here has gone, and may be back by another channel to repeat what had no answer: pending requests are
     * begun nowhere any more, nor again, so that none can land on what comes after. What is under way is answered when it
     * is over, all else at once with DISCONNECTED, as are later submits. Where every request is begun at once, that changes
     * nothing. Idempotent.
     */
    public void abandon() {}

    /**
     * Ends the channel; later submits are answered with SHUTTING_DOWN, pending requests with DISCONNECTED. Idempotent.
     */
    public abstract void close();

    /** The address of the peer as people write it, for reports; null where there is none. Any thread. */
    public @Nullable String peer() {
        return null;
    }
}
