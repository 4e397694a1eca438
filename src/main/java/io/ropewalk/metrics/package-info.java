/**
 * What Prometheus is told. {@link io.ropewalk.metrics.Metric} names every series and is its documentation; {@link
 * io.ropewalk.metrics.MultipathCollector} reads them from the running geoms when it is asked, so that a request pays
 * nothing, nothing is counted twice, and nothing stays behind a geom that is gone. Only what happens too seldom for the
 * engine to count is counted here, by {@link io.ropewalk.metrics.PathCounters}.
 */
@NullMarked
package io.ropewalk.metrics;

import org.jspecify.annotations.NullMarked;
