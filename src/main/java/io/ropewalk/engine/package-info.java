/**
 * How one request becomes attempts on paths: the multipath engine.
 *
 * <p>A {@link io.ropewalk.engine.Geom} has 1 to 64 {@code IoPath}s, each one way to the same disk, and
 * is a {@link io.ropewalk.block.BlockDevice} itself. Rule numbers (R4, Q5, T12) are those of the specification of the
 * original, GEOM_MULTIPATH. This room knows no socket, no Spring, no Micrometer, no wall clock, and starts no thread.
 */
@NullMarked
package io.ropewalk.engine;

import org.jspecify.annotations.NullMarked;
