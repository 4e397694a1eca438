package io.ropewalk.engine;

import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.engine.Look.Finding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which of a lane's usable paths requests may go to: those whose sessions lead to the disk, for all that is known (ADR
 * 13). What begins after a session has ended is in doubt until a {@link Look} has told. Lane's loop only.
 */
final class Eligibility {
    private static final LanePath[] NO_PATHS = {};

    private final Geom geom;
    private final Lane lane;
    private final Batch batch;
    private final List<Waiting> waiting = new ArrayList<>();

    private Mode mode = Mode.ACTIVE_PASSIVE;
    /** The usable paths, newest first. */
    private LanePath[] usable = NO_PATHS;
    /** Those of them that requests may go to. */
    private LanePath[] eligible = NO_PATHS;
    /** What the geom's table names. */
    private @Nullable LanePath named;
    /** The same, if requests may go there. */
    private @Nullable LanePath active;

    /** Who hears how a look at {@code path} has ended. */
    private record Waiting(LanePath path, Consumer<Finding> then) {}

    Eligibility(Geom geom, Lane lane) {
        this.geom = geom;
        this.lane = lane;
        this.batch = new Batch(lane.loop());
    }

    /** The table has changed. */
    void become(Mode newMode, LanePath[] newUsable, @Nullable LanePath newNamed) {
        mode = newMode;
        usable = newUsable;
        named = newNamed;
        review();
    }

    /** How many paths there are beside one. */
    int others() {
        return eligible.length - 1;
    }

    /** Whether the paths share such requests. */
    boolean isShared(IoOp op) {
        return PathSelector.isBalanced(mode, op);
    }

    /** Whether there are others, and they have nothing to do. */
    boolean areOthersIdle(LanePath path) {
        for (LanePath other : eligible) {
            if (other != path && other.inFlight > 0) {
                return false;
            }
        }
        return others() > 0;
    }

    LanePath[] usable() {
        return usable;
    }

    boolean isUsable(LanePath path) {
        return Arrays.asList(usable).contains(path);
    }

    /** The path for a request that has tried none, by R7 to R9, or that of the {@link Batch} it belongs to; null for none. */
    @Nullable LanePath choose(GeomChannel from, IoRequest request) {
        IoOp op = request.op();
        if (op == IoOp.FLUSH || !isShared(op)) {
            return choose(op, 0);
        }
        LanePath path = batch.join(from, request);
        if (path == null) {
            path = choose(op, 0);
            if (path != null) {
                batch.begin(from, request, path);
            }
        }
        return path;
    }

    /** The path for a request that has tried those of {@code tried}, by R7 to R9; null for none. */
    @Nullable LanePath choose(IoOp op, long tried) {
        return PathSelector.choose(mode, op, eligible, active, tried);
    }

    /** The least busy path for a request's second attempt. */
    @Nullable LanePath chooseForHedge(long tried) {
        return PathSelector.choose(Mode.ACTIVE_ACTIVE, IoOp.READ, eligible, null, tried);
    }

    /**
     * A session has begun or ended. Where no path is trusted there is nothing to compare with, and whichever has a session
     * is believed.
     */
    void review() {
        batch.end();
        if (!isAnyTrusted()) {
            believeSomeone();
        }
        boolean all = !isAnyTrusted();
        eligible = Arrays.stream(usable).filter(path -> all || !path.doubtful).toArray(LanePath[]::new);
        active = named == null || all || !named.doubtful ? named : null;
        if (!all && eligible.length < usable.length) {
            // Not from here: a channel may be in the middle of telling that its session has ended.
            lane.loop().execute(this::lookAtDoubtful);
        }
    }

    private void believeSomeone() {
        for (LanePath path : usable) {
            if (path.session() != null) {
                path.trust();
                return;
            }
        }
    }

    boolean isAnyTrusted() {
        for (LanePath path : usable) {
            if (!path.doubtful) {
                return true;
            }
        }
        return false;
    }

    private List<LanePath> trusted() {
        return Arrays.stream(usable).filter(path -> !path.doubtful).toList();
    }

    /** The newest usable path in doubt, but for those of {@code passed}. */
    @Nullable LanePath firstDoubtful(long passed) {
        for (LanePath path : usable) {
            if (path.doubtful && (path.bit & passed) == 0) {
                return path;
            }
        }
        return null;
    }

    private void lookAtDoubtful() {
        for (LanePath path : usable) {
            if (path.doubtful) {
                look(path);
            }
        }
    }

    /** Sees to it that it is found out where a doubtful path leads, if there is one to compare it with. */
    private boolean look(LanePath path) {
        List<LanePath> trusted = trusted();
        if (trusted.isEmpty() || lane.isEnded() || path.leaving) {
            return false;
        }
        if (!path.looking) {
            path.looking = true;
            lane.loop()
                    .execute(() ->
                            new Look(geom, path, trusted, lane::readBeside, finding -> found(path, finding)).begin());
        }
        return true;
    }

    private void found(LanePath path, Finding finding) {
        path.looking = false;
        switch (finding) {
            case Finding.Same same -> path.trust();
            case Finding.AnotherDisk another -> geom.verdicts().onAnotherDisk(path.path, path.epoch, another.where());
            case Finding.Broken broken -> geom.verdicts().onLookBroken(path.path, broken.epoch(), broken.error());
            case Finding.Unclear unclear -> {}
        }
        lane.refresh();
        reviewAfterLook(path);
        for (Waiting one : List.copyOf(waiting)) {
            if (one.path() == path && waiting.remove(one)) {
                one.then().accept(finding);
            }
        }
    }

    /** One that is still in use and in doubt is looked at again a little later. */
    private void reviewAfterLook(LanePath path) {
        if (isUsable(path) && path.doubtful && !lane.isEnded()) {
            lane.loop().schedule(this::lookAtDoubtful, geom.attemptTimeoutNanos() / 2);
        } else {
            review();
        }
    }

    /** Whether {@code then} has to wait for a look at the path, and hears of its end. */
    boolean awaitLook(LanePath path, Consumer<Finding> then) {
        if (!path.doubtful || !look(path)) {
            return false;
        }
        waiting.add(new Waiting(path, then));
        return true;
    }
}
