package io.ropewalk.nbd;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose connection lives on another loop: requests go there and their answers come back. For servers that
 * allow one connection only, see {@link NbdDevice}. What this object has is touched on its own loop only, but for the
 * channel behind it, which is touched on that one's loop only.
 *
 * <p>To abort and to close answer at once, as everywhere. What has not reached the other loop by then is never sent;
 * what has may be on its way for the moment that loop takes to hear of it, as it may be in the network where there is no
 * relay.
 */
final class NbdDeviceRelay extends BlockChannel {
    private final NbdDevice device;
    private final NbdDeviceChannel target;
    private final List<Passed> away = new ArrayList<>();
    private @Nullable Passed free;
    private boolean open;

    NbdDeviceRelay(NbdDevice device, IoLoop loop, NbdDeviceChannel target, boolean open) {
        super(device, loop);
        this.device = device;
        this.target = target;
        this.open = open;
    }

    /** Passes on what the channel there hears of its sessions, in order with the answers. */
    void follow() {
        there(() -> target.listen(new SessionListener() {
            @Override
            public void onSessionBegan() {
                run(loop(), NbdDeviceRelay.this::sessionBegan);
            }

            @Override
            public void onSessionEnded() {
                run(loop(), NbdDeviceRelay.this::sessionEnded);
            }
        }));
    }

    @Override
    protected void start(IoRequest request) {
        if (!open) {
            request.fail(IoError.of(Kind.SHUTTING_DOWN, "the channel to " + device.server() + " was closed"));
            return;
        }
        Passed passed = free == null ? new Passed() : free;
        free = passed.next;
        passed.leave(request);
        if (!there(passed)) {
            passed.recall();
            passed.arrive();
            request.fail(IoError.of(Kind.DISCONNECTED, "the loop of the connection has stopped"));
        }
    }

    @Override
    public void prepare() {
        there(target::prepare);
    }

    /** As the interface says; where the connection is shared, what other channels have in flight is answered too. */
    @Override
    public void abort(IoError error) {
        if (open) {
            answerAll(error, () -> target.abort(error));
        }
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            device.forget(this);
            answerAll(
                    IoError.of(Kind.DISCONNECTED, "the channel to " + device.server() + " was closed"), target::close);
        }
    }

    @Override
    public String peer() {
        return target.peer();
    }

    /** First {@code end} is on its way, then the answers: what they ask anew comes after it. */
    private void answerAll(IoError error, Runnable end) {
        List<IoRequest> requests = new ArrayList<>(away.size());
        for (Passed passed : List.copyOf(away)) {
            requests.add(passed.recall());
        }
        there(end);
        requests.forEach(request -> request.fail(error));
    }

    private boolean there(Runnable task) {
        return run(target.loop(), task);
    }

    private static boolean run(IoLoop loop, Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /**
     * One request on its way there and back. Goes by the loops' queues and is never on two loops at once, except for
     * the flag that decides whether it still may be sent. Holds the payload itself, because the asker may let go of it
     * before the other loop has heard of an abort; for the same reason nobody writes to the payload's headroom.
     */
    private final class Passed extends IoRequest implements Runnable {
        private final AtomicBoolean decided = new AtomicBoolean();
        private @Nullable IoRequest original;
        private @Nullable Passed next;
        private int position;
        private boolean answered;
        private boolean back;

        void leave(IoRequest request) {
            next = null;
            answered = false;
            back = false;
            decided.set(false);
            original = request;
            askSame(request, false);
            if (op() == IoOp.WRITE) {
                payload().retain();
            }
            position = away.size();
            away.add(this);
        }

        /** Takes the question back; what comes as an answer is of no interest. */
        IoRequest recall() {
            IoRequest request = original;
            if (request == null) {
                throw new IllegalStateException("not on its way: " + this);
            }
            decided.set(true);
            original = null;
            Passed last = away.removeLast();
            if (last != this) {
                away.set(position, last);
                last.position = position;
            }
            return request;
        }

        @Override
        public void run() {
            if (back) {
                arrive();
            } else if (decided.compareAndSet(false, true)) {
                target.submit(this);
            } else {
                goBack();
            }
        }

        @Override
        protected void onAnswer() {
            answered = true;
            goBack();
        }

        private void goBack() {
            back = true;
            if (!NbdDeviceRelay.run(loop(), this)) {
                drop();
            }
        }

        /** On the relay's loop again. */
        void arrive() {
            if (original == null) {
                drop();
            } else {
                dropPayload();
                recall().answerAs(this);
            }
            next = free;
            free = this;
        }

        private void drop() {
            dropPayload();
            if (answered && op() == IoOp.READ && error() == null) {
                takeData().release();
            }
        }

        private void dropPayload() {
            if (op() == IoOp.WRITE) {
                payload().release();
            }
        }
    }
}
