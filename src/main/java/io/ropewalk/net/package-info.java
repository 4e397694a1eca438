/**
 * The event loops: Netty's, with the transport that works best here, as {@link io.ropewalk.block.IoLoop}s.
 */
@NullMarked
package io.ropewalk.net;

import org.jspecify.annotations.NullMarked;
