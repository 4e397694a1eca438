package io.ropewalk.file;

import io.ropewalk.block.IoLoop;
import io.ropewalk.file.Ring.RingException;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes of one channel past the page cache, through an io_uring on the channel's own loop: no thread waits
 * for them, and those of one turn of the loop go to the kernel with one call. What the kernel does not do in full is
 * left to a thread, which knows all the cases. Lives on its loop.
 */
final class FileRing implements Ring.Listener {
    private static final System.Logger LOG = System.getLogger(FileRing.class.getName());
    private static final int ENTRIES = 256;
    private static final long RETRY_NANOS = 1_000_000;

    /** Why there are no rings here, once that was said. */
    private static final AtomicReference<@Nullable String> TOLD = new AtomicReference<>();

    private final FileBlockChannel channel;
    private final IoLoop loop;
    private final Ring ring;
    private final int file;
    private final @Nullable FileCall[] calls;
    private final int[] freeIds;
    private int free;
    private final IoLoop.@Nullable Watch watch;
    private boolean turnScheduled;
    private boolean closing;

    private FileRing(FileBlockChannel channel, Ring ring) {
        this.channel = channel;
        this.loop = channel.loop();
        this.ring = ring;
        this.file = channel.fileDevice().medium().fd;
        this.calls = new FileCall[ring.capacity()];
        this.freeIds = new int[calls.length];
        while (free < calls.length) {
            freeIds[free] = free++;
        }
        this.watch = loop.watch(ring.fd(), this::reap);
    }

    /** A ring for {@code channel}; null where it needs none, or none is to be had. */
    static @Nullable FileRing open(FileBlockChannel channel) {
        if (!channel.fileDevice().medium().direct) {
            return null;
        }
        try {
            FileRing made = new FileRing(channel, Ring.open(ENTRIES));
            if (made.watch != null) {
                return made;
            }
            made.ring.close();
            tell("the event loops cannot wait for it");
        } catch (RingException refused) {
            tell(String.valueOf(refused.getMessage()));
        }
        return null;
    }

    private static void tell(String why) {
        if (!why.equals(TOLD.getAndSet(why))) {
            LOG.log(Level.INFO, "No io_uring for local disks ({0}): threads do their I/O", why);
        }
    }

    /** Sends {@code call} on its way, unless it is one for a thread. */
    boolean start(FileCall call) {
        if (free == 0 || !call.beginOnRing()) {
            return false;
        }
        int id = freeIds[--free];
        calls[id] = call;
        ring.add(call.isWrite(), file, call.address(), call.lengthOnRing(), call.offset(), id);
        if (!turnScheduled) {
            turnScheduled = true;
            loop.atEndOfTurn(this::endOfTurn);
        }
        return true;
    }

    private void endOfTurn() {
        turnScheduled = false;
        ring.submit();
        if (ring.isPending()) {
            // The kernel is short of something.
            turnScheduled = true;
            loop.schedule(this::endOfTurn, RETRY_NANOS);
        }
        reap();
    }

    private void reap() {
        ring.reap(this);
        closeWhenIdle();
    }

    @Override
    public void onDone(int id, int result) {
        FileCall call = Objects.requireNonNull(calls[id], "nothing was sent");
        calls[id] = null;
        freeIds[free++] = id;
        channel.doneOnRing(call, result);
    }

    /** Gives the ring back as soon as nothing is on its way any more. */
    void close() {
        closing = true;
        closeWhenIdle();
    }

    private void closeWhenIdle() {
        if (closing && free == calls.length) {
            if (watch != null) {
                watch.end();
            }
            ring.close();
        }
    }
}
