package io.ropewalk.label;

import org.jspecify.annotations.Nullable;

/** What is to be done about a device that was tasted. */
public sealed interface Verdict {

    /**
     * Nothing: no label, or one that was not written for this device (R25).
     *
     * @param why one clause for people
     */
    record NotOurs(String why) implements Verdict {}

    /** It is a path of the live geom with this UUID, whose name and mode win over the label's (R26). */
    record Join(String uuid) implements Verdict {}

    /** It is the first path of a geom to be made from the label (R27). */
    record NewGeom(Label label) implements Verdict {}

    /**
     * As {@link NewGeom}, but here the geom is to be called {@code name}, as another one has the name on disk (R28) or
     * no geom can have it (Q19). The name on disk stays what it is (Q20).
     */
    record NewGeomTemporaryName(Label label, String name) implements Verdict {}

    /**
     * It must not be used, and somebody should know.
     *
     * @param label as read, when it could be
     * @param message one clause for people
     */
    record Refused(Reason reason, @Nullable Label label, String message) implements Verdict {}

    /** Why a device with our magic is not used. */
    enum Reason {
        /** Our magic, a version of the format that is not ours (R25). */
        WRONG_VERSION,
        /** Our magic, but fields that cannot be right, an empty UUID among them (Q18, Q30). */
        DAMAGED,
        /**
         * The UUID of a geom of another size or sector size: a clone, a path that shows less than the disk, an old
         * label inside a disk that grew (Q17).
         */
        OTHER_SHAPE,
        /** The geom was stopped by an operator (Q26). */
        STOPPED
    }
}
