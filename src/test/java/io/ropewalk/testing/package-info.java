/** Helpers that the tests of every room share. */
@NullMarked
package io.ropewalk.testing;

import org.jspecify.annotations.NullMarked;
