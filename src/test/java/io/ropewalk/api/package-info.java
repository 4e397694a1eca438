/** Tests of the REST room, alone over an inventory that does what a test tells it. */
@NullMarked
package io.ropewalk.api;

import org.jspecify.annotations.NullMarked;
