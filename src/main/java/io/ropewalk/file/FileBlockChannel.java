package io.ropewalk.file;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One loop's way into a {@link FileDevice}. Its loop's, but for {@link #finished}, which the device's threads call.
 *
 * <p>Past the page cache, reads and writes take the {@link FileRing} where there is one; all else takes a thread.
 *
 * <p>Calls that have come back from threads pile up on a stack without a lock; the first one on it wakes the loop, which takes them
 * all. So many answers at once cost one wake-up.
 */
final class FileBlockChannel extends BlockChannel {
    private final FileDevice device;
    private final AtomicReference<@Nullable FileCall> finished = new AtomicReference<>();
    private List<FileCall> inFlight = new ArrayList<>();
    private int syncFailuresSeen;
    private boolean closed;
    private boolean ringSought;
    private @Nullable FileRing ring;

    FileBlockChannel(FileDevice device, IoLoop loop) {
        super(device, loop);
        this.device = device;
        this.syncFailuresSeen = device.medium().syncs().failures();
    }

    @Override
    protected void start(IoRequest request) {
        if (closed || device.isClosed()) {
            request.fail(shuttingDown());
            return;
        }
        FileCall call = new FileCall(this, request);
        call.place = inFlight.size();
        inFlight.add(call);
        FileRing mine = ring();
        if (mine == null || !mine.start(call)) {
            giveToThread(call);
        }
    }

    private @Nullable FileRing ring() {
        if (!ringSought) {
            ringSought = true;
            ring = FileRing.open(this);
        }
        return ring;
    }

    private void giveToThread(FileCall call) {
        try {
            device.threads().execute(call);
        } catch (RejectedExecutionException e) {
            refuse(call, shuttingDown());
        } catch (OutOfMemoryError e) {
            refuse(call, IoError.of(Kind.NO_MEMORY, "no thread for " + device, e));
        }
    }

    private void refuse(FileCall call, IoError error) {
        remove(call);
        call.abandon().fail(error);
    }

    /** The ring has done with {@code call}, or left it to a thread. */
    void doneOnRing(FileCall call, int result) {
        if (call.endOnRing(result)) {
            answer(call);
        } else {
            giveToThread(call);
        }
    }

    private IoError shuttingDown() {
        return IoError.of(Kind.SHUTTING_DOWN, device + " is closed");
    }

    /** A call has come back. Any thread. */
    void finished(FileCall call) {
        FileCall before;
        do {
            before = finished.get();
            call.next = before;
        } while (!finished.compareAndSet(before, call));
        if (before == null) {
            wakeLoop();
        }
    }

    private void wakeLoop() {
        try {
            loop().execute(this::answerFinished);
        } catch (RejectedExecutionException e) {
            // The loop has ended, and whoever waited there with it: only the buffers are left to give back.
            for (FileCall call = finished.getAndSet(null); call != null; call = call.next) {
                call.discard();
            }
        }
    }

    private void answerFinished() {
        FileCall call = inOrder(finished.getAndSet(null));
        while (call != null) {
            FileCall next = call.next;
            answer(call);
            call = next;
        }
    }

    /** The stack from the bottom up. */
    private static @Nullable FileCall inOrder(@Nullable FileCall top) {
        FileCall ordered = null;
        for (FileCall call = top; call != null; ) {
            FileCall next = call.next;
            call.next = ordered;
            ordered = call;
            call = next;
        }
        return ordered;
    }

    private void answer(FileCall call) {
        if (call.isAbandoned()) {
            call.discard();
            return;
        }
        remove(call);
        call.answer(call.isFlush() ? lostElsewhere() : Errno.NONE);
    }

    /**
     * What the kernel has told others since this channel's last flush: it speaks of this channel's writes as well.
     */
    private int lostElsewhere() {
        int now = device.medium().syncs().failures();
        boolean isNew = now != syncFailuresSeen;
        syncFailuresSeen = now;
        return isNew ? device.medium().syncs().lastErrno() : Errno.NONE;
    }

    /** The last one takes the place of the one that leaves. */
    private void remove(FileCall call) {
        FileCall last = inFlight.removeLast();
        if (last != call) {
            inFlight.set(call.place, last);
            last.place = call.place;
        }
    }

    /**
     * Answers now, whatever the disk does. A call that has not begun will not; one under way cannot be taken back, and
     * its outcome is dropped: where it changes data, the error says when it can no longer.
     */
    @Override
    public void abort(IoError error) {
        List<FileCall> given = inFlight;
        inFlight = new ArrayList<>();
        List<IoRequest> requests = given.stream().map(FileCall::abandon).toList();
        for (int i = 0; i < requests.size(); i++) {
            Settlement settlement = given.get(i).settlement();
            requests.get(i).fail(settlement == null ? error : error.unsettled(settlement));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        device.forget(this);
        abort(IoError.of(Kind.DISCONNECTED, "the channel to " + device + " was closed"));
        if (ring != null) {
            ring.close();
        }
    }

    FileDevice fileDevice() {
        return device;
    }
}
