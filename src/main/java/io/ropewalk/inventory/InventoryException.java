package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/** A verb was refused; nothing was changed, unless it {@link #isUndecided}. Carries what a problem report needs, and nothing of HTTP. */
public final class InventoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Problem problem;
    private final String correction;
    private final String resource;
    private final boolean undecided;

    /**
     * A refusal.
     *
     * @param detail one sentence: what was asked of what, and the numbers that stand against it
     * @param correction one sentence: what to do
     * @param resource what it is about, a name as {@code geom disk1} or {@code device sda-a}
     */
    public InventoryException(Problem problem, String detail, String correction, String resource) {
        this(problem, detail, correction, resource, null);
    }

    public InventoryException(
            Problem problem, String detail, String correction, String resource, @Nullable Throwable cause) {
        this(problem, detail, correction, resource, cause, false);
    }

    private InventoryException(
            Problem problem,
            String detail,
            String correction,
            String resource,
            @Nullable Throwable cause,
            boolean undecided) {
        super(detail, cause);
        this.problem = problem;
        this.correction = correction;
        this.resource = resource;
        this.undecided = undecided;
    }

    /** The verb was begun, and nobody knows yet whether it happens. */
    public static InventoryException undecided(Problem problem, String detail, String correction, String resource) {
        return new InventoryException(problem, detail, correction, resource, null, true);
    }

    public Problem problem() {
        return problem;
    }

    /** One sentence with the names and numbers. */
    public String detail() {
        return String.valueOf(getMessage());
    }

    /** One sentence: what to do. */
    public String correction() {
        return correction;
    }

    /** What it is about, {@code kind name}. */
    public String resource() {
        return resource;
    }

    /** Whether the verb was begun and may still happen: then nothing is to be taken back, and nothing asked for again blindly. */
    public boolean isUndecided() {
        return undecided;
    }
}
