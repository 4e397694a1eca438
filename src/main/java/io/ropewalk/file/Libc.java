package io.ropewalk.file;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the C library that a disk needs, and their constants, for Linux on x86-64 and AArch64.
 *
 * <p>Each call gives what the kernel gives its C library: 0 or more when it worked, the negated {@link Errno} when
 * not. Pointers are plain longs, so that a call makes no garbage; the caller keeps the memory alive. Any thread; each
 * may block for as long as the disk likes.
 */
final class Libc {
    /** openat(2) and friends: relative to the current folder. Paths here are absolute. */
    static final int AT_FDCWD = -100;
    /** statx(2): the file descriptor itself, the path is empty. */
    static final int AT_EMPTY_PATH = 0x1000;

    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    /** On a block device: nobody else may have it with O_EXCL, and it is not mounted. */
    static final int O_EXCL = 0x80;

    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    /** Only the place in the file system; what is there is not opened. */
    static final int O_PATH = 0x200000;
    /** The one constant here that differs between architectures. */
    static final int O_DIRECT = isArm() ? 0x10000 : 0x4000;

    /** pwritev2(2): this write is durable before it returns. */
    static final int RWF_DSYNC = 2;

    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int FALLOC_FL_ZERO_RANGE = 0x10;

    static final int POSIX_FADV_WILLNEED = 3;

    static final int F_DUPFD_CLOEXEC = 1030;
    /** Locks of the open file description (not of the process, as F_SETLK's are). */
    static final int F_OFD_GETLK = 36;

    static final int F_OFD_SETLK = 37;
    static final short F_RDLCK = 0;
    static final short F_WRLCK = 1;
    static final short F_UNLCK = 2;

    /** Is the device read-only? int. */
    static final int BLKROGET = 0x125e;
    /** Logical sector size, bytes, int. */
    static final int BLKSSZGET = 0x1268;
    /** Discard a range, two u64: start and length in bytes. */
    static final int BLKDISCARD = 0x1277;
    /** Physical sector size, bytes, unsigned int. */
    static final int BLKPBSZGET = 0x127b;
    /** Whether seeks are slow, unsigned short. */
    static final int BLKROTATIONAL = 0x127e;
    /** Zero a range, two u64: start and length in bytes; the kernel writes zeroes where the device cannot. */
    static final int BLKZEROOUT = 0x127f;
    /** Size in bytes, u64. */
    static final int BLKGETSIZE64 = 0x80081272;

    /** The numbers of the system calls of io_uring(7), for which the C library has no functions; the same everywhere. */
    private static final long SYS_IO_URING_SETUP = 425;

    private static final long SYS_IO_URING_ENTER = 426;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_POPULATE = 0x8001;

    /** The longest vector of {@link #pwritev2}. */
    static final int IOV_MAX = 1024;

