package io.ropewalk.nbd;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose connection lives on another loop: requests go there and their answers come back. For servers that
 * allow one connection only, see {@link NbdDevice}. What this object has is touched on its own loop only, but for the
 * channel behind it, which is touched on that one's loop only.
 */
final class NbdDeviceRelay extends BlockChannel {
    private final NbdDevice device;
    private final NbdDeviceChannel target;
    private final Set<Passed> away = new HashSet<>();
    private @Nullable Passed free;
    private boolean open;

    NbdDeviceRelay(NbdDevice device, IoLoop loop, NbdDeviceChannel target, boolean open) {
        super(device, loop);
        this.device = device;
        this.target = target;
        this.open = open;
    }

    @Override
    protected void start(IoRequest request) {
        if (!open) {
            request.fail(IoError.of(Kind.SHUTTING_DOWN, "the channel to " + device.server() + " was closed"));
            return;
        }
        Passed passed = free == null ? new Passed() : free;
        free = passed.next;
        passed.next = null;
        passed.request = request;
        away.add(passed);
        if (!thereRun(passed)) {
            passed.back(IoError.of(Kind.DISCONNECTED, "the loop of the connection has stopped"));
        }
    }

    @Override
    public void prepare() {
        thereRun(target::prepare);
    }

    /** As the interface says; the answers come after this returns. */
    @Override
    public void abort(IoError error) {
        thereRun(() -> target.abort(error));
    }

    /** As the interface says; the answers come after this returns. */
    @Override
    public void close() {
        if (open) {
            open = false;
            device.forget(this);
            if (!thereRun(target::close)) {
                IoError error = IoError.of(Kind.DISCONNECTED, "the channel to " + device.server() + " was closed");
                List.copyOf(away).forEach(passed -> passed.back(error));
            }
        }
    }

    @Override
    public String peer() {
        return target.peer();
    }

    private boolean thereRun(Runnable task) {
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

    /** One request on its way there and back. Goes from loop to loop by the loops' queues, never is on two at once. */
    private final class Passed extends IoRequest implements Runnable {
        private @Nullable IoRequest request;
        private @Nullable Passed next;
        private boolean answered;

        @Override
        public void run() {
            if (answered) {
                back(null);
            } else {
                askSame(Objects.requireNonNull(request, "on its way"), true);
                target.submit(this);
            }
        }

        @Override
        protected void onAnswer() {
            answered = true;
            if (!NbdDeviceRelay.run(loop(), this) && error() == null && op() == IoOp.READ) {
                takeData().release();
            }
        }

        /** On the relay's loop: gives the answer, or {@code instead}. */
        private void back(@Nullable IoError instead) {
            IoRequest original = Objects.requireNonNull(request, "on its way");
            away.remove(this);
            request = null;
            if (instead != null) {
                original.fail(instead);
                return;
            }
            answered = false;
            original.answerAs(this);
            next = free;
            free = this;
        }
    }
}
