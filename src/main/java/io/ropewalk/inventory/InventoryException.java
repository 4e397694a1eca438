package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/** A verb was refused; nothing was changed. Carries what a problem report needs, and nothing of HTTP. */
public final class InventoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Problem problem;
    private final String correction;
    private final String resource;

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
        super(detail, cause);
        this.problem = problem;
        this.correction = correction;
        this.resource = resource;
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
}
