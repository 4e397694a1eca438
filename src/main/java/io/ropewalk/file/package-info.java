/**
 * Devices of this machine: regular files and local block devices ({@code file:///path}).
 *
 * <p>The kernel is asked through the foreign-function API, so what a device can do and how it is cut into sectors is
 * what the kernel says, not a guess. Blocking calls run on a few threads of each device's own; nobody else waits for
 * a disk.
 */
@NullMarked
package io.ropewalk.file;

import org.jspecify.annotations.NullMarked;
