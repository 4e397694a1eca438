package io.ropewalk.file;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.StoreIdentity;
import io.ropewalk.file.Syncs.Sync;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The blocking half of a device: what is the same for a {@link RegularFile} and a {@link LocalDisk}. Every operation
 * gives {@link Errno#NONE} or why it failed. Any thread, many at once.
 *
 * <p>What the kernel turns out not to do although it looked so (some file systems tell only when asked for a range) is
 * remembered and done another way from then on.
 */
abstract sealed class Medium permits RegularFile, LocalDisk {
    /** The most that is zeroed between two looks at whether anybody still wants it. */
    private static final int ZEROES_BYTES = 1 << 20;
    /** Aligned for any O_DIRECT, never written to. */
    private static final MemorySegment ZEROES = Arena.global().allocate(ZEROES_BYTES, Geometry.MAXIMUM_SECTOR_SIZE);

    final int fd;
    final boolean direct;
    final boolean readOnly;
    private final Geometry geometry;
    private final Capabilities capabilities;
    private final int memoryAlignment;

    private final Syncs syncs = new Syncs();
    private volatile boolean dsyncWorks = true;

    Medium(FileTarget target, int fd, Shape shape) {
        this.fd = fd;
        this.direct = target.direct();
        this.readOnly = target.readOnly();
        this.geometry = shape.geometry;
        this.capabilities = shape.capabilities;
        this.memoryAlignment = shape.memoryAlignment;
    }

    /** What was learned when it was opened. */
    record Shape(Geometry geometry, Capabilities capabilities, int memoryAlignment) {}

    /** As it was when opened. */
    final Geometry geometry() {
        return geometry;
    }

    final Capabilities capabilities() {
        return capabilities;
    }

    /** What the address of every buffer must be a multiple of; 1 unless direct. A power of two. */
    final int memoryAlignment() {
        return memoryAlignment;
    }

    /** What tells its store from others; null when the kernel does not know. */
    abstract @Nullable StoreIdentity storeIdentity();

    /** The size now, in whole blocks, or a negated errno. */
    abstract long measure();

    /** Whether the device below has left the system. */
    abstract boolean isGone();

    abstract int trim(long offset, long length);

    /** Zeroes without writing zeroes; unsupported where that cannot be. */
    abstract int zeroFast(long offset, long length, boolean keepAllocated);

    /** Zeroes by whatever the kernel has; unsupported where that is nothing. */
    abstract int zeroByKernel(long offset, long length, BooleanSupplier unwanted);

    /** Adds at most {@code limit} extents, from {@code offset} on. */
    abstract int status(long offset, long length, int limit, List<Extent> into);

    final int read(long address, long length, long offset) {
        for (long done = 0; done < length; ) {
            long from = done;
            long count = retried(() -> Libc.pread(fd, address + from, length - from, offset + from));
            if (count <= 0) {
                return count == 0 ? Errno.END_OF_FILE : (int) -count;
            }
            done += count;
        }
        return Errno.NONE;
    }

    /**
     * Writes the first {@code pieces} of this thread's vector ({@link Libc#setPiece}), one after the other; durably where
     * there is a {@code sync}.
     */
    final int write(int pieces, long offset, @Nullable Sync sync) {
        if (sync == null) {
            return writeVector(pieces, offset, 0);
        }
        int errno = dsyncWorks ? writeDurably(pieces, offset, sync) : writeVector(pieces, offset, 0);
        return errno == Errno.NONE && !dsyncWorks ? flush(sync) : errno;
    }

    /** In the page cache another sync may write back what this one has put there, and be told in its stead. */
    private int writeDurably(int pieces, long offset, Sync sync) {
        IntSupplier write = () -> writeVector(pieces, offset, Libc.RWF_DSYNC);
        return direct ? sync.callAlone(write) : sync.call(write);
    }

    /** With a flag, a negated errno says that there was no room, and that nothing was to be made durable so far. */
    private int writeVector(int pieces, long offset, int asked) {
        int flags = asked;
        boolean owesSync = false;
        long at = offset;
        for (int first = 0; first < pieces; ) {
            long count = writeOnce(first, pieces - first, at, flags);
            if (flags != 0 && at == offset && isRefusal(count)) {
                dsyncWorks = false;
                flags = 0;
                continue;
            }
            if (flags != 0 && isFull(count)) {
                // For this write, or for something else that was to be written back: without the flag it shows.
                flags = 0;
                owesSync = true;
                count = writeOnce(first, pieces - first, at, flags);
                if (isFull(count)) {
                    return (int) count;
                }
            }
            if (count <= 0) {
                return count == 0 ? Errno.EIO : (int) -count;
            }
            at += count;
            first = skip(first, pieces, count);
        }
        return owesSync ? syncOnce() : Errno.NONE;
    }

    private static boolean isFull(long count) {
        return count < 0 && Errno.kindOf((int) -count) == Kind.NO_SPACE;
    }

    private long writeOnce(int first, int pieces, long offset, int flags) {
        return retried(() -> Libc.pwritev2(fd, first, pieces, offset, flags));
    }

    /** The kernel does not know the flag. */
    private static boolean isRefusal(long count) {
        return Errno.meansUnsupported((int) -count) || count == -Errno.EINVAL;
    }

    /** The first piece that is not wholly written; what is written of it is cut off. */
    private static int skip(int first, int pieces, long written) {
        int piece = first;
        long left = written;
        while (piece < pieces && left >= Libc.pieceLength(piece)) {
            left -= Libc.pieceLength(piece++);
        }
        if (left > 0) {
            Libc.setPiece(piece, Libc.pieceAddress(piece) + left, Libc.pieceLength(piece) - left);
        }
        return piece;
    }

    final int flush(Sync sync) {
        return sync.call(this::syncOnce);
    }

    private int syncOnce() {
        return retriedInt(() -> Libc.fdatasync(fd));
    }

    final Syncs syncs() {
        return syncs;
    }

    final int trim(long offset, long length, @Nullable Sync sync) {
        int errno = trim(offset, length);
        // A hint: where the kernel does not take it after all, it has been heard.
        errno = Errno.meansUnsupported(errno) ? Errno.NONE : errno;
        return errno == Errno.NONE && sync != null ? flush(sync) : errno;
    }

    /** Zeroes as {@code flags} say, durably where there is a {@code sync}; stops early once nobody wants it any more. */
    final int zero(long offset, long length, int flags, @Nullable Sync sync, BooleanSupplier unwanted) {
        int errno = zeroFast(offset, length, (flags & IoFlags.NO_HOLE) != 0);
        if (Errno.meansUnsupported(errno)) {
            if ((flags & IoFlags.FAST_ONLY) != 0) {
                return Errno.EOPNOTSUPP;
            }
            errno = zeroByKernel(offset, length, unwanted);
        }
        if (Errno.meansUnsupported(errno)) {
            errno = writeZeroes(offset, length, unwanted);
        }
        return errno == Errno.NONE && sync != null ? flush(sync) : errno;
    }

    private int writeZeroes(long offset, long length, BooleanSupplier unwanted) {
        return inPieces(offset, length, ZEROES_BYTES, unwanted, (at, count) -> {
            Libc.setPiece(0, ZEROES.address(), count);
            return writeVector(1, at, 0);
        });
    }

    /** Does {@code step} for one piece after the other, until one fails or nobody wants it any more. */
    static int inPieces(long offset, long length, long pieceBytes, BooleanSupplier unwanted, Step step) {
        int errno = Errno.NONE;
        for (long done = 0; done < length && errno == Errno.NONE; done += pieceBytes) {
            errno = unwanted.getAsBoolean()
                    ? Errno.ECANCELED
                    : step.run(offset + done, Math.min(pieceBytes, length - done));
        }
        return errno;
    }

    /** Something that is done to a range and gives an errno. */
    interface Step {
        int run(long offset, long length);
    }

    final int willNeed(long offset, long length) {
        int errno = -Libc.fadvise(fd, offset, length, Libc.POSIX_FADV_WILLNEED);
        return Errno.meansUnsupported(errno) || errno == Errno.EINVAL ? Errno.NONE : errno;
    }

    final int fallocate(int mode, long offset, long length) {
        return retriedInt(() -> Libc.fallocate(fd, mode | Libc.FALLOC_FL_KEEP_SIZE, offset, length));
    }

    /** The result of {@code call} once no signal cuts it short; a failure is negative. */
    private static long retried(LongSupplier call) {
        long result = call.getAsLong();
        while (result == -Errno.EINTR) {
            result = call.getAsLong();
        }
        return result;
    }

    /** The errno of {@code call} once no signal cuts it short. */
    static int retriedInt(IntSupplier call) {
        int result = call.getAsInt();
        while (result == -Errno.EINTR) {
            result = call.getAsInt();
        }
        return result < 0 ? -result : Errno.NONE;
    }

    /** Whether a failure says that the device below is gone, rather than that it could not. */
    final boolean saysGone(int errno) {
        return Errno.kindOf(errno) == Kind.GONE || errno == Errno.EIO && isGone();
    }
}
