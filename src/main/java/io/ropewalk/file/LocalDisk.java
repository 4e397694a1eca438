package io.ropewalk.file;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.StoreIdentity;
import io.ropewalk.file.Stat.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A block device of this machine. Its blocks are its logical sectors.
 *
 * <p>Discarding and zeroing make the kernel drop what it has cached of the range. It refuses (EBUSY) while some of that
 * is dirty and another holder has the claim on the device; then the dirty part is written back first.
 */
final class LocalDisk extends Medium {
    private static final Path DEVICES = Path.of("/sys/dev/block");
    /** The most that the kernel zeroes in one call, which nothing can interrupt. */
    private static final long PIECE_BYTES = 64 << 20;

    private final Identity identity;
    /** Whether the device zeroes by itself, so that the kernel need not send it zeroes. */
    private final boolean zeroesItself;

    private final @Nullable StoreIdentity wwid;

    private volatile boolean discardWorks = true;
    private volatile boolean punchWorks = true;
    private volatile boolean zeroOutWorks = true;

    private LocalDisk(FileTarget target, OpenFile file, Shape shape) {
        super(target, file.fd(), shape);
        this.identity = file.stat().identity();
        this.wwid = wwid(identity);
        this.zeroesItself = shape.capabilities().has(Capability.FAST_ZERO);
    }

    /** Asks the kernel for the shape of an open device. Blocks. */
    static LocalDisk inspect(FileTarget target, OpenFile file) throws DeviceException {
        int fd = file.fd();
        int logical = Libc.ioctlInt(fd, Libc.BLKSSZGET);
        int physical = Libc.ioctlInt(fd, Libc.BLKPBSZGET);
        long size = Libc.ioctlLong(fd, Libc.BLKGETSIZE64);
        requireSector(target, logical);
        if (size < logical) {
            throw Refusals.unsuitable(target, size < 0 ? Errno.text((int) -size) : "it is empty, or has no medium");
        }
        if (!target.readOnly() && Libc.ioctlInt(fd, Libc.BLKROGET) > 0) {
            throw Refusals.readOnly(target, "the device is write-protected");
        }
        int preferred = Math.clamp(Integer.highestOneBit(Math.max(physical, 1)), 4096, Geometry.MAXIMUM_SECTOR_SIZE);
        Geometry geometry = new Geometry(
                size - size % logical, logical, Math.max(preferred, logical), Geometry.MAXIMUM_PAYLOAD_BYTES);
        return new LocalDisk(
                target, file, new Shape(geometry, capabilities(target, file), memoryAlignment(target, file, logical)));
    }

    /** The name that the disk itself goes by, the same on every way to it; of a partition, with its number. */
    private static @Nullable StoreIdentity wwid(Identity identity) {
        Path device = DEVICES.resolve(identity.deviceNumbers());
        String partition = firstLine(device.resolve("partition"));
        Path disk = partition == null ? device : device.resolve("..");
        for (String place : List.of("wwid", "device/wwid", "serial")) {
            String name = firstLine(disk.resolve(place));
            if (name != null) {
                return new StoreIdentity("disk " + place, partition == null ? name : name + "#" + partition);
            }
        }
        return null;
    }

