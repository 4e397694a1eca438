package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Hears what the geom tells of its paths, and holds it against the table and against what happened. */
final class SimObserver implements EngineObserver {
    private static final long NEVER = Long.MAX_VALUE;

    private final SimWorld world;
    private final Map<String, PathEntry.Condition> told = new HashMap<>();
    private final Map<String, Long> backInUse = new HashMap<>();
    private final Map<String, Long> attachedSince = new HashMap<>();
    private long added;
    private boolean drainBegins;
    private @Nullable String active;

    SimObserver(SimWorld world) {
        this.world = world;
    }

    /** Whether the path has been there, LOST or not yet added excluded, since {@code moment}. */
    boolean isAttachedSince(String path, long moment) {
        return attachedSince.getOrDefault(path, NEVER) <= moment;
    }

    /** Since when the path has been there. */
    long attachedSince(String path) {
        return attachedSince.getOrDefault(path, NEVER);
    }

    /** Whether the path is there and failed, and did not come back into use after {@code moment}. */
    boolean isOutSince(String path, long moment) {
        return told.get(path) == PathEntry.Condition.FAIL && backInUse.getOrDefault(path, NEVER) < moment;
    }

    /** What a path owes that {@code verb} begins to drain is not lost yet. */
    void whileDrainBegins(Runnable verb) {
        drainBegins = true;
        verb.run();
        drainBegins = false;
    }

    /** How often a path was added. */
    long added() {
        return added;
    }

    @Override
    public void onPathAdded(Geom geom, String path) {
        added++;
        world.tell(() -> "event: added " + path);
        attachedSince.put(path, world.scheduler.nextMoment());
        backInUse(path);
    }

    @Override
    public void onPathLost(Geom geom, String path, String why) {
        world.tell(() -> "event: lost " + path);
        attachedSince.remove(path);
        outOfUse(path, PathEntry.Condition.LOST);
    }

    @Override
    public void onPathRemoved(Geom geom, String path) {
        world.tell(() -> "event: removed " + path);
        told.remove(path);
    }

    @Override
    public void onPathFailed(Geom geom, String path, FailReason reason, String detail, @Nullable IoError error) {
        world.tell(() -> "event: failed " + path + " " + reason + " " + detail);
        world.count(SimHappening.PATH_FAILED);
        if (error != null) {
            SimOp op = world.op(SimChannel.idOf(error));
            requirePresentEpoch(path, op);
            requireBlame(path, reason, op);
        }
        if (reason == FailReason.IDENTITY && error == null) {
            world.count(SimHappening.MIX_UP_FOUND);
            world.path(path).requireMixedUp();
        }
        if (reason == FailReason.CHECKER && !isAnotherUsable(path)) {
            throw new SimViolation("a check took " + path + ", the last usable path");
        }
        // R45, R53: where an operator fails the only path, its restore is told before the failure.
        boolean restoredAlready = reason == FailReason.OPERATOR && attached() == 1;
        outOfUse(path, restoredAlready ? PathEntry.Condition.USABLE : PathEntry.Condition.FAIL);
    }

    private boolean isAnotherUsable(String path) {
        return told.entrySet().stream()
                .anyMatch(entry -> entry.getValue() == PathEntry.Condition.USABLE
                        && !entry.getKey().equals(path));
    }

    private long attached() {
        return told.values().stream()
                .filter(condition -> condition != PathEntry.Condition.LOST)
                .count();
    }

    /** Q4: a path is failed only for what was sent since it came into use. */
    private void requirePresentEpoch(String path, SimOp op) {
        long since = Objects.requireNonNull(backInUse.get(path));
        if (op.submitted < since) {
            throw new SimViolation(
                    path + " is in use since " + since + " and was failed for " + op + " from " + op.submitted);
        }
    }

