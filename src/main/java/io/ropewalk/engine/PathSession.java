package io.ropewalk.engine;

/**
 * One session of one lane to one path's server. Identity counts.
 *
 * <p>Touched by its lane's loop, and under the geom's mutex by all.
 */
final class PathSession {
    final Lane lane;
    final LanePath on;

    /** The moment at which it began, see {@link Debts#moment}. */
    final long born;

    /** Lane's loop only: the latest moment that an answer of it has been told for. */
    long told;

    /** It has ended, or gives no sign of life. */
    volatile boolean over;

    PathSession(Lane lane, LanePath on, long born) {
        this.lane = lane;
        this.on = on;
        this.born = born;
        this.told = born;
    }

    @Override
    public String toString() {
        return on.path + " since " + born + (over ? ", over" : "");
    }
}
