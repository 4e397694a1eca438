package io.ropewalk.label;

import org.jspecify.annotations.Nullable;

/** Which paths serve which requests, as one byte of the label. */
public enum LabelMode {
    /** Active/Passive. */
    ACTIVE_PASSIVE(0),
    /** Active/Active. */
    ACTIVE_ACTIVE(1),
    /** Active/Read. */
    ACTIVE_READ(2);

    private final byte code;

    LabelMode(int code) {
        this.code = (byte) code;
    }

    /** The byte on disk, 0 to 2. */
    public byte code() {
        return code;
    }

    /** The mode of a byte read from disk; null for bytes that mean nothing (Q30). */
    public static @Nullable LabelMode ofCode(byte code) {
        for (LabelMode mode : values()) {
            if (mode.code == code) {
                return mode;
            }
        }
        return null;
    }
}
