package io.ropewalk.inventory;

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
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A way to a disk, which answers at once or as the test says. The script may be changed on any thread. */
final class MemoryDevice implements BlockDevice {
    private final String name;
    private volatile MemoryDisk disk;
    private final DeviceListeners listeners = new DeviceListeners();
    private volatile Geometry geometry;
    private volatile Capabilities capabilities = Capabilities.of(Capability.WRITE, Capability.FLUSH, Capability.FUA);
    private volatile @Nullable Kind fault;
    private volatile @Nullable Kind writeFault;
    private volatile @Nullable Settlement lost;
    private volatile boolean silent;
    private volatile long sizeToFind = -1;
    private final List<Channel> channels = new CopyOnWriteArrayList<>();
    volatile boolean closed;

    MemoryDevice(String name, Geometry geometry, MemoryDisk disk) {
        this.name = name;
        this.disk = disk;
        this.geometry = geometry;
    }

    void failWith(@Nullable Kind kind) {
        fault = kind;
    }

    /** As a session made anew by an address that belongs to another disk now. */
    void leadTo(MemoryDisk other) {
        disk = other;
    }

    /** Reads go well. */
    void failWritesWith(@Nullable Kind kind) {
        writeFault = kind;
    }

    /** Its connection breaks with every write on its way, which may land until {@code settlement}. */
    void loseWrites(@Nullable Settlement settlement) {
        lost = settlement;
    }

    /** Takes requests and answers none until it is aborted or told to work. */
    void silent(boolean newSilent) {
        silent = newSilent;
    }

    void with(Capabilities newCapabilities) {
        capabilities = newCapabilities;
    }

    void resize(long size) {
        Geometry before = geometry;
        if (disk.size() != size) {
            disk.resize(size);
        }
        geometry = before.withSize(size);
        listeners.tell(listener -> listener.onGeometryChanged(this, before, geometry));
    }

    /** Has another size, and nobody hears of it who does not ask. */
    void resizeUnheard(long size) {
        sizeToFind = size;
    }

    @Override
    public void refreshGeometry() {
        long size = sizeToFind;
        if (size >= 0 && size != geometry.sizeBytes()) {
            resize(size);
        }
    }

    void vanish() {
        listeners.tell(listener -> listener.onVanished(this, IoError.of(Kind.GONE, "the cable was pulled")));
    }

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
        Channel channel = new Channel(loop);
        channels.add(channel);
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
    public void close() {
        closed = true;
    }

    /** Answers what was held back by silence. On the loop. */
    void answerPending() {
        silent = false;
        for (Channel channel : List.copyOf(channels)) {
            List.copyOf(channel.pending).forEach(channel::answer);
        }
    }

    private final class Channel extends BlockChannel {
        private final List<IoRequest> pending = new ArrayList<>();

        Channel(IoLoop loop) {
            super(MemoryDevice.this, loop);
        }

        @Override
        protected void start(IoRequest request) {
            pending.add(request);
            if (!silent) {
                loop().execute(() -> answer(request));
            }
        }

        private void answer(IoRequest request) {
            if (!pending.remove(request)) {
                return;
            }
            Kind kind = fault;
            if (kind != null) {
                request.fail(IoError.of(kind, kind + " from " + name));
            } else if (request.op() == IoOp.READ) {
                int length = (int) request.length();
                byte[] bytes = disk.read(request.offset(), length);
                request.succeed(loop().allocator().directBuffer(length).writeBytes(bytes), 0);
            } else {
                change(request);
            }
        }

        private void change(IoRequest request) {
            Kind kind = writeFault;
            if (kind != null) {
                request.fail(IoError.of(kind, kind + " from " + name));
                return;
            }
            Settlement settlement = lost;
            if (settlement != null) {
                request.fail(IoError.of(Kind.DISCONNECTED, name + " broke").unsettled(settlement));
                return;
            }
            if (request.op() == IoOp.WRITE) {
                disk.write(request.offset(), request.payload());
            }
            request.succeed();
        }

        @Override
        public void abort(IoError error) {
            for (IoRequest request : List.copyOf(pending)) {
                if (pending.remove(request)) {
                    request.fail(error);
                }
            }
        }

        @Override
        public void close() {
            abort(IoError.of(Kind.DISCONNECTED, "closed"));
        }
    }
}
