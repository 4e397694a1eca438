package io.ropewalk.engine;

import io.ropewalk.block.IoOp;
import org.jspecify.annotations.Nullable;

/** One request of a client from its submission to its end: what the checkers know of it. */
final class SimLife {
    final long id;
    final IoOp op;
    final int firstBlock;
    final int blocks;
    final boolean durably;
    final long begin;
    final long beginNanos;

    /** What it does to the disk, if it changes data. */
    final SimHistory.@Nullable Change change;

    /** Bits of the paths that it was sent on. */
    long tried;

    /** How many paths had been added when it began. */
    long pathsAdded;

    /** Something acknowledged was not durable when it was sent. */
    boolean owed;

    /** How often it was sent on a path. */
    int attempts;

    /** Attempts that the engine has no answer to. */
    int underWay;

    /** Some path did it. */
    boolean succeeded;

    /** The engine knows that it was refused for good. */
    boolean refusalKnown;

    /** Some attempt was given the room before its payload. */
    boolean headroomGiven;

    /** It was sent to another path while one had not answered. */
    boolean hedged;

    /** The client is giving it up, or has. */
    boolean givenUp;

    /** Answered to the client. */
    boolean over;

    /** The client has gone while attempts of this change are under way: how they end tells nobody anything. */
    boolean left;

    /** What was sent last. */
    @Nullable SimOp latest;

    /** The cache behind the path that answered last. */
    int cache;

    /** When that path's server had done it. */
    long servedMoment;

    SimLife(
            long id,
            IoOp op,
            int firstBlock,
            int blocks,
            boolean durably,
            long begin,
            long beginNanos,
            SimHistory.@Nullable Change change) {
        this.id = id;
        this.op = op;
        this.firstBlock = firstBlock;
        this.blocks = blocks;
        this.durably = durably;
        this.begin = begin;
        this.beginNanos = beginNanos;
        this.change = change;
    }

    @Override
    public String toString() {
        return "r" + id + (change == null ? "" : " v" + change.version);
    }
}
