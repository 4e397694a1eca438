package io.ropewalk.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.ropewalk.engine.LatencyHistogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one scrape gathers, by metric. One thread. */
final class Scrape {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double[] BOUNDS_SECONDS = bounds();

    private final Map<Metric, List<GaugeDataPointSnapshot>> gauges = new EnumMap<>(Metric.class);
    private final Map<Metric, List<CounterDataPointSnapshot>> counters = new EnumMap<>(Metric.class);
    private final Map<Metric, List<HistogramDataPointSnapshot>> histograms = new EnumMap<>(Metric.class);

    void gauge(Metric metric, double value, String... labels) {
        gauges.computeIfAbsent(metric, key -> new ArrayList<>())
                .add(new GaugeDataPointSnapshot(value, metric.with(labels), null));
    }

    /** 1 for {@code now}, 0 for the other states; {@code labels} are those before the state's. */
    <S extends Enum<S>> void states(Metric metric, Iterable<S> states, S now, String... labels) {
        for (S state : states) {
            String[] all = Arrays.copyOf(labels, labels.length + 1);
            all[labels.length] = word(state);
            gauge(metric, state == now ? 1 : 0, all);
        }
    }

    void counter(Metric metric, double value, String... labels) {
        counters.computeIfAbsent(metric, key -> new ArrayList<>())
                .add(new CounterDataPointSnapshot(value, metric.with(labels), null, 0));
    }

    void histogram(Metric metric, LatencyHistogram.Snapshot snapshot, String... labels) {
        histograms
                .computeIfAbsent(metric, key -> new ArrayList<>())
                .add(new HistogramDataPointSnapshot(
                        ClassicHistogramBuckets.of(BOUNDS_SECONDS, snapshot.buckets()),
                        snapshot.sumNanos() / NANOS_PER_SECOND,
                        metric.with(labels),
                        Exemplars.EMPTY,
                        0));
    }

    /** An enum constant, or nothing, as a label says it. */
    static String word(@Nullable Enum<?> constant) {
        return constant == null ? "" : constant.name().toLowerCase(Locale.ROOT);
    }

    MetricSnapshots snapshots() {
        List<MetricSnapshot> all = new ArrayList<>();
        gauges.forEach((metric, points) -> all.add(new GaugeSnapshot(metric.metadata(), points)));
        counters.forEach((metric, points) -> all.add(new CounterSnapshot(metric.metadata(), points)));
        histograms.forEach((metric, points) -> all.add(new HistogramSnapshot(metric.metadata(), points)));
        return new MetricSnapshots(all);
    }

    private static double[] bounds() {
        long[] nanos = LatencyHistogram.boundsNanos();
        double[] seconds = new double[nanos.length + 1];
        for (int i = 0; i < nanos.length; i++) {
            seconds[i] = nanos[i] / NANOS_PER_SECOND;
        }
        seconds[nanos.length] = Double.POSITIVE_INFINITY;
        return seconds;
    }
}
