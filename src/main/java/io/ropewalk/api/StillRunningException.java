package io.ropewalk.api;

/** A change takes longer than its caller wants to wait; it goes on. */
final class StillRunningException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient OperationJson operation;

    StillRunningException(OperationJson operation) {
        super("operation " + operation.id() + " goes on");
        this.operation = operation;
    }

    OperationJson operation() {
        return operation;
    }
}
