package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/**
 * What came of tasting a device.
 *
 * @param geom the geom that it is a path of now, or is of already; null when of none
 * @param label as read; null when the device was not read, or has none that can be decoded
 * @param message one sentence for people
 */
public record TasteView(
        String device,
        Outcome outcome,
        @Nullable String geom,
        @Nullable LabelView label,
        String message) {

    /** What was done about the device. */
    public enum Outcome {
        /** It is a path of a geom that was running (R26). */
        JOINED,
        /** It is the first path of a geom that was made from its label (R27, R28). */
        GEOM_CREATED,
        /** The geom that it belongs to had been stopped, and runs again. Only when the taste was asked for. */
        GEOM_STARTED,
        /** Nothing: it has no label, or one that was not written for it. */
        NOT_OURS,
        /** Nothing: its label must not be used, or the geom will not have it. */
        REFUSED,
        /** Nothing: it is a path, or something is being done to it. Its label was not read. */
        IN_USE,
        /** Nothing: the device is not open. */
        UNREACHABLE
    }
}
