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
    private final BlockDevice device;
    private final IoLoop loop;

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
     * Ends the channel; later submits are answered with SHUTTING_DOWN, pending requests with DISCONNECTED. Idempotent.
     */
    public abstract void close();

    /** The address of the peer as people write it, for reports; null where there is none. Any thread. */
    public @Nullable String peer() {
        return null;
    }
}
