/** Tests of the store. */
@NullMarked
package io.ropewalk.store;

import org.jspecify.annotations.NullMarked;
