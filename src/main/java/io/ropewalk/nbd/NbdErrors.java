package io.ropewalk.nbd;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;

/**
 * The errors of the protocol and ours, both ways. NBD allows eight error numbers only ("Error values"); what we mean
 * beyond them travels in the message of an error chunk. Pure.
 */
final class NbdErrors {
    /** Not in the protocol, but servers are known to pass on what their kernel said. */
    private static final int ENODEV = 19;

    private NbdErrors() {}

    /**
     * What an error number in a reply says. The protocol asks to take an unknown number for EINVAL; we take it for EIO,
     * so that another path is tried: a request that got as far as a server was legal.
     */
    static Kind kindOf(int errno) {
        return switch (errno) {
            case Nbd.EPERM -> Kind.NOT_PERMITTED;
            case Nbd.ENXIO, ENODEV, Nbd.ESHUTDOWN -> Kind.GONE;
            case Nbd.ENOMEM -> Kind.NO_MEMORY;
            case Nbd.EINVAL, Nbd.EOVERFLOW -> Kind.INVALID;
            case Nbd.ENOSPC -> Kind.NO_SPACE;
            case Nbd.ENOTSUP -> Kind.NOT_SUPPORTED;
            default -> Kind.IO;
        };
    }

    /**
     * The error number to answer a request with. It depends on the request: a range outside the export is ENOSPC for
     * what writes and EINVAL else, and ENOTSUP is for WRITE_ZEROES that had to be fast.
     *
     * @param flags bits of {@link IoFlags}
     */
    static int errnoOf(Kind kind, IoOp op, int flags) {
        return switch (kind) {
            case UNREACHABLE, DISCONNECTED, TIMEOUT, PROTOCOL, IDENTITY, GONE, IO, NO_PATH -> Nbd.EIO;
            case NOT_PERMITTED, READ_ONLY -> Nbd.EPERM;
            case NO_MEMORY -> Nbd.ENOMEM;
            case NO_SPACE -> Nbd.ENOSPC;
            case OUT_OF_RANGE -> op == IoOp.WRITE || op == IoOp.WRITE_ZEROES ? Nbd.ENOSPC : Nbd.EINVAL;
            case INVALID -> Nbd.EINVAL;
            case NOT_SUPPORTED ->
                op == IoOp.WRITE_ZEROES && (flags & IoFlags.FAST_ONLY) != 0 ? Nbd.ENOTSUP : Nbd.EINVAL;
            case SHUTTING_DOWN -> Nbd.ESHUTDOWN;
        };
    }

    /** The name that people know an error number by. */
    static String nameOf(int errno) {
        return switch (errno) {
            case Nbd.EPERM -> "EPERM";
            case Nbd.EIO -> "EIO";
            case Nbd.ENXIO -> "ENXIO";
            case Nbd.ENOMEM -> "ENOMEM";
            case ENODEV -> "ENODEV";
            case Nbd.EINVAL -> "EINVAL";
            case Nbd.ENOSPC -> "ENOSPC";
            case Nbd.EOVERFLOW -> "EOVERFLOW";
            case Nbd.ENOTSUP -> "ENOTSUP";
            case Nbd.ESHUTDOWN -> "ESHUTDOWN";
            default -> "error " + Integer.toUnsignedString(errno);
        };
    }

    /** What happened to a connection, as a clause for people; an exception without words is one of a channel that was closed. */
    static String clause(Throwable broken) {
        String message = broken.getMessage();
        return message == null ? "it was closed in the middle of a write" : message;
    }
}
