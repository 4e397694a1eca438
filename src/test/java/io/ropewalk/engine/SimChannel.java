package io.ropewalk.engine;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One lane's channel to a simulated path: the client end of its connection. */
final class SimChannel extends BlockChannel {
    private final SimPath path;
    private final SimWorld world;
    private final List<SimOp> pending = new ArrayList<>();
    private @Nullable SimSession session;
    private boolean closed;
    private boolean everConnected;
    private long backOffUntilNanos;

    SimChannel(SimPath path, SimWorld world, IoLoop loop) {
        super(path, loop);
        this.path = path;
        this.world = world;
    }

    SimPath path() {
        return path;
    }

    // ---- what the engine asks

    @Override
    protected void start(IoRequest request) {
        requireOnLoop("submit");
        SimOp op = world.begin(request, this);
        pending.add(op);
        noticeBrokenSession();
        if (op.decided) {
            return;
        }
        if (closed) {
            decide(op, error(op, Kind.SHUTTING_DOWN, "the channel is closed"));
        } else if (path.suffers(SimFault.WRONG_DISK)) {
            refuse(op, error(op, Kind.IDENTITY, "another disk"));
        } else if (session == null && isBackingOff()) {
            decide(op, error(op, Kind.UNREACHABLE, "refused a while ago"));
        } else if (session == null && path.refuses()) {
            backOff();
            refuse(op, error(op, Kind.UNREACHABLE, "refused"));
        } else {
            send(op, session());
        }
    }

    @Override
    public void prepare() {
        requireOnLoop("prepare");
        backOffUntilNanos = 0;
        if (!closed && !path.refuses() && !path.suffers(SimFault.WRONG_DISK)) {
            session();
        } else if (session == null) {
            backOff();
        }
    }

    /** No connection is tried for a while, but for who asks for one. */
    private void backOff() {
        backOffUntilNanos = world.scheduler.nowNanos() + world.random.between(0, world.plan.timeoutNanos());
    }

    private boolean isBackingOff() {
        return world.scheduler.nowNanos() < backOffUntilNanos;
    }

    @Override
    public void abort(IoError error) {
        requireOnLoop("abort");
        world.tell(() -> "abort " + path.name() + "/" + loop() + " with " + pending.size() + ": " + error);
        if (error.kind() == Kind.TIMEOUT) {
            world.count(SimHappening.DEADLINE_MISSED);
        }
        SimSession given = session;
        session = null;
        if (given != null) {
            over(given);
            if (!given.ended) {
                given.end();
            }
        }
        failAll(error);
    }

    @Override
    public void close() {
        requireOnLoop("close");
        if (!closed) {
            closed = true;
            requireDrained();
            abort(IoError.of(Kind.DISCONNECTED, "the channel was closed"));
            path.forget(this);
        }
    }

    /** R31: who lets go of a path waits for what is in flight there; checks are nobody's. */
    private void requireDrained() {
        for (SimOp op : pending) {
            if (op.life != null) {
                throw new SimViolation(path.name() + "/" + loop() + " was closed with " + op + " in flight");
            }
        }
    }

    /** What the loop hears, later than the server, of a connection that broke. */
    void broken(SimSession of) {
        if (session == of) {
            session = null;
            if (world.random.chance(0.3)) {
                backOff();
            }
            over(of);
            failAll(IoError.of(Kind.DISCONNECTED, "connection lost"));
        }
    }

    private void noticeBrokenSession() {
        if (session != null && session.ended && world.random.chance(0.3)) {
            broken(session);
        }
    }

    private void failAll(IoError error) {
        for (SimOp op : List.copyOf(pending)) {
            if (!op.decided) {
                decide(op, unsettled(op, error(op, error.kind(), error.message())));
            }
        }
    }

    /** As a client end that knows what left it; now and then one that does not, and plays safe. */
    private IoError unsettled(SimOp op, IoError error) {
        boolean mayTakeEffect = op.sent || (op.session != null && world.random.chance(0.2));
        if (!mayTakeEffect || world.is(SimWeakness.NO_FENCE)) {
            return error;
        }
        world.mayBeFenced(op);
        return error.unsettled(Objects.requireNonNull(op.session).settlement);
    }

