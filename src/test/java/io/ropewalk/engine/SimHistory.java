package io.ropewalk.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What clients did to the disk and were told about it, and so what a read may return. Every block is a register of its
 * own; the model, precisely:
 *
 * <ul>
 *   <li>A change (WRITE, WRITE_ZEROES, TRIM) has a <b>begin</b>, when the client submitted it, and an <b>end</b>. Between
 *       them it may take effect, any number of times; after its end it does not any more. The end is
 *       <ul>
 *         <li>when it succeeded: its answer. It did take effect;
 *         <li>when it failed: its answer. It may or may not have taken effect, in each block of its own;
 *         <li>when the client gave it up (closed, aborted or abandoned its channel): that moment, for what is under way
 *             then holds later changes back. It may or may not have taken effect.
 *       </ul>
 *   <li>A change is <b>superseded</b> for a read by another one that succeeded, began after its end, and ended before the
 *       read began.
 *   <li>A read may return of each block any change that began before the read's end and is not superseded for it. The
 *       zeroes of the new disk are a change that succeeded before all.
 *   <li>A change that succeeded is <b>durable</b> when it was FUA, or when a FLUSH succeeded that began after its end.
 *   <li>When a cache loses its content, changes through it that succeeded and that no server's FLUSH has covered are
 *       <b>lost</b>: they may or may not have taken effect, so they supersede nothing from then on; no later FLUSH makes
 *       them durable. What was under way then is as before.
 *   <li>A FLUSH must not succeed that began after the end of a change that is lost, unless clients were told before, by a
 *       FLUSH that failed for that reason: that one makes all changes lost that were not durable when the engine noticed,
 *       as after a kernel's lost write-back.
 * </ul>
 *
 * <p>So this is a regular register with many writers: a fenced stale write may show between a change and the next one that
 * overlaps it in time, never after one that followed it.
 */
final class SimHistory {
    private static final long NEVER = Long.MAX_VALUE;

    /** One change and what became of it. */
    static final class Change {
        final long version;
        private final int firstBlock;
        private final int blocks;
        private final long begin;
        private long end = NEVER;
        private long served;
        private int cache;
        private boolean succeeded;
        private boolean durable;
        private boolean lost;

        Change(long version, int firstBlock, int blocks, long begin) {
            this.version = version;
            this.firstBlock = firstBlock;
            this.blocks = blocks;
            this.begin = begin;
        }

        private boolean supersedes(Change other, long readBegin) {
            return succeeded && !lost && begin > other.end && end < readBegin;
        }

        @Override
        public String toString() {
            String fate =
                    end == NEVER ? "under way" : succeeded ? (durable ? "durable" : lost ? "lost" : "done") : "failed";
            return "version " + version + " of " + firstBlock + "+" + blocks + " from " + begin
                    + (end == NEVER ? "" : " to " + end) + " " + fate;
        }
    }

    /** A cache has lost its content at {@code moment}, but for what had been made durable up to {@code flushed}. */
    private record Loss(int cache, long flushed, long moment) {
        boolean took(Change change) {
            return change.cache == cache && change.served > flushed && change.served < moment;
        }
    }

    private final List<List<Change>> byBlock = new ArrayList<>();
    private final List<Change> writes = new ArrayList<>();
    private final List<Change> notDurable = new ArrayList<>();
    private final List<Change> atRisk = new ArrayList<>();
    private final boolean cachePerPath;
    private final long[] flushedAtServer;
    private final long[] lostAt;
    private final List<Loss> losses = new ArrayList<>();
    private long latestDebt;
    private long noted;

    SimHistory(int blocks, int caches) {
        cachePerPath = caches > 1;
        flushedAtServer = new long[caches];
        lostAt = new long[caches];
        Change initial = new Change(SimDisk.ZEROES, 0, blocks, 0);
        initial.end = 0;
        initial.succeeded = true;
        initial.durable = true;
        for (int block = 0; block < blocks; block++) {
            List<Change> changes = new ArrayList<>();
            changes.add(initial);
            byBlock.add(changes);
        }
    }

    /** A WRITE begins; its version is the change's. */
    Change beginWrite(int firstBlock, int blocks, long moment) {
        Change change = new Change(writes.size() + 1, firstBlock, blocks, moment);
        writes.add(change);
        return begin(change);
    }

    /** A WRITE_ZEROES or TRIM begins; {@code version} is what the disk makes of it. */
    Change beginErasure(long version, int firstBlock, int blocks, long moment) {
        return begin(new Change(version, firstBlock, blocks, moment));
    }

    private Change begin(Change change) {
        for (int block = change.firstBlock; block < change.firstBlock + change.blocks; block++) {
            byBlock.get(block).add(change);
        }
        return change;
    }

