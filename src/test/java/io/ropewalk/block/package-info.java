@NullMarked
package io.ropewalk.block;

import org.jspecify.annotations.NullMarked;
