/**
 * What block I/O is: the one seam of the house.
 *
 * <p>Everything that serves bytes at offsets is a {@link io.ropewalk.block.BlockDevice}: a file, an NBD server reached
 * as a client, a geom, a fault injector. Whoever wants bytes opens a {@link io.ropewalk.block.BlockChannel} on an
 * {@link io.ropewalk.block.IoLoop} and submits {@link io.ropewalk.block.IoRequest}s. This room knows no socket, no
 * Spring, no wall clock and starts no thread.
 */
@NullMarked
package io.ropewalk.block;

import org.jspecify.annotations.NullMarked;
