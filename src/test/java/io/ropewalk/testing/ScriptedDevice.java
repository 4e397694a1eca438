package io.ropewalk.testing;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.DeviceListeners;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A path that does what the test says: works, answers errors, goes silent, holds answers back. Several of them may share
 * one {@link Disk}. For one loop and its thread.
 */
public final class ScriptedDevice implements BlockDevice {
    /** The store behind one or more paths. */
    public static final class Disk {
        public final byte[] bytes;

        public Disk(int size) {
            bytes = new byte[size];
        }
    }

    private final String name;
    private Disk disk;
    private final DeviceListeners listeners = new DeviceListeners();
    private Geometry geometry;
    private Capabilities capabilities = Capabilities.of(Capability.values()).without(Capability.ROTATIONAL);
    private Function<IoRequest, @Nullable IoError> fault = request -> null;
    private boolean silent;
    private boolean holding;
    private boolean atOnce;
    private boolean hasSessions;
    private boolean connectsSlowly;
    private final List<Channel> open = new ArrayList<>();

    /** What reached the device, in order, answered or not. */
    public final List<IoOp> received = new ArrayList<>();

    public final List<Runnable> held = new ArrayList<>();
    public int openChannels;
    public int prepared;

    public ScriptedDevice(String name, Disk disk) {
        this.name = name;
        this.disk = disk;
        this.geometry = Geometry.of(disk.bytes.length, 1);
    }

    // ---- the script

    /** Everything answers that error from now on. */
    public ScriptedDevice failing(Kind kind) {
        return failingWhere(request -> IoError.of(kind, kind + " from " + name));
    }

    public ScriptedDevice failingWhere(Function<IoRequest, @Nullable IoError> newFault) {
        this.fault = newFault;
        return this;
    }

    public ScriptedDevice working() {
        fault = request -> null;
        silent = false;
        holding = false;
        atOnce = false;
        return this;
    }

    /** Takes requests and never answers, until aborted. */
    public ScriptedDevice silent() {
        silent = true;
        return this;
    }

    /** Decides requests at once, but answers them only at {@link #letGo}. */
    public ScriptedDevice holding() {
        holding = true;
        return this;
    }

    /** Leads to {@code other} from now on. */
    public ScriptedDevice leadingTo(Disk other) {
        disk = other;
        return this;
    }

    /** Its channels have sessions, which begin at once and end by {@link #endSessions}. */
    public ScriptedDevice withSessions() {
        hasSessions = true;
        open.forEach(Channel::begin);
        return this;
    }

    /** Channels that are opened from now on have no session until {@link #beginSessions}. */
    public ScriptedDevice connectingSlowly() {
        connectsSlowly = true;
        return this;
    }

    /** Every session ends, as when the server has gone; what is in flight is DISCONNECTED. */
    public void endSessions() {
        List.copyOf(open).forEach(Channel::end);
    }

    /** What is in flight is answered {@code error}. */
    public void giveUp(IoError error) {
        List.copyOf(open).forEach(channel -> channel.abort(error));
    }

    /** The session of that loop's channels ends, and a new one begins. */
    public void renewSessions(IoLoop loop) {
        List<Channel> there =
                open.stream().filter(channel -> channel.loop() == loop).toList();
        there.forEach(Channel::end);
        there.forEach(Channel::begin);
    }

    /** New sessions begin. */
    public void beginSessions() {
        open.forEach(Channel::begin);
    }

    /** Answers before {@code submit} returns. */
    public ScriptedDevice answeringAtOnce() {
        atOnce = true;
        return this;
    }

    public void letGo() {
        holding = false;
        List<Runnable> answers = List.copyOf(held);
        held.clear();
        answers.forEach(Runnable::run);
    }

    public ScriptedDevice with(Geometry newGeometry) {
        geometry = newGeometry;
        return this;
    }

    public ScriptedDevice with(Capabilities newCapabilities) {
        capabilities = newCapabilities;
        return this;
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
        return capabilities;
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        openChannels++;
        Channel channel = new Channel(loop);
        open.add(channel);
        if (!connectsSlowly) {
            channel.begin();
        }
        return channel;
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

    private final class Channel extends BlockChannel {
        private final List<IoRequest> pending = new ArrayList<>();
        private boolean closed;

        Channel(IoLoop loop) {
            super(ScriptedDevice.this, loop);
        }

        private void begin() {
            if (hasSessions) {
                sessionBegan();
            }
        }

        private void end() {
            sessionEnded();
            abort(IoError.of(Kind.DISCONNECTED, "the session ended"));
        }

        @Override
        protected void start(IoRequest request) {
            received.add(request.op());
            pending.add(request);
            if (silent) {
                return;
            }
            IoError error = closed ? IoError.of(Kind.SHUTTING_DOWN, "closed") : fault.apply(request);
            Runnable answer = () -> answer(request, error);
            if (holding) {
                held.add(answer);
            } else if (atOnce) {
                answer.run();
            } else {
                loop().execute(answer);
            }
        }

        private void answer(IoRequest request, @Nullable IoError error) {
            if (!pending.remove(request)) {
                return;
            }
            if (error != null) {
                request.fail(error);
            } else {
                perform(request);
            }
        }

        private void perform(IoRequest request) {
            int offset = (int) request.offset();
            int length = (int) request.length();
            switch (request.op()) {
                case READ -> {
                    ByteBuf data = loop().allocator().directBuffer(length);
                    request.succeed(data.writeBytes(disk.bytes, offset, length), 0);
                }
                case WRITE -> {
                    ByteBuf payload = request.payload();
                    payload.getBytes(payload.readerIndex(), disk.bytes, offset, length);
                    request.succeed();
                }
                case WRITE_ZEROES, TRIM -> {
                    java.util.Arrays.fill(disk.bytes, offset, offset + length, (byte) 0);
                    request.succeed();
                }
                case FLUSH, CACHE -> request.succeed();
                case BLOCK_STATUS -> request.succeed(List.of(new Extent(length, false, false)));
            }
        }

        @Override
        public void prepare() {
            prepared++;
        }

        @Override
        public void abort(IoError error) {
            for (IoRequest request : List.copyOf(pending)) {
                if (pending.remove(request)) {
                    request.fail(Objects.requireNonNull(error));
                }
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openChannels--;
                open.remove(this);
                sessionEnded();
                abort(IoError.of(Kind.DISCONNECTED, "closed"));
            }
        }
    }
}