    private static final int IOVEC_BYTES = 16;
    private static final int FLOCK_BYTES = 32;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = CAPTURED.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private static final MethodHandle OPEN = call("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle STATX =
            call("statx", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle FCNTL = call("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle IOCTL = call("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PREAD = call("pread", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE = call("pwrite", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITEV2 =
            call("pwritev2", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FDATASYNC = call("fdatasync", JAVA_INT, JAVA_INT);
    private static final MethodHandle FALLOCATE = call("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FADVISE =
            call("posix_fadvise", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SYSCALL =
            call("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MMAP =
            call("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = call("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle LSEEK = call("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);

    private Libc() {}

    /** Whether these calls and constants are right here. */
    static boolean isSupported() {
        return System.getProperty("os.name", "").equals("Linux") && (isArm() || isX86());
    }

    /** open(2) of a path in the kernel's own bytes. Gives the file descriptor. */
    static int open(byte[] path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int)
                    result((int) OPEN.invokeExact(state(), cString(arena, path).address(), flags));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** close(2). The descriptor is gone whatever it gives. */
    static int close(int fd) {
        try {
            return (int) result((int) CLOSE.invokeExact(state(), fd));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** statx(2) of what {@code path} leads to, symbolic links followed. */
    static int statx(byte[] path, Stat into) {
        return statx(AT_FDCWD, path, 0, into);
    }

    /** statx(2) of an open file. */
    static int statx(int fd, Stat into) {
        return statx(fd, new byte[0], AT_EMPTY_PATH, into);
    }

    private static int statx(int fd, byte[] path, int flags, Stat into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Stat.BYTES, 8);
            int result = (int) result((int)
                    STATX.invokeExact(state(), fd, cString(arena, path).address(), flags, Stat.MASK, buffer.address()));
            if (result >= 0) {
                into.read(buffer);
            }
            return result;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A second descriptor of the same open file description. */
    static int duplicate(int fd) {
        return fcntl(fd, F_DUPFD_CLOEXEC, 0);
    }

    /** Takes, changes or gives back (F_UNLCK) the lock of this open file description on the whole file. Never waits. */
    static int lock(int fd, short type) {
        try (Arena arena = Arena.ofConfined()) {
            return fcntl(fd, F_OFD_SETLK, wholeFile(arena, type).address());
        }
    }

    /** The process that holds a lock in the way of {@code type}; 0 or less when it is not known. */
    static int lockHolder(int fd, short type) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lock = wholeFile(arena, type);
            int result = fcntl(fd, F_OFD_GETLK, lock.address());
            return result < 0 || lock.get(JAVA_SHORT, 0) == F_UNLCK ? 0 : lock.get(JAVA_INT, 24);
        }
    }

    /** A struct flock: type, whence (0: from the start), start 0, length 0 (to the end, wherever it is), pid 0. */
    private static MemorySegment wholeFile(Arena arena, short type) {
        MemorySegment lock = arena.allocate(FLOCK_BYTES, 8);
        lock.set(JAVA_SHORT, 0, type);
        return lock;
    }

    private static int fcntl(int fd, int command, long argument) {
        try {
            return (int) result((int) FCNTL.invokeExact(state(), fd, command, argument));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** ioctl(2) that fills in an int (or a short, in a zeroed int); gives it. */
    static int ioctlInt(int fd, int command) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_LONG);
            int result = ioctl(fd, command, value.address());
            return result < 0 ? result : value.get(JAVA_INT, 0);
        }
    }

    /** ioctl(2) that fills in a u64; gives it. */
    static long ioctlLong(int fd, int command) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_LONG);
            int result = ioctl(fd, command, value.address());
            return result < 0 ? result : value.get(JAVA_LONG, 0);
        }
    }

    /** ioctl(2) on a range of bytes: BLKDISCARD, BLKZEROOUT. */
    static int ioctlRange(int fd, int command, long offset, long length) {
        MemorySegment range = SCRATCH.get().range;
        range.setAtIndex(JAVA_LONG, 0, offset);
        range.setAtIndex(JAVA_LONG, 1, length);
        return ioctl(fd, command, range.address());
    }

    private static int ioctl(int fd, int command, long argument) {
        try {
            return (int) result((int) IOCTL.invokeExact(state(), fd, command & 0xffffffffL, argument));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** pread(2). Gives the bytes read, 0 at the end of the file. */
    static long pread(int fd, long address, long count, long offset) {
        try {
            return result((long) PREAD.invokeExact(state(), fd, address, count, offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** pwrite(2). Gives the bytes written. */
    static long pwrite(int fd, long address, long count, long offset) {
        try {
            return result((long) PWRITE.invokeExact(state(), fd, address, count, offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** pwritev2(2) of {@code count} pieces of {@link #vector}, from the piece {@code first} on. */
    static long pwritev2(int fd, int first, int count, long offset, int flags) {
        long address = vector().address() + (long) first * IOVEC_BYTES;
        try {
            return result((long) PWRITEV2.invokeExact(state(), fd, address, count, offset, flags));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Sets a piece of this thread's vector. */
    static void setPiece(int index, long address, long length) {
        vector().setAtIndex(JAVA_LONG, 2L * index, address);
        vector().setAtIndex(JAVA_LONG, 2L * index + 1, length);
    }

    static long pieceAddress(int index) {
        return vector().getAtIndex(JAVA_LONG, 2L * index);
    }

    static long pieceLength(int index) {
        return vector().getAtIndex(JAVA_LONG, 2L * index + 1);
    }

    private static MemorySegment vector() {
        return SCRATCH.get().vector;
    }

    /** fdatasync(2). */
    static int fdatasync(int fd) {
        try {
            return (int) result((int) FDATASYNC.invokeExact(state(), fd));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** fallocate(2). */
    static int fallocate(int fd, int mode, long offset, long length) {
        try {
            return (int) result((int) FALLOCATE.invokeExact(state(), fd, mode, offset, length));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** posix_fadvise(2); the one call that gives its errno instead of setting it. */
    static int fadvise(int fd, long offset, long length, int advice) {
        try {
            return -(int) FADVISE.invokeExact(state(), fd, offset, length, advice);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** lseek(2) with SEEK_DATA or SEEK_HOLE. Gives the offset found. */
    static long lseek(int fd, long offset, int whence) {
        try {
            return result((long) LSEEK.invokeExact(state(), fd, offset, whence));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** io_uring_setup(2) with the parameters at {@code parameters}. Gives the file descriptor of the ring. */
    static int ioUringSetup(int entries, long parameters) {
        return (int) syscall(SYS_IO_URING_SETUP, entries, parameters, 0);
    }

    /** io_uring_enter(2) that waits for nothing. Gives how many submissions the kernel has taken. */
    static int ioUringEnter(int ring, int submissions) {
        return (int) syscall(SYS_IO_URING_ENTER, ring, submissions, 0);
    }

    private static long syscall(long number, long first, long second, long third) {
        try {
            return result((long) SYSCALL.invokeExact(state(), number, first, second, third, 0L, 0L, 0L));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** mmap(2) of {@code bytes} bytes of {@code fd}, shared, to read and write. Gives the address. */
    static long mapShared(int fd, long bytes, long offset) {
        try {
            return result(
                    (long) MMAP.invokeExact(state(), 0L, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** munmap(2). */
    static int unmap(long address, long bytes) {
        try {
            return (int) result((int) MUNMAP.invokeExact(state(), address, bytes));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static MemorySegment cString(Arena arena, byte[] bytes) {
        MemorySegment string = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, string, 0, bytes.length);
        return string;
    }

    private static long result(long returned) {
        return returned == -1 ? -state().get(JAVA_INT, ERRNO_OFFSET) : returned;
    }

    private static MemorySegment state() {
        return SCRATCH.get().state;
    }

    private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        return call(name, -1, result, arguments);
    }

    /** A function whose arguments from {@code firstVariadic} on are variadic (-1: none are). */
    private static MethodHandle call(String name, int firstVariadic, MemoryLayout result, MemoryLayout... arguments) {
        List<Linker.Option> options = new ArrayList<>();
        options.add(Linker.Option.captureCallState("errno"));
        if (firstVariadic >= 0) {
            options.add(Linker.Option.firstVariadicArg(firstVariadic));
        }
        MemorySegment function = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("The C library has no " + name));
        return LINKER.downcallHandle(
                function, FunctionDescriptor.of(result, arguments), options.toArray(Linker.Option[]::new));
    }

    private static AssertionError unexpected(Throwable e) {
        return new AssertionError("A call into the C library cannot throw", e);
    }

    private static boolean isArm() {
        return architecture().equals("aarch64");
    }

    private static boolean isX86() {
        return architecture().equals("amd64") || architecture().equals("x86_64");
    }

    private static String architecture() {
        @Nullable String name = System.getProperty("os.arch");
        return name == null ? "" : name.toLowerCase(Locale.ROOT);
    }

    /** Native memory of one thread for what passes by pointer. */
    private static final class Scratch {
        final MemorySegment state;
        final MemorySegment range;
        final MemorySegment vector;

        Scratch() {
            Arena arena = Arena.ofAuto();
            state = arena.allocate(CAPTURED);
            range = arena.allocate(16, 8);
            vector = arena.allocate((long) IOV_MAX * IOVEC_BYTES, 8);
        }
    }
}
