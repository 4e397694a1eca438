package io.ropewalk.block;

/** Bits of {@link IoRequest#flags()}. */
public final class IoFlags {
    /** No flag. */
    public static final int NONE = 0;
    /** WRITE, TRIM, WRITE_ZEROES: the effect is durable before the answer. */
    public static final int FUA = 1;
    /** WRITE_ZEROES: the range stays allocated (it must not become a hole). */
    public static final int NO_HOLE = 1 << 1;
    /** WRITE_ZEROES: answer NOT_SUPPORTED at once rather than write zeroes the slow way. */
    public static final int FAST_ONLY = 1 << 2;
    /** BLOCK_STATUS: one extent is enough. */
    public static final int ONE_EXTENT = 1 << 3;

    private IoFlags() {}

    /** The flags that mean something for {@code op}. */
    static int allowedFor(IoOp op) {
        return switch (op) {
            case WRITE, TRIM -> FUA;
            case WRITE_ZEROES -> FUA | NO_HOLE | FAST_ONLY;
            case BLOCK_STATUS -> ONE_EXTENT;
            case READ, FLUSH, CACHE -> NONE;
        };
    }
}
