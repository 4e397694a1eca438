package io.ropewalk.engine;

/** A verb that the geom does not carry out; nothing was changed. The message is one sentence for people. */
public final class GeomRefusal extends Exception {
    private static final long serialVersionUID = 1;

    /** Why. */
    public enum Reason {
        PATH_NOT_FOUND,
        PATH_EXISTS,
        TOO_MANY_PATHS,
        SIZE_MISMATCH,
        SECTOR_SIZE_MISMATCH,
        /** The new path can do less than the export has promised. */
        CAPABILITY_MISMATCH,
        /** The path is FAIL or LOST and cannot become the active one (R41). */
        PATH_NOT_USABLE,
        STOPPING
    }

    private final Reason reason;

    public GeomRefusal(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