    /**
     * @param cache through which it went when it was answered
     * @param served when the server had done it
     */
    void succeeded(Change change, long moment, int cache, boolean durably, long served) {
        change.end = moment;
        change.served = served;
        change.cache = cache;
        change.succeeded = true;
        change.durable = durably;
        if (durably) {
            return;
        }
        if (losses.stream().anyMatch(loss -> loss.took(change))) {
            lose(change, moment);
        } else {
            notDurable.add(change);
        }
    }

    void failed(Change change, long moment) {
        change.end = moment;
    }

    /** A server has made durable all that went through that cache. */
    void flushedAtServer(int cache, long moment) {
        flushedAtServer[cache] = moment;
    }

    /** The path before that cache went out of use. */
    void outOfUse(int cache, long moment) {
        if (cachePerPath
                && Stream.concat(notDurable.stream(), atRisk.stream()).anyMatch(change -> isOwed(change, cache))) {
            latestDebt = moment;
        }
    }

    /** A client was told that its FLUSH, or its change with FUA, was refused, and something was owed when it was sent, or is now. */
    void flushFailed(long moment) {
        latestDebt = moment;
    }

    /** Whether some server has not made durable what was acknowledged. */
    boolean isAnythingOwed() {
        return Stream.concat(notDurable.stream(), atRisk.stream()).anyMatch(change -> isOwed(change, change.cache));
    }

    /** Nothing is owed that was acknowledged between those moments through the path before that cache. */
    void requireFlushed(int cache, long from, long to) {
        if (!cachePerPath) {
            return;
        }
        Stream.concat(notDurable.stream(), atRisk.stream())
                .filter(change -> change.end > from && change.end < to && isOwed(change, cache))
                .findFirst()
                .ifPresent(change -> {
                    throw new SimViolation(
                            "a debt is left: " + change + " is not durable, though its path was drained");
                });
    }

    private boolean isOwed(Change change, int cache) {
        return change.cache == cache && change.served > flushedAtServer[cache];
    }

    /**
     * When changes were last lost, or a path with a cache of its own went out of use with changes that were not flushed, or
     * a FLUSH was refused: every client that was there is to be told, by a FLUSH that fails, before it is told of one that succeeded.
     */
    long latestDebt() {
        return latestDebt;
    }

    /** A FLUSH that began at {@code flushBegin} has succeeded. */
    void flushed(long flushBegin) {
        atRisk.forEach(change -> requireTold(change, flushBegin));
        notDurable.removeIf(change -> {
            change.durable = change.end < flushBegin;
            requireFlushed(change, flushBegin);
            return change.durable;
        });
    }

    /** The server's word is not waited for: a cache need not be lost for a FLUSH to have been wrong. */
    private void requireFlushed(Change change, long flushBegin) {
        if (change.durable && isOwed(change, change.cache)) {
            throw new SimViolation("a FLUSH from " + flushBegin + " succeeded, and a debt was left: " + change
                    + " of cache " + change.cache + ", which was flushed last at " + flushedAtServer[change.cache]);
        }
    }

    private void requireTold(Change change, long flushBegin) {
        if (change.end < flushBegin) {
            throw new SimViolation("a FLUSH from " + flushBegin + " succeeded, though " + change
                    + " was lost with cache " + change.cache + " at " + lostAt[change.cache]);
        }
    }

    /** From now on the engine tells clients that what was not flushed by this moment may be lost. */
    void lossNoted(long moment) {
        noted = moment;
    }

    /** A client was told that changes which were not flushed may be lost: those from before the engine knew. */
    void toldOfLoss() {
        atRisk.removeIf(change -> change.end < noted);
        notDurable.removeIf(change -> {
            change.lost = change.end < noted;
            return change.lost;
        });
    }

    /** A cache has lost its content. */
    void cacheLost(int cache, long moment) {
        lostAt[cache] = moment;
        losses.add(new Loss(cache, flushedAtServer[cache], moment));
        List<Change> lost =
                notDurable.stream().filter(change -> isOwed(change, cache)).toList();
        notDurable.removeAll(lost);
        lost.forEach(change -> lose(change, moment));
    }

    private void lose(Change change, long moment) {
        change.lost = true;
        atRisk.add(change);
        latestDebt = moment;
    }

    /** Throws unless a read that began at {@code readBegin} may return {@code version} of {@code block}. */
    void checkRead(int block, long version, long readBegin) {
        List<Change> candidates = byBlock.get(block).stream()
                .filter(change -> change.version == version)
                .toList();
        Change superseder = null;
        for (Change candidate : candidates) {
            superseder = superseder(candidate, block, readBegin);
            if (superseder == null) {
                return;
            }
        }
        throw new SimViolation("block " + block + " read " + version + " (" + candidates + ") by a read from "
                + readBegin + ", but there is " + superseder);
    }

    private @Nullable Change superseder(Change change, int block, long readBegin) {
        for (Change other : byBlock.get(block)) {
            if (other.supersedes(change, readBegin)) {
                return other;
            }
        }
        return null;
    }
}
