/** Ropewalk: several paths to one disk, served as one disk that keeps working while paths fail. */
@NullMarked
package io.ropewalk;

import org.jspecify.annotations.NullMarked;
