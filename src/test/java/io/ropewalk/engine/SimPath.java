package io.ropewalk.engine;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.DeviceListeners;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One simulated way to the disk: a server that serves it, the network before it, and what goes wrong with both. */
final class SimPath implements BlockDevice {
    private static final Capabilities CAPABILITIES =
            Capabilities.of(Capability.values()).without(Capability.ROTATIONAL);
    private static final long SICK = Long.MAX_VALUE;

    private final SimWorld world;
    private final String name;
    private final int cache;
    private final Geometry geometry;
    private final boolean local;
    private final DeviceListeners listeners = new DeviceListeners();
    private final List<SimChannel> channels = new ArrayList<>();
    private final List<SimOp> frozen = new ArrayList<>();

    private @Nullable SimFault fault;
    private Kind errorKind = Kind.IO;
    private double errorRate;
    private int doomed;
    private int breaking;
    private boolean everMixedUp;
    private long wellSince;

    /** @param cache the volatile cache that changes through this path rest in */
    SimPath(SimWorld world, String name, int cache) {
        this.world = world;
        this.name = name;
        this.cache = cache;
        this.geometry = Geometry.of((long) world.plan.blocks() * SimOp.BLOCK_BYTES, SimOp.BLOCK_BYTES);
        this.local = world.random.chance(0.2);
    }

    int cache() {
        return cache;
    }

    // ---- health

    /** Whether every request sent here from {@code moment} on was bound to succeed in time. */
    boolean isWellSince(long moment) {
        return wellSince <= moment;
    }

    /** Whether some connection has been there since then. */
    boolean isConnectedSince(long nanos) {
        return channels.stream()
                .map(SimChannel::current)
                .anyMatch(session ->
                        session != null && session.connected && !session.ended && session.connectedNanos < nanos);
    }

    /** Whether no lane will connect for the first time: then it may be believed wherever it leads (guarantees.md). */
    boolean isConnectedEverywhere() {
        return channels.size() == world.plan.lanes() && channels.stream().allMatch(SimChannel::wasConnected);
    }

    /** Where sessions lead that begin now. */
    SimDisk disk() {
        return suffers(SimFault.MIXED_UP) ? world.otherDisk : world.disk;
    }

    /** It is said that it led to another disk. */
    void requireMixedUp() {
        if (!everMixedUp) {
            throw new SimViolation(name + " is taken for another disk, and never was one");
        }
    }

    boolean suffers(SimFault what) {
        return fault == what;
    }

    boolean refuses() {
        return fault == SimFault.REFUSING;
    }

    boolean isFaulted() {
        return fault != null;
    }

    void befall(SimFault what) {
        world.tell(() -> name + " suffers " + what);
        fault = what;
        errorKind = world.random.pick(
                Kind.IO, Kind.IO, Kind.IO, Kind.NO_MEMORY, Kind.NOT_PERMITTED, Kind.GONE, Kind.PROTOCOL);
        everMixedUp |= what == SimFault.MIXED_UP;
        errorRate = world.random.pick(0.1, 0.5, 1.0);
        reassess();
        switch (what) {
            case DROPPED, REFUSING, WRONG_DISK, MIXED_UP -> breakConnections();
            case FLAPPING -> flap();
            default -> {}
        }
        if (what == SimFault.DROPPED) {
            heal();
        }
    }

    private void flap() {
        if (fault == SimFault.FLAPPING) {
            breakConnections();
            world.scheduler.after(world.random.between(1, world.plan.timeoutNanos()), this::flap);
        }
    }

    void heal() {
        world.tell(() -> name + " is well again");
        boolean wasMixedUp = suffers(SimFault.MIXED_UP);
        fault = null;
        if (wasMixedUp) {
            breakConnections();
        }
        List<SimOp> thawed = List.copyOf(frozen);
        frozen.clear();
        for (SimOp op : thawed) {
            thaw(op);
        }
        reassess();
    }

    private void thaw(SimOp op) {
        if (op.decided || Objects.requireNonNull(op.session).ended) {
            return;
        }
        if (op.served) {
            reply(op);
        } else {
            arrive(op);
        }
    }