    private void refuse(SimOp op, IoError error) {
        if (world.random.chance(0.3)) {
            decide(op, error);
        } else {
            loop().schedule(() -> decideUnlessDecided(op, error), path.latencyNanos());
        }
    }

    private void decideUnlessDecided(SimOp op, @Nullable IoError error) {
        if (!op.decided) {
            decide(op, error);
        }
    }

    // ---- there

    private SimSession session() {
        if (session == null) {
            boolean unanswered = path.suffers(SimFault.SILENT) || path.suffers(SimFault.FROZEN);
            long latency = path.latencyNanos();
            session = new SimSession(world, this, world.scheduler.nowNanos() + latency, unanswered);
            if (!unanswered) {
                SimSession begun = session;
                loop().schedule(() -> connected(begun), latency);
            }
        }
        return session;
    }

    private void connected(SimSession begun) {
        if (session == begun && !begun.ended) {
            begun.connected = true;
            everConnected = true;
            world.countSession();
            sessionBegan();
        }
    }

    private void over(SimSession of) {
        if (of.connected && !world.is(SimWeakness.NO_SESSION_END)) {
            sessionEnded();
        }
    }

    boolean wasConnected() {
        return everConnected;
    }

    @Nullable SimSession current() {
        return session;
    }

    private void send(SimOp op, SimSession through) {
        op.session = through;
        op.markHeadroom();
        if (through.unanswered) {
            path.doom(op);
            return;
        }
        long now = world.scheduler.nowNanos();
        if (through.connected && !through.ended && path.answersAtOnce()) {
            op.transmit();
            path.serve(op);
            answer(op);
            return;
        }
        long connecting = Math.max(0, through.connectedNanos - now);
        loop().schedule(() -> transmit(op, through), connecting + path.latencyNanos());
    }

    private void transmit(SimOp op, SimSession through) {
        if (op.decided) {
            return;
        }
        op.transmit();
        if (!through.ended) {
            through.arriving(op);
            world.scheduler.after(path.latencyNanos(), () -> path.arrive(op));
        }
    }

    // ---- and back

    /**
     * The server's answer has come; one that was under way when its connection ended may still be found there, as long as
     * this end has not noticed.
     */
    void answer(SimOp op) {
        SimSession from = Objects.requireNonNull(op.session);
        if (op.decided || (from.ended && (from != session || !world.random.chance(0.5)))) {
            return;
        }
        if (from.ended) {
            world.count(SimHappening.ANSWER_LEFT_BEHIND);
        }
        decide(op, op.refusal);
    }

    private void decide(SimOp op, @Nullable IoError error) {
        pending.remove(op);
        op.decided = true;
        path.pardon(op);
        world.decided(op, error);
        world.tell(() -> op + " → "
                + (error == null ? "done" : error.kind() + (error.settlement() == null ? "" : ", unsettled")));
        if (error != null) {
            op.request.fail(error);
        } else {
            succeed(op);
        }
    }

    private void succeed(SimOp op) {
        switch (op.op) {
            case READ -> {
                int headroom = world.random.pick(0, 0, 16, 28);
                ByteBuf data = loop().allocator().buffer(headroom + op.blocks * SimOp.BLOCK_BYTES);
                data.writeZero(headroom).skipBytes(headroom);
                op.copyTo(data);
                op.request.succeed(data, headroom);
            }
            case BLOCK_STATUS -> op.request.succeed(List.of(new Extent(op.request.length(), false, false)));
            default -> op.request.succeed();
        }
    }

    private static IoError error(SimOp op, Kind kind, String message) {
        return IoError.of(kind, message + " #" + op.id);
    }

    /** The number of the op that {@code error} was answered to. */
    static long idOf(IoError error) {
        return Long.parseLong(error.message().substring(error.message().lastIndexOf('#') + 1));
    }

    private void requireOnLoop(String what) {
        if (!loop().inLoop()) {
            throw new SimViolation(what + " on " + path.name() + " not on its loop");
        }
    }

    boolean isFlushForShow(SimOp op) {
        return world.is(SimWeakness.NO_FLUSH_FAN_OUT) && op.op == IoOp.FLUSH && SimWorld.isBranch(op);
    }
}
