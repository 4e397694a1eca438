package io.ropewalk.block;

import org.jspecify.annotations.Nullable;

/**
 * Why a request was not done: a small kind to branch on, a message to read, a cause to keep. A value, not an exception:
 * a path's failure is normal operation.
 *
 * @param kind what to branch on
 * @param message one clause for people, without trailing period, naming what was tried on what
 * @param cause what the layer below threw, for the log
 * @param settlement set when the request had been sent and may still take effect, until this is settled; null when it
 *     cannot, or when its outcome is known
 */
public record IoError(
        Kind kind,
        String message,
        @Nullable Throwable cause,
        @Nullable Settlement settlement) {

    public static IoError of(Kind kind, String message) {
        return new IoError(kind, message, null, null);
    }

    public static IoError of(Kind kind, String message, @Nullable Throwable cause) {
        return new IoError(kind, message, cause, null);
    }

    /** The same, of a request that may still take effect until {@code newSettlement} is settled. */
    public IoError unsettled(Settlement newSettlement) {
        return new IoError(kind, message, cause, newSettlement);
    }

    /** Whom an error speaks of, and so whether another path may succeed. */
    public enum Scope {
        /** The way to the device is broken: another path may succeed, and this one is at fault whatever they say. */
        PATH,
        /**
         * The device answered with a failure: another path may succeed. This one is at fault only if another path then
         * does succeed; when every path answers the same, it is the medium (Q5).
         */
        ANSWER,
        /** The request itself cannot be done: no other path is tried. */
        REQUEST
    }

    /** What went wrong. */
    public enum Kind {
        /** No session could be had: refused, no route, handshake failed. Nothing was sent. */
        UNREACHABLE(Scope.PATH),
        /** The session ended before the answer. */
        DISCONNECTED(Scope.PATH),
        /** No answer in time. */
        TIMEOUT(Scope.PATH),
        /** The peer broke the protocol. */
        PROTOCOL(Scope.PATH),
        /** The device came back as another one: size, flags or content differ from what was known. */
        IDENTITY(Scope.PATH),
        /** The device is gone or going away (ENXIO, ENODEV, ESHUTDOWN from a peer). */
        GONE(Scope.PATH),
        /** The device could not (EIO). */
        IO(Scope.ANSWER),
        /** The device would not, though it had said it could (EPERM from a peer). */
        NOT_PERMITTED(Scope.ANSWER),
        /** The device had no memory for it. */
        NO_MEMORY(Scope.ANSWER),
        /** The device is full (thin provisioning, a full file system below). */
        NO_SPACE(Scope.REQUEST),
        /** Range outside the device. */
        OUT_OF_RANGE(Scope.REQUEST),
        /** Unaligned, too long, or flags that mean nothing here. */
        INVALID(Scope.REQUEST),
        /** The device is read-only. */
        READ_ONLY(Scope.REQUEST),
        /** The device does not do this operation, or not fast. */
        NOT_SUPPORTED(Scope.REQUEST),
        /** A geom without usable path. */
        NO_PATH(Scope.REQUEST),
        /** We are stopping: the geom, the export or the service. */
        SHUTTING_DOWN(Scope.REQUEST);

        private final Scope scope;

        Kind(Scope scope) {
            this.scope = scope;
        }

        public Scope scope() {
            return scope;
        }

        /** Whether another path may succeed where this error was met. */
        public boolean mayRetryElsewhere() {
            return scope != Scope.REQUEST;
        }
    }

    @Override
    public String toString() {
        return kind + ": " + message;
    }
}
