package io.ropewalk.nbd;

import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;

/** Our errors as the protocol wants to hear them ("Error values"). Pure. */
final class NbdServerErrors {

    private NbdServerErrors() {}

    /** The number for an error that depends on nothing else. */
    static int errno(Kind kind) {
        return switch (kind) {
            case UNREACHABLE, DISCONNECTED, TIMEOUT, PROTOCOL, IDENTITY, GONE, IO, NO_PATH -> Nbd.EIO;
            case NOT_PERMITTED, READ_ONLY -> Nbd.EPERM;
            case NO_MEMORY -> Nbd.ENOMEM;
            case NO_SPACE -> Nbd.ENOSPC;
            case OUT_OF_RANGE, INVALID, NOT_SUPPORTED -> Nbd.EINVAL;
            case SHUTTING_DOWN -> Nbd.ESHUTDOWN;
        };
    }

    /** The number for the answer to {@code request}. */
    static int errno(IoError error, IoRequest request, Geometry geometry, NbdReplyFormat format) {
        IoOp op = request.op();
        return switch (error.kind()) {
            case OUT_OF_RANGE -> op == IoOp.WRITE || op == IoOp.WRITE_ZEROES ? Nbd.ENOSPC : Nbd.EINVAL;
            case NOT_SUPPORTED -> isFastZero(request) ? Nbd.ENOTSUP : Nbd.EINVAL;
            case INVALID -> isTooLongRead(request, geometry, format) ? Nbd.EOVERFLOW : Nbd.EINVAL;
            default -> errno(error.kind());
        };
    }

    private static boolean isFastZero(IoRequest request) {
        return request.op() == IoOp.WRITE_ZEROES && (request.flags() & IoFlags.FAST_ONLY) != 0;
    }

    /** EOVERFLOW is for READ where replies come in chunks; elsewhere clients do not know it. */
    private static boolean isTooLongRead(IoRequest request, Geometry geometry, NbdReplyFormat format) {
        return request.op() == IoOp.READ
                && format != NbdReplyFormat.SIMPLE
                && request.length() > geometry.maximumPayloadBytes();
    }
}
