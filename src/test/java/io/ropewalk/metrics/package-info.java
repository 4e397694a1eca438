/** Tests of what Prometheus is told. */
@NullMarked
package io.ropewalk.metrics;

import org.jspecify.annotations.NullMarked;
