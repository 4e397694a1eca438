package io.ropewalk.nbd;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
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
 * what has is given up there a moment later, so a change among it is answered with a {@link Settlement} that fires when
 * it is known what has become of it.
 *
 * <p>What is on its way when the session there is lost does not go into the next one, of which the asker has not heard
 * yet: it may lead to another disk.
 */
final class NbdDeviceRelay extends BlockChannel {
    private final NbdDevice device;
    private final NbdDeviceChannel target;
    private final List<Passed> away = new ArrayList<>();
    private @Nullable Passed free;
    private boolean open;
    /** How many lost sessions were heard of here. */
    private int lossesHeard;

    /** How many sessions were lost; and how many of these whoever sends from here on must know of. There. */
    private int losses;

    private int lossesKnown;

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
                run(loop(), () -> {
                    if (open) {
                        sessionBegan();
                    }
                });
            }

            @Override
            public void onSessionEnded() {
                losses += target.isRenewing() ? 0 : 1;
                int known = losses;
                run(loop(), () -> {
                    lossesHeard = known;
                    sessionEnded();
                });
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
            answerAll(error, () -> {
                target.abort(error);
                lossesKnown = losses;
            });
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
        record Answer(IoRequest request, IoError error) {}
        List<Answer> answers = new ArrayList<>(away.size());
        for (Passed passed : List.copyOf(away)) {
            IoError itsError = passed.giveUp(error);
            answers.add(new Answer(passed.recall(), itsError));
        }
        there(end);
        answers.forEach(answer -> answer.request.fail(answer.error));
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
        /** Of a change that was given up and may have been sent: fires when it can no longer land. */
        private @Nullable Settlement settlement;

        private int position;
        private int lossesHeardThen;
        /** The session that it was asked of was lost before it was sent. */
        private boolean late;

        private boolean answered;
        private boolean back;

        void leave(IoRequest request) {
            next = null;
            lossesHeardThen = lossesHeard;
            late = false;
            answered = false;
            back = false;
            decided.set(false);
            settlement = null;
            original = request;
            askSame(request, false);
            if (op() == IoOp.WRITE) {
                payload().retain();
            }
            position = away.size();
            away.add(this);
        }

        /** Sends it no more, if it is not sent yet; returns {@code error} as it is to be answered with. */
        IoError giveUp(IoError error) {
            if (decided.compareAndSet(false, true) || !op().changesData()) {
                return error;
            }
            Settlement whenKnown = new Settlement();
            settlement = whenKnown;
            return error.unsettled(whenKnown);
        }

        /** Takes the question back; of what comes as an answer nothing counts but that it has come. */
        IoRequest recall() {
            IoRequest request = original;
            if (request == null) {
                throw new IllegalStateException("not on its way: " + this);
            }
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
            } else if (!decided.compareAndSet(false, true)) {
                goBack();
            } else if (Math.max(lossesHeardThen, lossesKnown) < losses) {
                late = true;
                goBack();
            } else {
                target.submit(this);
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
                answer(recall());
            }
            next = free;
            free = this;
        }

        private void answer(IoRequest request) {
            if (late) {
                request.fail(IoError.of(
                        Kind.DISCONNECTED, "the connection to " + device.server() + " was lost before it was sent"));
            } else {
                request.answerAs(this);
            }
        }

        private void drop() {
            dropPayload();
            if (answered && op() == IoOp.READ && error() == null) {
                takeData().release();
            }
            settle();
        }

        /** It was answered there, so it can land no more; unless that answer says that it still can. */
        private void settle() {
            Settlement ours = settlement;
            if (ours == null) {
                return;
            }
            IoError error = error();
            Settlement theirs = error == null ? null : error.settlement();
            if (theirs == null) {
                ours.settle();
            } else {
                theirs.whenSettled(ours::settle);
            }
        }

        private void dropPayload() {
            if (op() == IoOp.WRITE) {
                payload().release();
            }
        }
    }
}
