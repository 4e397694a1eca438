package io.ropewalk.nbd;

/** The server broke the protocol in the transmission phase. The message is a clause for people. Has no stack trace. */
final class NbdClientViolation extends Exception {
    private static final long serialVersionUID = 1;

    NbdClientViolation(String message) {
        super(message, null, false, false);
    }
}
