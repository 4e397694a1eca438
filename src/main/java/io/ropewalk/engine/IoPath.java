package io.ropewalk.engine;

import io.ropewalk.block.BlockDevice;

/**
 * One way to the disk: a device and its place in a geom. Identity only; how the path is stands in {@link PathTable}, what
 * runs on it in each lane's {@link LanePath}. Immutable.
 */
final class IoPath {
    private final BlockDevice device;
    private final int slot;

    /**
     * @param slot 0 to 63, unlike that of every other path of the geom: its bit in a request's set of tried paths
     */
    IoPath(BlockDevice device, int slot) {
        this.device = device;
        this.slot = slot;
    }

    BlockDevice device() {
        return device;
    }

    String name() {
        return device.name();
    }

    long bit() {
        return 1L << slot;
    }

    int slot() {
        return slot;
    }

    @Override
    public String toString() {
        return name();
    }
}
