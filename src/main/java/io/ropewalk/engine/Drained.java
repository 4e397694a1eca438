package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import org.jspecify.annotations.Nullable;

/**
 * How {@link Geom#drain} ended.
 *
 * @param lost something that was acknowledged through the path may be lost, and clients are told by their next FLUSH
 * @param unflushedBytes changed through the path and not flushed there
 * @param error what the FLUSH of the path met; null when it was not asked, or was all right
 */
public record Drained(
        boolean lost, long unflushedBytes, @Nullable IoError error) {
    /** Nothing was to be flushed. */
    public static final Drained NOTHING = new Drained(false, 0, null);
}
