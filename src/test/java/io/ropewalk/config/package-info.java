/** Tests of the house put together. */
@NullMarked
package io.ropewalk.config;

import org.jspecify.annotations.NullMarked;
