/**
 * The label: what the last sector of a disk says about the geom it belongs to.
 *
 * <p>{@link io.ropewalk.label.LabelCodec} is the on-disk format, byte for byte that of FreeBSD's gmultipath;
 * {@link io.ropewalk.label.LabelStore} reads it from a device, {@link io.ropewalk.label.Labelling} writes, moves and
 * erases it so that a crash leaves the disk wholly before or wholly after; {@link io.ropewalk.label.Taster} decides what
 * a label that was read means. Rule numbers (R25, Q17) are those of the specification of the original. This room knows
 * {@code block} only: no engine, no Spring, no wall clock, and starts no thread.
 */
@NullMarked
package io.ropewalk.label;

import org.jspecify.annotations.NullMarked;
