package io.ropewalk.engine;

import io.ropewalk.block.IoOp;
import org.jspecify.annotations.Nullable;

/**
 * Which path serves a request (R7–R9, and {@link Pace}). Paths are given newest first, as the original lists them; a path whose bit is in
 * {@code tried} is not chosen again. Touches nothing but the idle counts of R9.
 */
final class PathSelector {

    private PathSelector() {}

    /**
     * The path for a request.
     *
     * @param usable the usable paths, newest first
     * @param active the active path; null when there is none
     * @param tried bits of paths not to choose
     * @return null when no path is left
     */
    static @Nullable LanePath choose(Mode mode, IoOp op, LanePath[] usable, @Nullable LanePath active, long tried) {
        if (isBalanced(mode, op)) {
            return leastBusy(usable, tried);
        }
        if (active != null && (active.bit & tried) == 0) {
            return active;
        }
        return firstOf(usable, tried);
    }

    /** Whether the usable paths share such requests. */
    static boolean isBalanced(Mode mode, IoOp op) {
        return mode == Mode.ACTIVE_ACTIVE || (mode == Mode.ACTIVE_READ && op == IoOp.READ);
    }

    /** R9: fewest in flight; then idle for the most choices; then the newest. Those that stand back come last. */
    private static @Nullable LanePath leastBusy(LanePath[] usable, long tried) {
        LanePath best = null;
        for (LanePath path : usable) {
            path.idle++;
            if ((path.bit & tried) == 0 && (best == null || isLessBusy(path, best))) {
                best = path;
            }
        }
        if (best != null) {
            best.idle = 0;
        }
        return best;
    }

    private static boolean isLessBusy(LanePath path, LanePath best) {
        if (path.standsBack() != best.standsBack()) {
            return best.standsBack();
        }
        return path.inFlight < best.inFlight || (path.inFlight == best.inFlight && path.idle > best.idle);
    }

    private static @Nullable LanePath firstOf(LanePath[] usable, long tried) {
        for (LanePath path : usable) {
            if ((path.bit & tried) == 0) {
                return path;
            }
        }
        return null;
    }
}
