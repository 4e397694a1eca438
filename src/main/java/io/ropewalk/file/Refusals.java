package io.ropewalk.file;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;

/** Why a file was not opened, in words. */
final class Refusals {
    private Refusals() {}

    static DeviceException unsuitable(FileTarget target, String problem) {
        return refuse(Reason.UNSUITABLE, target, problem);
    }

    static DeviceException inUse(FileTarget target, String problem) {
        return refuse(Reason.IN_USE, target, problem);
    }

    /** What open(2) or statx(2) said. */
    static DeviceException atOpen(FileTarget target, int errno) {
        return switch (errno) {
            case Errno.ENOENT -> refuse(Reason.UNREACHABLE, target, "there is no such file");
            case Errno.ENOTDIR -> refuse(Reason.UNREACHABLE, target, "a part of its path is not a folder");
            case Errno.EACCES, Errno.EPERM ->
                refuse(
                        Reason.NOT_ALLOWED,
                        target,
                        "the system does not allow it; give this process read"
                                + (target.readOnly() ? "" : " and write")
                                + " permission");
            case Errno.EROFS -> readOnly(target, "its file system is read-only");
            case Errno.EBUSY ->
                inUse(target, "it is mounted, or something else of this system holds it; release it first");
            case Errno.ETXTBSY -> inUse(target, "it is a program that is running");
            case Errno.EINVAL -> refuse(Reason.UNSUITABLE, target, invalid(target));
            case Errno.ELOOP, Errno.ENAMETOOLONG -> refuse(Reason.UNSUITABLE, target, Errno.text(errno));
            default -> refuse(Reason.UNREACHABLE, target, Errno.text(errno));
        };
    }

    static DeviceException readOnly(FileTarget target, String problem) {
        return refuse(Reason.NOT_ALLOWED, target, problem + "; add readonly=true if that is meant");
    }

    private static String invalid(FileTarget target) {
        return target.direct()
                ? "its file system does not do direct I/O; leave out direct=true"
                : Errno.text(Errno.EINVAL);
    }

    private static DeviceException refuse(Reason reason, FileTarget target, String problem) {
        return new DeviceException(reason, "Cannot open " + target.display() + ": " + problem);
    }
}
