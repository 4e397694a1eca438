package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The paths of a geom as one lane has them, in no order: a channel is opened to each that comes, and closed when a path is
 * lost and nothing is in flight there. Lane's loop only, but that any thread may look through them and {@link #find}.
 */
final class LanePaths implements Iterable<LanePath> {
    private static final int RANGES_NAMED = 16;

    private final Geom geom;
    private final Lane lane;
    private final List<LanePath> paths = new CopyOnWriteArrayList<>();

    LanePaths(Geom geom, Lane lane) {
        this.geom = geom;
        this.lane = lane;
    }

    @Override
    public Iterator<LanePath> iterator() {
        return paths.iterator();
    }

    @Nullable LanePath find(IoPath path) {
        for (LanePath candidate : paths) {
            if (candidate.path == path) {
                return candidate;
            }
        }
        return null;
    }

    /** The path of {@code entry}, as the table has it now; null for one that this lane does not have. */
    @Nullable LanePath adopt(PathEntry entry) {
        LanePath path = find(entry.path());
        if (path != null && !entry.isUsable() && !entry.draining()) {
            reportUnflushed(path, entry);
        }
        if (entry.isLost()) {
            takeLeave(path, entry);
            return path;
        }
        if (lane.isEnded() || geom.table().stopping()) {
            return path;
        }
        if (path == null) {
            return open(entry);
        }
        if (path.epoch != entry.epoch()) {
            path.epoch = entry.epoch();
            path.channel.prepare();
        }
        return path;
    }

    private LanePath open(PathEntry entry) {
        BlockChannel channel = entry.path().device().open(lane.loop());
        LanePath path = new LanePath(lane, entry.path(), geom.debts(), channel, entry.epoch());
        paths.add(path);
        channel.listen(path);
        channel.prepare();
        return path;
    }

    private void takeLeave(@Nullable LanePath path, PathEntry entry) {
        if (path == null) {
            geom.onLaneDrained(entry.path(), lane);
        } else {
            path.leaving = true;
        }
    }

    /** Closes those that are to go and have nothing in flight. */
    void releaseDrained() {
        for (LanePath path : paths) {
            releaseIfDrained(path);
        }
    }

    void releaseIfDrained(LanePath path) {
        if (path.leaving && path.inFlight == 0 && paths.remove(path)) {
            path.channel.close();
            path.onSessionEnded();
            geom.onLaneDrained(path.path, lane);
        }
    }

    void closeAll() {
        for (LanePath path : paths) {
            path.channel.close();
            path.onSessionEnded();
        }
    }

    /** Nobody can vouch for what these paths have not flushed: names it. */
    void reportUnflushed(List<IoPath> owing) {
        for (LanePath path : paths) {
            if (owing.contains(path.path)) {
                reportUnflushed(path);
            }
        }
    }

    /** A path went out of use: names what was changed through it and not flushed, once. */
    private void reportUnflushed(LanePath path, PathEntry entry) {
        if (path.reportedEpoch != entry.epoch() && reportUnflushed(path)) {
            path.reportedEpoch = entry.epoch();
        }
    }

    private boolean reportUnflushed(LanePath path) {
        path.unflushed.forget(path.path.latestFlushed());
        boolean owes = path.unflushed.bytes() > 0;
        if (owes) {
            geom.onUnflushed(path.path, path.unflushed.bytes(), path.unflushed.ranges(RANGES_NAMED));
        }
        return owes;
    }
}
