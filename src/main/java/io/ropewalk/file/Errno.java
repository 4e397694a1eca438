package io.ropewalk.file;

import io.ropewalk.block.IoError.Kind;

/** The kernel's error numbers that we branch on or name; the same on x86-64 and AArch64. Positive. */
final class Errno {
    static final int NONE = 0;
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int ENFILE = 23;
    static final int EMFILE = 24;
    static final int ENOTTY = 25;
    static final int ETXTBSY = 26;
    static final int EFBIG = 27;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int ENAMETOOLONG = 36;
    static final int ENOLCK = 37;
    static final int ENOSYS = 38;
    static final int ELOOP = 40;
    static final int ENODATA = 61;
    static final int ENOLINK = 67;
    static final int EOPNOTSUPP = 95;
    static final int ETIMEDOUT = 110;
    static final int ESTALE = 116;
    static final int EREMOTEIO = 121;
    static final int EDQUOT = 122;
    static final int ENOMEDIUM = 123;
    static final int ECANCELED = 125;

    /** Not the kernel's: a read met the end of a file that was longer when it was opened. */
    static final int END_OF_FILE = 10_000;

    private Errno() {}

    /** Whether the kernel says that it has no such operation here, as opposed to that it failed. */
    static boolean meansUnsupported(int errno) {
        return errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOTTY;
    }

    /** What an error of an I/O call says about the device. */
    static Kind kindOf(int errno) {
        return switch (errno) {
            case ENOSPC, EDQUOT -> Kind.NO_SPACE;
            case ENXIO, ENODEV, ENOMEDIUM, ESTALE -> Kind.GONE;
            case EPERM, EACCES, EROFS -> Kind.NOT_PERMITTED;
            case ENOMEM -> Kind.NO_MEMORY;
            case ETIMEDOUT -> Kind.TIMEOUT;
            case ENOLINK -> Kind.DISCONNECTED;
            case EOPNOTSUPP -> Kind.NOT_SUPPORTED;
            default -> Kind.IO;
        };
    }

    /**
     * The same of a call that makes data durable: whatever the kernel calls it, it tells of it once and forgets the data, so
     * that to ask again, as one does where a way to the device has failed, would be answered well.
     */
    static Kind kindOfSync(int errno) {
        Kind kind = kindOf(errno);
        return switch (kind) {
            case GONE, TIMEOUT, DISCONNECTED, NO_MEMORY -> Kind.IO;
            default -> kind;
        };
    }

    /** For people: what it means, and its name to search for. */
    static String text(int errno) {
        return switch (errno) {
            case EPERM -> "operation not permitted (EPERM)";
            case ENOENT -> "no such file (ENOENT)";
            case EINTR -> "interrupted (EINTR)";
            case EIO -> "input/output error (EIO)";
            case ENXIO -> "no such device or address (ENXIO)";
            case EAGAIN -> "temporarily unavailable (EAGAIN)";
            case ENOMEM -> "out of memory (ENOMEM)";
            case EACCES -> "permission denied (EACCES)";
            case EBUSY -> "device or resource busy (EBUSY)";
            case ENODEV -> "no such device (ENODEV)";
            case ENOTDIR -> "not a folder (ENOTDIR)";
            case EISDIR -> "is a folder (EISDIR)";
            case EINVAL -> "invalid argument (EINVAL)";
            case ENFILE -> "too many open files in the system (ENFILE)";
            case EMFILE -> "too many open files in this process (EMFILE)";
            case ETXTBSY -> "text file busy (ETXTBSY)";
            case EFBIG -> "file too large (EFBIG)";
            case ENOSPC -> "no space left (ENOSPC)";
            case EROFS -> "read-only file system (EROFS)";
            case ENAMETOOLONG -> "name too long (ENAMETOOLONG)";
            case ENOLCK -> "no locks available (ENOLCK)";
            case ENOSYS -> "not implemented (ENOSYS)";
            case ELOOP -> "too many symbolic links (ELOOP)";
            case ENODATA -> "medium error (ENODATA)";
            case ENOLINK -> "the link to the device is broken (ENOLINK)";
            case EOPNOTSUPP -> "not supported (EOPNOTSUPP)";
            case ETIMEDOUT -> "timed out (ETIMEDOUT)";
            case ESTALE -> "stale file handle (ESTALE)";
            case EREMOTEIO -> "target error (EREMOTEIO)";
            case EDQUOT -> "disk quota exceeded (EDQUOT)";
            case ENOMEDIUM -> "no medium (ENOMEDIUM)";
            case ECANCELED -> "given up (ECANCELED)";
            case END_OF_FILE -> "the file has become shorter";
            default -> "errno " + errno;
        };
    }
}
