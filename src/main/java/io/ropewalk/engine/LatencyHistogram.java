package io.ropewalk.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Counts durations by size. One thread records, any thread reads; a reader may miss what is recorded meanwhile, but never
 * sees a count go back. Recording is a search and two adds.
 */
public final class LatencyHistogram {
    private static final long[] BOUNDS_NANOS = {
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000,
        1_000_000_000L,
        5_000_000_000L,
        30_000_000_000L
    };
    private static final VarHandle CELL = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int SUM = BOUNDS_NANOS.length + 1;

    /** One cell per bucket, the last one for what is longer than every bound; then the sum of nanoseconds. */
    private final long[] cells = new long[SUM + 1];

    /** Upper bounds of all buckets but the last, which has none; in nanoseconds. */
    public static long[] boundsNanos() {
        return BOUNDS_NANOS.clone();
    }

    /** Recording thread only. */
    void record(long nanos) {
        add(bucketOf(nanos), 1);
        add(SUM, nanos);
    }

    /** Adds what has been recorded to {@code sums}: one element per bucket, then the sum of nanoseconds. Any thread. */
    void addTo(long[] sums) {
        for (int i = 0; i < cells.length; i++) {
            sums[i] += (long) CELL.getOpaque(cells, i);
        }
    }

    private static int bucketOf(long nanos) {
        for (int i = 0; i < BOUNDS_NANOS.length; i++) {
            if (nanos <= BOUNDS_NANOS[i]) {
                return i;
            }
        }
        return BOUNDS_NANOS.length;
    }

    private void add(int cell, long amount) {
        CELL.setOpaque(cells, cell, cells[cell] + amount);
    }

    /**
     * What one or more histograms held when asked.
     *
     * @param buckets counts per bucket, not cumulated; the last one for what is longer than every bound
     */
    public record Snapshot(long[] buckets, long sumNanos) {
        static Snapshot sumOf(Iterable<LatencyHistogram> histograms) {
            long[] sums = new long[SUM + 1];
            for (LatencyHistogram histogram : histograms) {
                histogram.addTo(sums);
            }
            return new Snapshot(Arrays.copyOf(sums, SUM), sums[SUM]);
        }

        public long count() {
            return Arrays.stream(buckets).sum();
        }
    }
}