    private static @Nullable String firstLine(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.isEmpty() ? null : text;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    @Nullable StoreIdentity storeIdentity() {
        return wwid;
    }

    private static void requireSector(FileTarget target, int logical) throws DeviceException {
        if (logical < 0) {
            throw Refusals.unsuitable(target, "the kernel does not tell its sector size: " + Errno.text(-logical));
        }
        if (logical == 0 || Integer.bitCount(logical) != 1 || logical > Geometry.MAXIMUM_SECTOR_SIZE) {
            throw Refusals.unsuitable(target, "its sectors of " + logical + " bytes cannot be served");
        }
    }

    private static int memoryAlignment(FileTarget target, OpenFile file, int logical) {
        if (!target.direct()) {
            return 1;
        }
        Stat stat = file.stat();
        return stat.knowsDirectAlignment() && stat.directMemoryAlignment() > 0 ? stat.directMemoryAlignment() : logical;
    }

    private static Capabilities capabilities(FileTarget target, OpenFile file) {
        Capabilities all = Capabilities.of(Capability.MULTI_CHANNEL);
        if (!target.direct()) {
            all = all.with(Capability.CACHE);
        }
        if ((Libc.ioctlInt(file.fd(), Libc.BLKROTATIONAL) & 0xffff) == 1) {
            all = all.with(Capability.ROTATIONAL);
        }
        if (target.readOnly()) {
            return all;
        }
        all = all.with(Capability.WRITE)
                .with(Capability.FLUSH)
                .with(Capability.FUA)
                .with(Capability.WRITE_ZEROES);
        all = canDiscard(file.fd()) ? all.with(Capability.TRIM) : all;
        return zeroesItself(file.stat().identity()) ? all.with(Capability.FAST_ZERO) : all;
    }

    /** Asks for a range that is not aligned: EINVAL where the kernel discards, EOPNOTSUPP where not. */
    private static boolean canDiscard(int fd) {
        return Libc.ioctlRange(fd, Libc.BLKDISCARD, 1, 1) == -Errno.EINVAL;
    }

    /** What the block layer says of the disk, or of the disk that this is a partition of. */
    private static boolean zeroesItself(Identity identity) {
        Path device = DEVICES.resolve(identity.deviceNumbers());
        for (String queue : List.of("queue", "../queue")) {
            try {
                String most = Files.readString(device.resolve(queue).resolve("write_zeroes_max_bytes"));
                return Long.parseLong(most.strip()) > 0;
            } catch (IOException | NumberFormatException e) {
                // Not there: try the next, else it is not known and not promised.
            }
        }
        return false;
    }

    @Override
    long measure() {
        long size = Libc.ioctlLong(fd, Libc.BLKGETSIZE64);
        return size < 0 ? size : size - size % geometry().minimumBlockSize();
    }

    @Override
    boolean isGone() {
        return Files.isDirectory(DEVICES) && !Files.exists(DEVICES.resolve(identity.deviceNumbers()));
    }

    @Override
    int trim(long offset, long length) {
        if (!discardWorks) {
            return Errno.EOPNOTSUPP;
        }
        int errno = withCleanCache(() -> Libc.ioctlRange(fd, Libc.BLKDISCARD, offset, length));
        discardWorks &= !Errno.meansUnsupported(errno);
        return errno == Errno.EBUSY ? Errno.NONE : errno;
    }

    /** A hole is punched by the device or not at all; BLKZEROOUT is fast only where the device takes part. */
    @Override
    int zeroFast(long offset, long length, boolean keepAllocated) {
        if (!zeroesItself) {
            return Errno.EOPNOTSUPP;
        }
        int errno = keepAllocated ? Errno.EOPNOTSUPP : punch(offset, length);
        return Errno.meansUnsupported(errno) ? zeroOut(offset, length) : errno;
    }

    @Override
    int zeroByKernel(long offset, long length, BooleanSupplier unwanted) {
        return inPieces(offset, length, PIECE_BYTES, unwanted, this::zeroOut);
    }

    private int punch(long offset, long length) {
        if (!punchWorks) {
            return Errno.EOPNOTSUPP;
        }
        int mode = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;
        int errno = withCleanCache(() -> Libc.fallocate(fd, mode, offset, length));
        punchWorks &= !Errno.meansUnsupported(errno);
        return errno == Errno.EBUSY ? Errno.EOPNOTSUPP : errno;
    }

    private int zeroOut(long offset, long length) {
        if (!zeroOutWorks) {
            return Errno.EOPNOTSUPP;
        }
        int errno = withCleanCache(() -> Libc.ioctlRange(fd, Libc.BLKZEROOUT, offset, length));
        zeroOutWorks &= !Errno.meansUnsupported(errno);
        return errno == Errno.EBUSY ? Errno.EOPNOTSUPP : errno;
    }

    private int withCleanCache(IntSupplier call) {
        int errno = retriedInt(call);
        if (errno == Errno.EBUSY && flush(syncs().new Sync()) == Errno.NONE) {
            errno = retriedInt(call);
        }
        return errno;
    }

    /** The kernel keeps no map of a block device. */
    @Override
    int status(long offset, long length, int limit, List<Extent> into) {
        into.add(new Extent(length, false, false));
        return Errno.NONE;
    }
}