    /** Q5: a device's own error is the path's fault only where another path could do it. */
    private static void requireBlame(String path, FailReason reason, SimOp op) {
        if (reason == FailReason.IO_ERROR && (op.life == null || !op.life.succeeded)) {
            throw new SimViolation(path + " was failed for " + op + ", though no path could do it");
        }
    }

    /**
     * A path out of use is the last resort, one on its way out is none. A FLUSH goes to all that were usable when it was
     * sent, though one may fail at once and another with it.
     */
    void requireChoosable(IoPath path, SimLife life, long passedOver) {
        PathTable table = world.geom().table();
        boolean choosable = table.find(path)
                .map(entry -> entry.isUsable()
                        || (entry.isFailed()
                                && (life.op == IoOp.FLUSH || !isUsableLeft(table, life.tried | passedOver))))
                .orElse(false);
        if (!choosable) {
            throw new SimViolation(life + " was sent on " + path + ", having tried " + life.tried + " and passed over "
                    + passedOver + ", with " + table);
        }
    }

    /** One that does not work may have been found out by a look at where it leads. */
    private static boolean isUsableLeft(PathTable table, long tried) {
        return table.newestFirst().stream()
                .anyMatch(entry -> entry.isUsable()
                        && (entry.path().bit() & tried) == 0
                        && !((SimPath) entry.path().device()).isFaulted());
    }

    @Override
    public void onPathRestored(Geom geom, String path, RestoreTrigger trigger) {
        world.tell(() -> "event: restored " + path + " " + trigger);
        world.count(SimHappening.PATH_RESTORED);
        backInUse(path);
    }

    @Override
    public void onActiveChanged(Geom geom, @Nullable String path) {
        world.tell(() -> "event: active " + path);
        active = path;
    }

    @Override
    public void onUnfenced(Geom geom, String path, long offset, long length) {
        world.tell(() -> "event: unfenced " + path + " " + offset + "+" + length);
        world.count(SimHappening.FENCE_EXPIRED);
        if (world.plan.unproven() == 0) {
            throw new SimViolation("a fence was given up on " + path + ", though every proof came in time");
        }
    }

    private void backInUse(String path) {
        told.put(path, PathEntry.Condition.USABLE);
        backInUse.put(path, world.scheduler.nextMoment());
    }

    private void outOfUse(String path, PathEntry.Condition condition) {
        boolean news = told.put(path, condition) != condition;
        if (news && !drainBegins) {
            world.history.outOfUse(world.path(path).cache(), world.scheduler.nextMoment());
        }
    }

    /** The rules that hold for every table, and that the events have told of it. */
    void check(PathTable table) {
        Set<Long> bits = new HashSet<>();
        long usable = 0;
        for (PathEntry entry : table.newestFirst()) {
            String name = entry.path().name();
            require(bits.add(entry.path().bit()), "a slot is taken twice", table);
            require(told.get(name) == entry.condition(), name + " is not as told", table);
            require(entry.isFailed() == (entry.failure() != null), name + " has the wrong reason", table);
            usable += entry.isUsable() ? 1 : 0;
        }
        require(told.size() == table.newestFirst().size(), "more was told than is", table);
        require(usable == table.usableCount(), "the count is wrong", table);
        long elsewhere =
                table.newestFirst().stream().filter(PathEntry::isAnotherDisk).count();
        require(usable > 0 || table.attachedCount() == elsewhere, "R6: paths, but none usable", table);
        checkActive(table, usable);
    }

    private void checkActive(PathTable table, long usable) {
        IoPath now = table.active();
        require((now == null) == (usable == 0), "active exactly while one is usable", table);
        require(Objects.equals(active, now == null ? null : now.name()), "active is not as told", table);
        require(now == null || table.find(now).orElseThrow().isUsable(), "the active path is not usable", table);
    }

    private void require(boolean holds, String otherwise, PathTable table) {
        if (!holds) {
            throw new SimViolation(otherwise + "; told " + told + " and active " + active + "; " + table);
        }
    }
}
