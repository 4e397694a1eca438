/** Tests of the inventory. */
@NullMarked
package io.ropewalk.inventory;

import org.jspecify.annotations.NullMarked;
