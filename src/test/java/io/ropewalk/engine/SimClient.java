package io.ropewalk.engine;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One client of the geom: keeps some requests under way, checks every answer, gives up now and then. */
final class SimClient {
    private final SimWorld world;
    private final String name;
    private final SimRandom random;
    private final List<SimRequest> slots = new ArrayList<>();
    private SimScheduler.Loop loop;
    private @Nullable BlockChannel channel;
    private int left;

    private boolean amidAbort;

    /** Where it has gone from, while something is under way there. */
    private @Nullable BlockChannel leaving;

    /** When a FLUSH last failed, or when there was none to fail yet. */
    private long toldOfDebt;

    SimClient(SimWorld world, String name, int depth, int requests) {
        this.world = world;
        this.name = name;
        this.random = world.random.split();
        this.left = requests;
        this.loop = random.pick(world.scheduler.loops());
        for (int i = 0; i < depth; i++) {
            slots.add(new SimRequest(this, null));
        }
    }

    /** Has asked all it wanted, and knows every answer. */
    boolean isDone() {
        return left == 0 && isQuiet();
    }

    boolean isQuiet() {
        return slots.stream().noneMatch(SimRequest::isUnderWay);
    }

    void connect() {
        loop = random.pick(world.scheduler.loops());
        loop.execute(() -> {
            channel = world.geom().open(loop);
            toldOfDebt = world.scheduler.nextMoment();
            for (SimRequest slot : slots) {
                later(slot);
            }
            if (world.isStopping()) {
                disconnectSoon();
            }
        });
    }

    // ---- giving up

    /** On any thread: goes away without waiting, or gives up what is under way and stays. */
    void giveUp() {
        BlockChannel then = channel;
        if (then != null) {
            loop.execute(() -> giveUp(then));
        }
    }

    private void giveUp(BlockChannel then) {
        int way = random.below(3);
        // What an abort amid its own answers leaves is not for being abandoned.
        if (channel != then || (way == 2 && amidAbort)) {
            return;
        }
        world.count(SimHappening.GIVEN_UP);
        world.tell(() -> name + " gives up");
        slots.stream().filter(SimRequest::isUnderWay).forEach(slot -> slot.life().givenUp = true);
        switch (way) {
            case 0 -> {
                boolean before = amidAbort;
                amidAbort = true;
                then.abort(IoError.of(Kind.DISCONNECTED, "the client has gone"));
                amidAbort = before;
            }
            case 1 -> {
                disconnect();
                world.scheduler.after(random.between(0, world.plan.timeoutNanos()), this::connect);
            }
            default -> {
                abandon(then);
                return;
            }
        }
        if (slots.stream().anyMatch(slot -> slot.isUnderWay() && slot.life().givenUp)) {
            throw new SimViolation("a channel was aborted, and has requests under way");
        }
    }

    /** As a server whose client has gone. */
    private void abandon(BlockChannel then) {
        world.count(SimHappening.ABANDONED);
        channel = null;
        then.abandon();
        for (SimRequest slot : slots) {
            if (slot.isUnderWay()) {
                abandoned(slot.life());
            }
        }
        leaving = then;
        closeWhenQuiet();
    }

    private void abandoned(SimLife life) {
        // What a FLUSH has been answered may wait to be judged.
        if (life.underWay == 0 && life.op != IoOp.FLUSH) {
            throw new SimViolation(life + " waits for something, though its client has gone");
        }
        if (life.change != null) {
            world.leave(life);
        } else if (life.op == IoOp.FLUSH) {
            life.givenUp = false;
        }
    }

    private void closeWhenQuiet() {
        BlockChannel then = leaving;
        if (then != null && isQuiet()) {
            leaving = null;
            then.close();
            world.scheduler.after(random.between(0, world.plan.timeoutNanos()), this::connect);
        }
    }

    /** On its loop. */
    void disconnect() {
        BlockChannel then = Objects.requireNonNull(channel);
        channel = null;
        slots.stream().filter(SimRequest::isUnderWay).forEach(slot -> slot.life().givenUp = true);
        then.close();
    }

    void disconnectSoon() {
        loop.execute(() -> {
            if (channel != null) {
                disconnect();
            }
        });
    }

    // ---- asking

    private void next(SimRequest slot) {
        if (left == 0 || channel == null || slot.isUnderWay()) {
            return;
        }
        left--;
        ask(channel, slot, newLife(op()));
    }

    private void ask(BlockChannel through, SimRequest slot, SimLife life) {
        world.count(SimHappening.REQUEST);
        if (life.op == IoOp.READ) {
            world.count(SimHappening.READ);
        }
        world.tell(() -> name + " asks " + life + ": " + life.op + (life.durably ? " FUA " : " ") + life.firstBlock
                + "+" + life.blocks);
        slot.submit(through, life, random.pick(0, 16, 28));
    }

    private void later(SimRequest slot) {
        BlockChannel then = channel;
        Runnable next = () -> {
            if (channel == then) {
                next(slot);
            }
        };
        if (random.chance(0.3)) {
            next.run();
        } else if (random.chance(0.4)) {
            loop.execute(next);
        } else {
            loop.schedule(next, random.between(0, world.plan.thinkNanos()));
        }
    }

    private IoOp op() {
        int dice = random.below(100);
        if (dice < 40) {
            return IoOp.READ;
        }
        if (dice < 78) {
            return IoOp.WRITE;
        }
        if (dice < 83) {
            return IoOp.WRITE_ZEROES;
        }
        if (dice < 87) {
            return IoOp.TRIM;
        }
        if (dice < 97) {
            return IoOp.FLUSH;
        }
        return dice < 99 ? IoOp.CACHE : IoOp.BLOCK_STATUS;
    }

