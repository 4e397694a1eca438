package io.ropewalk.nbd;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoRequest;

/**
 * A channel to an NBD export on the loop where its connection lives. The connection may be shared with other channels,
 * see {@link NbdDevice}.
 */
final class NbdDeviceChannel extends BlockChannel {
    private final NbdDevice device;
    private final NbdClientLink link;
    private boolean open;

    NbdDeviceChannel(NbdDevice device, NbdClientLink link, boolean open) {
        super(device, link.loop());
        this.device = device;
        this.link = link;
        this.open = open;
    }

    void onSessionBegan() {
        sessionBegan();
    }

    void onSessionEnded() {
        sessionEnded();
    }

    /** Whether the session gives way to a new one of the same server, because of its size: requests wait for that. */
    boolean isRenewing() {
        return link.isRenewing();
    }

    @Override
    protected void start(IoRequest request) {
        if (open) {
            link.start(request, this);
        } else {
            request.fail(IoError.of(Kind.SHUTTING_DOWN, "the channel to " + device.server() + " was closed"));
        }
    }

    @Override
    public void prepare() {
        if (open) {
            link.prepare();
        }
    }

    /** As the interface says; where the connection is shared, what other channels have in flight is answered too. */
    @Override
    public void abort(IoError error) {
        if (open) {
            link.abort(error);
        }
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            device.forget(this);
            link.leave(this);
            device.release(link);
        }
    }

    @Override
    public String peer() {
        return device.server();
    }
}
