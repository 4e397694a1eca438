package io.ropewalk.nbd;

/** The client did what ends a session. The reason is one clause, for the log. */
final class NbdServerViolation extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String reason;

    NbdServerViolation(String reason) {
        super(reason, null, false, false);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
