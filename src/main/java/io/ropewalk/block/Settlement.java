package io.ropewalk.block;

import java.util.ArrayList;
import java.util.List;

/**
 * The afterlife of a session that ended with requests unanswered: once settled, nothing that had been sent there can still
 * take effect. A peer that has closed its side after ours has read, and answered or dropped, all that we sent; a system
 * call that has returned changes nothing any more. Until then a write that was given up may still land (Q12).
 *
 * <p>Any thread.
 */
public final class Settlement {
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean settled;

    public synchronized boolean isSettled() {
        return settled;
    }

    /** Runs {@code action} once settled, at once when it is already; on the thread that settles. */
    public void whenSettled(Runnable action) {
        synchronized (this) {
            if (!settled) {
                waiting.add(action);
                return;
            }
        }
        action.run();
    }

    /** Proof is here. Idempotent. */
    public void settle() {
        List<Runnable> actions;
        synchronized (this) {
            settled = true;
            actions = List.copyOf(waiting);
            waiting.clear();
        }
        actions.forEach(Runnable::run);
    }
}
