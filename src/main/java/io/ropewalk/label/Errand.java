package io.ropewalk.label;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A few requests to one device, one after the other, on a channel of their own, with one deadline for all. Runs on the
 * loop; started from any thread.
 *
 * <p>Every step is a task of its own on the loop: the channel is never called from within one of its answers, and a
 * device that answers at once does not nest the steps.
 */
abstract class Errand<T> extends IoRequest {
    private final BlockDevice device;
    private final IoLoop loop;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private @Nullable BlockChannel channel;
    private IoLoop.@Nullable Timer timer;
    private @Nullable IoError expired;

    Errand(BlockDevice device, IoLoop loop) {
        this.device = device;
        this.loop = loop;
    }

    /** Sets out; the result is ready within about {@code deadlineNanos}. */
    final CompletableFuture<T> run(long deadlineNanos) {
        try {
            loop.execute(() -> begin(deadlineNanos));
        } catch (RejectedExecutionException stopped) {
            result.complete(failed(IoError.of(Kind.SHUTTING_DOWN, "the service is stopping", stopped)));
        }
        return result;
    }

    /**
     * Takes what the last request answered, if there was one, and fills in the next.
     *
     * @return whether there is a next
     */
    protected abstract boolean nextRequest();

    /** What is told when every request has succeeded. */
    protected abstract T succeeded();

    /** What is told when one has not. */
    protected abstract T failed(IoError error);

    private void begin(long deadlineNanos) {
        channel = device.open(loop);
        timer = loop.schedule(() -> expire(deadlineNanos), deadlineNanos);
        step();
    }

    @Override
    protected final void onAnswer() {
        loop.execute(this::step);
    }

    private void step() {
        IoError error = error();
        if (error != null) {
            end(failed(error));
        } else if (!nextRequest()) {
            end(succeeded());
        } else if (expired != null) {
            end(failed(expired));
        } else if (channel != null) {
            channel.submit(this);
        }
    }

    private void expire(long deadlineNanos) {
        expired =
                IoError.of(Kind.TIMEOUT, device.name() + " did not answer within " + deadlineNanos / 1_000_000 + " ms");
        if (channel != null && isPending()) {
            channel.abort(expired);
        }
    }

    private void end(T outcome) {
        if (timer != null) {
            timer.cancel();
        }
        if (channel != null) {
            channel.close();
        }
        result.complete(outcome);
    }
}
