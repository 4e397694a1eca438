package io.ropewalk.inventory;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** What memory devices lead to. Any thread. */
final class MemoryDisk {
    private byte[] bytes;

    MemoryDisk(long size) {
        bytes = new byte[Math.toIntExact(size)];
    }

    /** What is behind a new smaller end is gone. */
    synchronized void resize(long size) {
        bytes = Arrays.copyOf(bytes, Math.toIntExact(size));
    }

    synchronized long size() {
        return bytes.length;
    }

    synchronized byte[] read(long offset, int length) {
        return Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
    }

    synchronized byte[] lastSector() {
        return read(bytes.length - 512L, 512);
    }

    synchronized void write(long offset, byte[] data) {
        System.arraycopy(data, 0, bytes, (int) offset, data.length);
    }

    synchronized void write(long offset, ByteBuf data) {
        data.getBytes(data.readerIndex(), bytes, (int) offset, data.readableBytes());
    }
}
