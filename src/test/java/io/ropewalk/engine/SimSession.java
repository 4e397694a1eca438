package io.ropewalk.engine;

import io.ropewalk.block.Settlement;
import java.util.ArrayList;
import java.util.List;

/** One connection of a simulated path: what the server got through it, and what becomes of that when it ends. */
final class SimSession {
    private final SimWorld world;
    private final SimChannel channel;
    final Settlement settlement = new Settlement();
    final long connectedNanos;

    /** Where it leads. */
    final SimDisk disk;

    /** The server never answers the handshake. */
    final boolean unanswered;

    /** The client end knows that the server has taken it. */
    boolean connected;

    /** Whichever side ended it: nothing more comes out of it, and nothing that is sent into it arrives. */
    boolean ended;

    private final List<SimOp> atServer = new ArrayList<>();

    SimSession(SimWorld world, SimChannel channel, long connectedNanos, boolean unanswered) {
        this.world = world;
        this.channel = channel;
        this.connectedNanos = connectedNanos;
        this.unanswered = unanswered;
        this.disk = channel.path().disk();
    }

    void arriving(SimOp op) {
        atServer.add(op);
    }

    /**
     * What the server has and has not done yet is never done, or done later; once that is over there is proof, or the
     * proof is lost.
     */
    void end() {
        ended = true;
        long lastNanos = 0;
        for (SimOp op : atServer) {
            if (!op.served && world.random.chance(world.plan.lateness())) {
                long delay = world.random.between(0, world.plan.lateNanos());
                lastNanos = Math.max(lastNanos, delay);
                world.scheduler.after(delay, () -> late(op));
            }
        }
        if (world.random.chance(world.plan.unproven())) {
            world.count(SimHappening.PROOF_MISSING);
            return;
        }
        world.scheduler.after(lastNanos, this::prove);
    }

    private void late(SimOp op) {
        if (op.op.changesData()) {
            world.late(op);
        }
        op.served = true;
        if (world.random.chance(0.9)) {
            op.takeEffect(disk, channel.path().cache());
        } else {
            op.takeEffectInPart(disk, channel.path().cache(), world.random);
        }
    }

    /** On whatever thread the proof arrives. */
    private void prove() {
        switch (world.random.below(3)) {
            case 0 -> settlement.settle();
            case 1 -> channel.loop().execute(settlement::settle);
            default -> world.random.pick(world.scheduler.loops()).execute(settlement::settle);
        }
    }
}
