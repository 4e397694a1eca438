/** What tests of several rooms share. */
@NullMarked
package io.ropewalk.testing;

import org.jspecify.annotations.NullMarked;