    private SimLife newLife(IoOp op) {
        int blocks = op == IoOp.FLUSH ? 0 : random.between(1, Math.min(6, world.plan.blocks()));
        int within = random.chance(0.8) ? Math.max(blocks, world.plan.hotBlocks()) : world.plan.blocks();
        int firstBlock = op == IoOp.FLUSH ? 0 : random.below(within - blocks + 1);
        return newLife(op, firstBlock, blocks, op.changesData() && random.chance(0.1));
    }

    private SimLife newLife(IoOp op, int firstBlock, int blocks, boolean durably) {
        long begin = world.scheduler.nextMoment();
        SimHistory.Change change = switch (op) {
            case WRITE -> world.history.beginWrite(firstBlock, blocks, begin);
            case WRITE_ZEROES -> world.history.beginErasure(SimDisk.ZEROES, firstBlock, blocks, begin);
            case TRIM -> world.history.beginErasure(SimDisk.TRIMMED, firstBlock, blocks, begin);
            default -> null;
        };
        return new SimLife(
                world.nextLife(), op, firstBlock, blocks, durably, begin, world.scheduler.nowNanos(), change);
    }

    // ---- the last questions

    /** Asks for a FLUSH, then for every block, with nothing else under way. */
    void verify(Runnable afterFlush, Runnable afterReads) {
        loop.execute(() -> {
            BlockChannel last = world.geom().open(loop);
            channel = last;
            toldOfDebt = world.scheduler.nextMoment();
            SimRequest reads = new SimRequest(this, afterReads);
            SimRequest flush = new SimRequest(this, () -> {
                afterFlush.run();
                loop.schedule(
                        () -> ask(last, reads, newLife(IoOp.READ, 0, world.plan.blocks(), false)),
                        20 * world.plan.timeoutNanos());
            });
            ask(last, flush, newLife(IoOp.FLUSH, 0, 0, false));
        });
    }

    // ---- answers

    /** On the loop, once per request. */
    void answered(SimRequest request) {
        SimLife life = request.life();
        world.requireOn(loop, "an answer to " + life);
        if (life.over) {
            throw new SimViolation(life + " was answered twice");
        }
        life.over = true;
        IoError error = request.error();
        world.tell(() -> name + " hears of " + life + ": " + (error == null ? "done" : error.toString()));
        world.requireInTime(life);
        if (life.left) {
            world.tell(() -> life + " was left");
        } else if (error == null) {
            succeeded(request, life);
        } else {
            failed(life, error);
        }
        closeWhenQuiet();
        Runnable then = request.then();
        if (then != null) {
            then.run();
            return;
        }
        world.amidAnAnswer();
        if (channel != null && random.chance(world.plan.tantrum())) {
            giveUp(channel);
        }
        later(request);
    }

    private void succeeded(SimRequest request, SimLife life) {
        if (life.change != null && life.underWay > 0) {
            if (!life.hedged) {
                throw new SimViolation(life + " is answered with attempts under way");
            }
            world.count(SimHappening.CHANGE_ANSWERED_BY_HEDGE);
        }
        switch (life.op) {
            case READ -> checkRead(request, life);
            case FLUSH -> flushed(life);
            case WRITE, WRITE_ZEROES, TRIM ->
                world.history.succeeded(
                        Objects.requireNonNull(life.change),
                        world.scheduler.nextMoment(),
                        life.cache,
                        life.durably,
                        life.servedMoment);
            case CACHE, BLOCK_STATUS -> {}
        }
    }

    static boolean tellsOfLoss(IoError error) {
        return error.message().equals(Flushing.LOSS.message());
    }

    private void flushed(SimLife life) {
        long debt = world.history.latestDebt();
        if (debt > toldOfDebt && debt < life.begin) {
            throw new SimViolation(this + " is told that " + life + " succeeded, but never of the debt from " + debt);
        }
        world.history.flushed(life.begin);
        world.durableSince(life.beginNanos);
    }

    private void checkRead(SimRequest request, SimLife life) {
        ByteBuf data = request.takeData();
        try {
            if (data.readableBytes() != life.blocks * SimOp.BLOCK_BYTES) {
                throw new SimViolation(life + " got " + data.readableBytes() + " bytes");
            }
            data.setZero(data.readerIndex() - request.dataHeadroom(), request.dataHeadroom());
            for (int i = 0; i < life.blocks; i++) {
                long version = SimOp.versionAt(data, data.readerIndex() + i * SimOp.BLOCK_BYTES);
                world.history.checkRead(life.firstBlock + i, version, life.begin);
            }
            world.count(SimHappening.READ_CHECKED);
        } finally {
            data.release();
        }
    }

    private void failed(SimLife life, IoError error) {
        world.requireExcuse(life, error);
        if (!life.givenUp && !tellsOfLoss(error)) {
            world.noteIfFlush(life, error);
            if (life.op == IoOp.FLUSH) {
                toldOfDebt = world.scheduler.nextMoment();
            }
        }
        if (tellsOfLoss(error) && !life.givenUp) {
            world.count(SimHappening.FLUSH_TOLD_OF_LOSS);
            world.checkLosses();
            world.history.toldOfLoss();
            toldOfDebt = world.scheduler.nextMoment();
        }
        world.closeIfOver(life);
        if (error.kind() == Kind.SHUTTING_DOWN) {
            left = 0;
            disconnectSoon();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
