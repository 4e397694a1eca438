package io.ropewalk.inventory;

import java.util.Locale;

/**
 * Why a verb was refused: a stable word per condition, part of the contract. Nothing was changed by a refused verb, but
 * where it says otherwise.
 */
public enum Problem {
    /** No geom of that name is running. */
    GEOM_NOT_FOUND,
    /** A geom of that name is running. */
    GEOM_EXISTS,
    /** Sessions are open on the geom. */
    GEOM_IN_USE,
    /** Removing this path would end the geom. */
    LAST_PATH,
    /** The geom has no path over that device. */
    PATH_NOT_FOUND,
    /** The same device was given twice, or is a path of that geom. */
    PATH_EXISTS,
    /** The path is FAIL or LOST and cannot become the active one. */
    PATH_NOT_USABLE,
    /** The path was drained, so is out of use; what it had acknowledged could not be flushed there and may be lost. */
    PATH_UNFLUSHED,
    /** The path was drained, and taken into use again meanwhile. */
    PATH_IN_USE,
    /** The geom has as many paths as a geom can have. */
    TOO_MANY_PATHS,
    /** No device of that name is registered. */
    DEVICE_NOT_FOUND,
    /** A device of that name or URI is registered. */
    DEVICE_EXISTS,
    /** The device is a path of a geom, or somebody else holds what is behind its URI. */
    DEVICE_IN_USE,
    /** Nothing answers behind the device's URI now. */
    DEVICE_UNREACHABLE,
    /** What is behind the URI cannot be a path. */
    UNSUITABLE_DEVICE,
    /** The devices differ in size. */
    SIZE_MISMATCH,
    /** The devices differ in sector size. */
    SECTOR_SIZE_MISMATCH,
    /** A device does not show the label: it leads to another disk, or cannot be asked. */
    LABEL_MISMATCH,
    /** The end of the disk holds something that the label would overwrite or compete with. */
    FOREIGN_DATA,
    /** The device has no label that can be read. */
    NO_LABEL,
    /** The device can only be read, and would be written. */
    READ_ONLY,
    /** No device took the change of the label. */
    LABEL_NOT_WRITTEN,
    /** The device can do less than the geom has promised to its clients. */
    CAPABILITY_MISMATCH,
    /** The name breaks the rule for names. */
    INVALID_NAME,
    /** The URI cannot be read, or nobody here opens URIs of its scheme. */
    INVALID_URI,
    /** A value is out of its range, or values contradict each other. */
    INVALID_VALUE,
    /** The geom has no usable path. */
    NO_USABLE_PATH,
    /** No export of that name. */
    EXPORT_NOT_FOUND,
    /** An export of that name serves another geom. */
    EXPORT_EXISTS,
    /** Sessions are open on the export. */
    EXPORT_IN_USE,
    /** No session of that id on the export. */
    SESSION_NOT_FOUND,
    /** The desired state has moved on since the caller looked. */
    STALE_ETAG,
    /** The system does not let us. */
    NOT_ALLOWED,
    /** The inventory's store cannot write now. */
    STORE_FAILED,
    /** Other verbs take too long; this one was not begun, or its outcome is not known yet (the detail says which). */
    BUSY,
    /** The geom or the service is stopping. */
    STOPPING;

    private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** The word that clients see, kebab-case. */
    public String code() {
        return code;
    }
}
