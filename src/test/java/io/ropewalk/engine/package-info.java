@NullMarked
package io.ropewalk.engine;

import org.jspecify.annotations.NullMarked;