    /** The server ends its connections; the loops hear of it a little later. */
    void breakConnections() {
        for (SimChannel channel : channels) {
            SimSession session = channel.current();
            if (session != null && !session.ended) {
                session.end();
                breaking++;
                channel.loop().execute(() -> {
                    breaking--;
                    channel.broken(session);
                    reassess();
                });
            }
        }
        reassess();
    }

    /** {@code op} waits for an answer that does not come by itself. */
    void doom(SimOp op) {
        if (!op.decided && !op.doomed) {
            op.doomed = true;
            doomed++;
            reassess();
        }
    }

    void pardon(SimOp op) {
        if (op.doomed) {
            op.doomed = false;
            doomed--;
            reassess();
        }
    }

    private void reassess() {
        boolean well = fault == null && doomed == 0 && breaking == 0;
        if (!well) {
            wellSince = SICK;
        } else if (wellSince == SICK) {
            wellSince = world.scheduler.nextMoment();
        }
    }

    // ---- the server

    /** One leg of a request's way; several of them stay well below the deadline unless the path is slow. */
    long latencyNanos() {
        long most = world.plan.legNanos();
        return local ? 0 : world.random.between(0, world.random.chance(0.3) ? most : most / 4);
    }

    boolean answersAtOnce() {
        return local && fault == null && world.random.chance(0.5);
    }

    void arrive(SimOp op) {
        if (Objects.requireNonNull(op.session).ended) {
            return;
        }
        switch (fault == null ? SimFault.DROPPED : fault) {
            case SILENT -> {
                doom(op);
                if (world.random.chance(0.4)) {
                    serve(op);
                }
            }
            case FROZEN -> {
                doom(op);
                frozen.add(op);
            }
            case SLOW -> {
                doom(op);
                serve(op);
                long late = world.random.between(0, 3 * world.plan.timeoutNanos());
                world.scheduler.after(late, () -> reply(op));
            }
            default -> {
                serve(op);
                world.scheduler.after(latencyNanos(), () -> reply(op));
            }
        }
    }

    /** Does it, or finds that it cannot. */
    void serve(SimOp op) {
        op.refusal = refusalOf(op);
        op.served = true;
        op.servedMoment = world.scheduler.nextMoment();
        if (op.refusal == null) {
            if (!op.channel.isFlushForShow(op)) {
                op.takeEffect(diskOf(op), cache);
                noteFlush(op);
            }
        } else if (op.op.changesData() && world.random.chance(0.5)) {
            world.count(SimHappening.PARTIAL_CHANGE);
            op.takeEffectInPart(diskOf(op), cache, world.random);
        }
    }

    private SimDisk diskOf(SimOp op) {
        boolean deceived = op.life == null && world.is(SimWeakness.NO_LOOK);
        return deceived ? world.disk : Objects.requireNonNull(op.session).disk;
    }

    private void noteFlush(SimOp op) {
        if (op.op == IoOp.FLUSH && diskOf(op) == world.disk) {
            world.history.flushedAtServer(cache, world.scheduler.nextMoment());
        }
    }

    private @Nullable IoError refusalOf(SimOp op) {
        if (fault == SimFault.ERRORS && world.random.chance(errorRate)) {
            return IoError.of(errorKind, errorKind + " from " + name + " #" + op.id);
        }
        if (fault == SimFault.FULL && op.life != null && (op.op.changesData() || op.op == IoOp.FLUSH)) {
            return IoError.of(Kind.NO_SPACE, name + " is full #" + op.id);
        }
        return null;
    }

    private void reply(SimOp op) {
        if (Objects.requireNonNull(op.session).ended) {
            return;
        }
        if (fault == SimFault.SILENT) {
            doom(op);
        } else if (fault == SimFault.FROZEN) {
            doom(op);
            frozen.add(op);
        } else {
            op.channel.loop().execute(() -> op.channel.answer(op));
        }
    }

    // ---- the device

    @Override
    public String name() {
        return name;
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public Capabilities capabilities() {
        return CAPABILITIES;
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        SimChannel channel = new SimChannel(this, world, loop);
        channels.add(channel);
        return channel;
    }

    void forget(SimChannel channel) {
        channels.remove(channel);
    }

    int openChannels() {
        return channels.size();
    }

    @Override
    public void addListener(DeviceListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(DeviceListener listener) {
        listeners.remove(listener);
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return name;
    }
}
