@NullMarked
package io.ropewalk.file;

import org.jspecify.annotations.NullMarked;
