/**
 * The NBD protocol once, for both ends: the device (client) and the server that exports any
 * {@link io.ropewalk.block.BlockDevice}. Knows nothing of geoms.
 */
@NullMarked
package io.ropewalk.nbd;

import org.jspecify.annotations.NullMarked;
