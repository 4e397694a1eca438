package io.ropewalk.nbd;

/** The client did what ends a session. The message is one clause about it, for the log. */
final class NbdServerViolation extends RuntimeException {
    private static final long serialVersionUID = 1;

    NbdServerViolation(String message) {
        super(message, null, false, false);
    }
}
