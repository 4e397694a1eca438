package io.ropewalk.file;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.StoreIdentity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A regular file as a disk. Its blocks are single bytes, or what O_DIRECT asks for. A size that is no multiple of 512
 * (or of the block, where that is larger) is rounded down: what stands behind the last whole sector is never touched.
 */
final class RegularFile extends Medium {
    private static final int SECTOR = 512;

    private volatile boolean punchWorks = true;
    private volatile boolean zeroRangeWorks = true;

    private final StoreIdentity identity;

    private RegularFile(FileTarget target, OpenFile file, Shape shape) {
        super(target, file.fd(), shape);
        Stat.Identity inode = file.stat().identity();
        this.identity = new StoreIdentity("file", inode.deviceNumbers() + "/" + inode.inode());
    }

    /** All links to one file lead to one inode, a copy is another one. */
    @Override
    StoreIdentity storeIdentity() {
        return identity;
    }

    /** Learns the shape of an open file. Blocks. */
    static RegularFile inspect(FileTarget target, OpenFile file) throws DeviceException {
        Stat stat = file.stat();
        int block = target.direct() ? directBlock(target, file.fd(), stat) : 1;
        long size = wholeSectors(stat.sizeBytes(), block);
        if (size == 0) {
            throw Refusals.unsuitable(
                    target, "it is smaller than one sector of " + Math.max(SECTOR, block) + " bytes; make it larger");
        }
        Geometry geometry = new Geometry(size, block, preferredBlock(stat, block), Geometry.MAXIMUM_PAYLOAD_BYTES);
        Capabilities capabilities = capabilities(target, file.fd(), stat);
        return new RegularFile(target, file, new Shape(geometry, capabilities, memoryAlignment(target, stat)));
    }

    private static long wholeSectors(long sizeBytes, int block) {
        return sizeBytes & -Math.max(SECTOR, block);
    }

    private static int preferredBlock(Stat stat, int block) {
        int preferred = Integer.highestOneBit(Math.max(stat.preferredBytes(), 1));
        return Math.max(block, Math.clamp(preferred, 4096, Geometry.MAXIMUM_SECTOR_SIZE));
    }

    private static int memoryAlignment(FileTarget target, Stat stat) {
        if (!target.direct()) {
            return 1;
        }
        return stat.knowsDirectAlignment() ? stat.directMemoryAlignment() : 4096;
    }

    /** The block of O_DIRECT: as the kernel says, else the smallest that a read succeeds with. */
    private static int directBlock(FileTarget target, int fd, Stat stat) throws DeviceException {
        int block = stat.knowsDirectAlignment() ? stat.directOffsetAlignment() : tryDirectReads(fd);
        if (block <= 0 || block > Geometry.MAXIMUM_SECTOR_SIZE) {
            throw Refusals.unsuitable(target, "its file system does not do direct I/O; leave out direct=true");
        }
        return Math.max(block, SECTOR);
    }

    private static int tryDirectReads(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(4096, 4096);
            for (int block = SECTOR; block <= 4096; block *= 8) {
                if (Libc.pread(fd, buffer.address(), block, 0) >= 0) {
                    return block;
                }
            }
            return 0;
        }
    }

    private static Capabilities capabilities(FileTarget target, int fd, Stat stat) {
        Capabilities all = Capabilities.of(Capability.BLOCK_STATUS, Capability.MULTI_CHANNEL);
        if (!target.direct()) {
            all = all.with(Capability.CACHE);
        }
        if (target.readOnly()) {
            return all;
        }
        all = all.with(Capability.WRITE)
                .with(Capability.FLUSH)
                .with(Capability.FUA)
                .with(Capability.WRITE_ZEROES);
        return canPunch(fd, stat) ? all.with(Capability.TRIM).with(Capability.FAST_ZERO) : all;
    }

    /** Tries a hole well behind the end of the file, where there is nothing to lose. */
    private static boolean canPunch(int fd, Stat stat) {
        long beyond = (stat.sizeBytes() | 0xfffff) + 1 + (1 << 20);
        int mode = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;
        return retriedInt(() -> Libc.fallocate(fd, mode, beyond, 4096)) == Errno.NONE;
    }

    @Override
    long measure() {
        Stat now = new Stat();
        int result = Libc.statx(fd, now);
        return result < 0 ? result : wholeSectors(now.sizeBytes(), geometry().minimumBlockSize());
    }

    @Override
    boolean isGone() {
        return false;
    }

    @Override
    int trim(long offset, long length) {
        if (!punchWorks) {
            return Errno.EOPNOTSUPP;
        }
        int errno = fallocate(Libc.FALLOC_FL_PUNCH_HOLE, offset, length);
        punchWorks &= !Errno.meansUnsupported(errno);
        return errno;
    }

    @Override
    int zeroFast(long offset, long length, boolean keepAllocated) {
        int errno = keepAllocated ? Errno.EOPNOTSUPP : trim(offset, length);
        return Errno.meansUnsupported(errno) ? zeroRange(offset, length) : errno;
    }

    private int zeroRange(long offset, long length) {
        if (!zeroRangeWorks) {
            return Errno.EOPNOTSUPP;
        }
        int errno = fallocate(Libc.FALLOC_FL_ZERO_RANGE, offset, length);
        zeroRangeWorks &= !Errno.meansUnsupported(errno);
        return errno;
    }

    /** There is no other way than those of {@link #zeroFast}. */
    @Override
    int zeroByKernel(long offset, long length, BooleanSupplier unwanted) {
        return Errno.EOPNOTSUPP;
    }

    /** Walks the file's map of data and holes. A file system that keeps none has data everywhere. */
    @Override
    int status(long offset, long length, int limit, List<Extent> into) {
        int block = geometry().minimumBlockSize();
        long end = offset + length;
        for (long at = offset; at < end && into.size() < limit; ) {
            long data = nextData(at, end, block);
            if (data < 0) {
                return (int) -data;
            }
            boolean hole = data > at;
            long next = hole ? data : nextHole(at, end, block);
            into.add(new Extent(next - at, hole, hole));
            at = next;
        }
        return Errno.NONE;
    }

    /** Where data begins at or after {@code at}, not beyond {@code end}; or a negated errno. */
    private long nextData(long at, long end, int block) {
        long data = Libc.lseek(fd, at, Libc.SEEK_DATA);
        if (data == -Errno.ENXIO) {
            return end;
        }
        if (data < 0) {
            return data == -Errno.EINVAL || Errno.meansUnsupported((int) -data) ? at : data;
        }
        return Math.clamp(data & -block, at, end);
    }

    /** Where the data at {@code at} ends, always beyond it: data that went away meanwhile counts as one block of it. */
    private long nextHole(long at, long end, int block) {
        long hole = Libc.lseek(fd, at, Libc.SEEK_HOLE);
        if (hole < 0) {
            return end;
        }
        return Math.clamp(hole + block - 1 & -block, Math.min(at + block, end), end);
    }
}
