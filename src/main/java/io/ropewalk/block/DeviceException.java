package io.ropewalk.block;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A device could not be opened. The message is one sentence for people. */
public final class DeviceException extends IOException {
    private static final long serialVersionUID = 1;

    /** Why. */
    public enum Reason {
        /** The URI is not one that the factory understands. */
        INVALID_URI,
        /** Nothing answers there now; it may later. */
        UNREACHABLE,
        /** Something is there that cannot be a path: a folder, a protocol we do not speak, an odd geometry. */
        UNSUITABLE,
        /** Somebody else holds it. */
        IN_USE,
        /** The system does not let us. */
        NOT_ALLOWED
    }

    private final Reason reason;

    public DeviceException(Reason reason, String message) {
        this(reason, message, null);
    }

    public DeviceException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
