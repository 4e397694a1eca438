package io.ropewalk.inventory;

/** How a registered device is. */
public enum DeviceState {
    /** It was opened and serves, or reconnects by itself when it does not answer. */
    OPEN,
    /** It does not open yet; tried again by itself. */
    UNREACHABLE
}
