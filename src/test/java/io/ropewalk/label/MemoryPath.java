package io.ropewalk.label;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One way to a {@link MemoryDisk}, with faults to order. */
final class MemoryPath implements BlockDevice {
    private final String name;
    private final MemoryDisk disk;
    private final int sectorSize;
    private final Map<IoOp, Fault> faults = new EnumMap<>(IoOp.class);
    final List<String> log = new ArrayList<>();
    private Capabilities capabilities = Capabilities.of(Capability.WRITE, Capability.FLUSH);
    private int maximumPayload = Geometry.MAXIMUM_PAYLOAD_BYTES;
    private int readsUntilFailure = Integer.MAX_VALUE;
    private int faultsUntilRecovery = Integer.MAX_VALUE;
    int openChannels;

    enum Fault {
        /** Answered with an error, nothing done. */
        FAILS,
        /** Never answered, nothing done. */
        HANGS,
        /** Done, but answered with an error. */
        DONE_BUT_FAILS
    }

    MemoryPath(String name, MemoryDisk disk, int sectorSize) {
        this.name = name;
        this.disk = disk;
        this.sectorSize = sectorSize;
    }

    MemoryPath with(Capability... can) {
        capabilities = Capabilities.of(can);
        return this;
    }

    MemoryPath withMaximumPayload(int bytes) {
        maximumPayload = bytes;
        return this;
    }

    MemoryPath on(IoOp op, Fault fault) {
        faults.put(op, fault);
        return this;
    }

    /** After so many faults, all is well again. */
    MemoryPath recoveringAfter(int moreFaults) {
        faultsUntilRecovery = moreFaults;
        return this;
    }

    /** Later reads fail. */
    MemoryPath failingAfterReads(int reads) {
        readsUntilFailure = reads;
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Geometry geometry() {
        return new Geometry(disk.sizeBytes(), sectorSize, Math.max(4096, sectorSize), maximumPayload);
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        openChannels++;
        return new Channel(loop);
    }

    @Override
    public void addListener(DeviceListener listener) {}

    @Override
    public void removeListener(DeviceListener listener) {}

    @Override
    public void close() {}

    private final class Channel extends BlockChannel {
        private @Nullable IoRequest hanging;

        Channel(IoLoop loop) {
            super(MemoryPath.this, loop);
        }

        @Override
        protected void start(IoRequest request) {
            log.add(request.toString());
            if (request.op() == IoOp.READ && readsUntilFailure-- <= 0) {
                on(IoOp.READ, Fault.FAILS);
            }
            Fault fault = faults.get(request.op());
            if (fault != null && faultsUntilRecovery-- <= 0) {
                fault = null;
            }
            if (fault == Fault.HANGS) {
                hanging = request;
            } else if (fault == Fault.FAILS) {
                request.fail(IoError.of(Kind.IO, "input/output error"));
            } else if (fault == Fault.DONE_BUT_FAILS) {
                carryOut(request);
                request.fail(IoError.of(Kind.DISCONNECTED, "connection reset"));
            } else {
                answer(request);
            }
        }

        private void answer(IoRequest request) {
            if (disk.isOff() || !carryOut(request)) {
                request.fail(IoError.of(Kind.DISCONNECTED, "power is off"));
            } else if (request.op() == IoOp.READ) {
                request.succeed(Unpooled.wrappedBuffer(disk.read(request.offset(), (int) request.length())), 0);
            } else {
                request.succeed();
            }
        }

        private boolean carryOut(IoRequest request) {
            return switch (request.op()) {
                case WRITE -> disk.write(request.offset(), ByteBufUtil.getBytes(request.payload()), request.isFua());
                case FLUSH -> disk.flush();
                default -> true;
            };
        }

        @Override
        public void abort(IoError error) {
            if (hanging != null) {
                IoRequest request = hanging;
                hanging = null;
                request.fail(error);
            }
        }

        @Override
        public void close() {
            openChannels--;
        }
    }
}
