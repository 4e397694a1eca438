package io.ropewalk.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a volatile cache has kept its content, as far as its sessions can tell. A cache that is lost takes all its
 * sessions with it; so a session that is alive proves that nothing was lost since it began. One session after the other
 * proves it for longer, if each was alive when the next had begun: a <b>witness</b> is a session that began while the
 * proof still held, and any answer of it to a request that was sent later carries the proof on to that moment.
 *
 * <pre>
 *   proof  ├───────────────────────────────►│ proven
 *   a      ├──────────── witness ─────────────── answers what was sent here: proven moves on
 *   b                        ├── witness ───────
 *   c                                           ├── not yet: what came before c may be lost, for all that c knows
 * </pre>
 *
 * When no witness is left, the proof is broken: what was not flushed may be lost. It then begins anew with the oldest
 * session there is.
 *
 * <p>Under the geom's mutex, but for {@link #isWitness}.
 */
final class Continuity {
    private final List<PathSession> live = new ArrayList<>();
    private volatile long proven;

    /** Whether somebody asks a witness for a sign of life. */
    boolean vouching;

    void began(PathSession session) {
        if (live.isEmpty()) {
            proven = session.born;
        }
        live.add(session);
    }

    /** Returns whether the proof is broken by that: no witness is left. */
    boolean ended(PathSession session) {
        if (!live.remove(session) || witness() != null) {
            return false;
        }
        if (!live.isEmpty()) {
            proven = live.getFirst().born;
        }
        return true;
    }

    /** {@code session} has answered what was sent at {@code moment}. Returns whether that tells anything new. */
    boolean answered(PathSession session, long moment) {
        if (moment <= proven || !isWitness(session)) {
            return false;
        }
        proven = moment;
        return true;
    }

    /** Any thread; an answer holds for as long as the caller keeps the session from ending. */
    boolean isWitness(PathSession session) {
        return session.born <= proven && !session.over;
    }

    /** The oldest witness; null when there is no session at all. */
    @Nullable PathSession witness() {
        return live.isEmpty() || live.getFirst().born > proven ? null : live.getFirst();
    }

    /** Whether some session is not a witness yet. */
    boolean isDoubted() {
        return !live.isEmpty() && live.getLast().born > proven;
    }
}
