package io.ropewalk.block;

import io.ropewalk.block.IoError.Kind;
import org.jspecify.annotations.Nullable;

/** What makes a request legal for a device: operation, flags, alignment, range, length. Pure. */
public final class RequestRules {

    private RequestRules() {}

    /** Why {@code request} is not legal; null when it is. */
    public static @Nullable IoError check(IoRequest request, Geometry geometry, Capabilities capabilities) {
        IoError refusal = checkOperation(request, capabilities);
        if (refusal != null || request.op() == IoOp.FLUSH) {
            return refusal;
        }
        return checkRange(request, geometry);
    }

    private static @Nullable IoError checkOperation(IoRequest request, Capabilities capabilities) {
        IoOp op = request.op();
        if (op.changesData() && !capabilities.has(Capability.WRITE)) {
            return IoError.of(Kind.READ_ONLY, op + " on a read-only device");
        }
        Capability needed = neededFor(op);
        if (needed != null && !capabilities.has(needed)) {
            return IoError.of(Kind.NOT_SUPPORTED, "the device does not do " + op);
        }
        int flags = request.flags();
        if (flags == IoFlags.NONE) {
            return null;
        }
        if ((flags & ~IoFlags.allowedFor(op)) != 0) {
            return IoError.of(Kind.INVALID, "flags " + flags + " mean nothing for " + op);
        }
        if ((flags & IoFlags.FUA) != 0 && !capabilities.has(Capability.FUA)) {
            return IoError.of(Kind.INVALID, "the device does not do FUA");
        }
        if ((flags & IoFlags.FAST_ONLY) != 0 && !capabilities.has(Capability.FAST_ZERO)) {
            return IoError.of(Kind.NOT_SUPPORTED, "the device cannot tell whether zeroing is fast");
        }
        return null;
    }

    private static @Nullable Capability neededFor(IoOp op) {
        return switch (op) {
            case READ -> null;
            case WRITE -> Capability.WRITE;
            case FLUSH -> Capability.FLUSH;
            case TRIM -> Capability.TRIM;
            case WRITE_ZEROES -> Capability.WRITE_ZEROES;
            case CACHE -> Capability.CACHE;
            case BLOCK_STATUS -> Capability.BLOCK_STATUS;
        };
    }

    private static @Nullable IoError checkRange(IoRequest request, Geometry geometry) {
        long offset = request.offset();
        long length = request.length();
        if (length <= 0) {
            return IoError.of(Kind.INVALID, request.op() + " of " + length + " bytes");
        }
        if (offset < 0 || offset > geometry.sizeBytes() || length > geometry.sizeBytes() - offset) {
            return IoError.of(
                    Kind.OUT_OF_RANGE, request + " is outside the device's " + geometry.sizeBytes() + " bytes");
        }
        if (((offset | length) & (geometry.minimumBlockSize() - 1)) != 0) {
            return IoError.of(Kind.INVALID, request + " is not a multiple of " + geometry.minimumBlockSize());
        }
        if (request.op().carriesData() && length > geometry.maximumPayloadBytes()) {
            return IoError.of(Kind.INVALID, request + " is longer than " + geometry.maximumPayloadBytes() + " bytes");
        }
        return null;
    }
}
