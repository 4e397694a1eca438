package io.ropewalk.engine;

/** A simulated world saw what must never be. */
final class SimViolation extends AssertionError {
    private static final long serialVersionUID = 1;

    SimViolation(String message) {
        super(message);
    }
}
