package io.ropewalk.nbd;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;

/** A device with a bug: it throws. */
final class BrokenDevice implements BlockDevice {
    @Override
    public String name() {
        return "broken";
    }

    @Override
    public Geometry geometry() {
        return Geometry.of(1 << 20, 512);
    }

    @Override
    public Capabilities capabilities() {
        return Capabilities.NONE;
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        return new BlockChannel(this, loop) {
            @Override
            protected void start(IoRequest request) {
                throw new IllegalStateException("this is a bug");
            }

            @Override
            public void abort(IoError error) {}

            @Override
            public void close() {}
        };
    }

    @Override
    public void addListener(DeviceListener listener) {}

    @Override
    public void removeListener(DeviceListener listener) {}

    @Override
    public void close() {}
}
