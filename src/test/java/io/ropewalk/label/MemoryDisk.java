package io.ropewalk.label;

import java.util.Arrays;

/** A disk with a write cache, in memory. Paths lead to it; the power can fail. */
final class MemoryDisk {
    private byte[] cache;
    private byte[] medium;
    /** Changes that are still let through before the power fails; each write, and each flush, is one. */
    private int changesUntilPowerFails = Integer.MAX_VALUE;

    private int changes;

    MemoryDisk(long sizeBytes) {
        cache = new byte[(int) sizeBytes];
        medium = cache.clone();
    }

    long sizeBytes() {
        return cache.length;
    }

    void grow(long sizeBytes) {
        cache = Arrays.copyOf(cache, (int) sizeBytes);
        medium = Arrays.copyOf(medium, (int) sizeBytes);
    }

    void powerFailsAfter(int moreChanges) {
        changesUntilPowerFails = moreChanges;
        changes = 0;
    }

    boolean isOff() {
        return changes > changesUntilPowerFails;
    }

    /** The power is back; what was not flushed is gone. */
    void powerOn() {
        changesUntilPowerFails = Integer.MAX_VALUE;
        cache = medium.clone();
    }

    void put(long offset, byte... bytes) {
        System.arraycopy(bytes, 0, cache, (int) offset, bytes.length);
        System.arraycopy(bytes, 0, medium, (int) offset, bytes.length);
    }

    byte[] read(long offset, int length) {
        return Arrays.copyOfRange(cache, (int) offset, (int) offset + length);
    }

    byte[] lastSector(int sectorSize) {
        return read(sizeBytes() - sectorSize, sectorSize);
    }

    boolean write(long offset, byte[] bytes, boolean durable) {
        changes++;
        if (isOff()) {
            return false;
        }
        System.arraycopy(bytes, 0, cache, (int) offset, bytes.length);
        if (durable) {
            System.arraycopy(bytes, 0, medium, (int) offset, bytes.length);
        }
        return true;
    }

    boolean flush() {
        changes++;
        if (isOff()) {
            return false;
        }
        medium = cache.clone();
        return true;
    }
}
