package io.ropewalk.engine;

import io.ropewalk.block.IoError;

/** Why a path is FAIL. */
public enum FailReason {
    /** It answered with an error where another path succeeded. */
    IO_ERROR,
    /** An attempt missed its deadline. */
    TIMEOUT,
    /** The session to its device ended or could not be had, or the peer broke the protocol. */
    DISCONNECTED,
    /** It leads to another disk now. */
    IDENTITY,
    /** A check found it unusable while it was idle. */
    CHECKER,
    /** It failed too often lately. */
    FLAPPING,
    /** An operator failed it; only an operator, or the failure of every other path, brings it back (T10). */
    OPERATOR;

    /** The reason that goes with an error met by a request. */
    public static FailReason of(IoError error) {
        return switch (error.kind()) {
            case TIMEOUT -> TIMEOUT;
            case UNREACHABLE, DISCONNECTED, PROTOCOL, GONE -> DISCONNECTED;
            case IDENTITY -> IDENTITY;
            default -> IO_ERROR;
        };
    }
}
