package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.LatencyHistogram.Snapshot;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Counters of a geom since it was created, summed over its lanes.
 *
 * @param clients as the clients saw it, retries included
 * @param failovers first failed attempt to success on another path, by the reason of that failure; reasons without any
 *     are left out
 * @param retries attempts after the first
 * @param allPathsFailed requests that were answered with an error because no path was left
 * @param hedges requests that were sent to a second path as well
 * @param heldWrites changes that wait for a fence now
 * @param queuedRequests requests that have found no path since they came, and wait for one or try again
 * @param unfencedWrites changes given up on a lost path for which no proof came that they can no longer land
 * @param paths by path, in the order they were added
 */
public record GeomStats(
        Io clients,
        Map<FailReason, Snapshot> failovers,
        long retries,
        long allPathsFailed,
        long hedges,
        long heldWrites,
        long queuedRequests,
        long unfencedWrites,
        List<PathStats> paths) {

    /**
     * One side's counters.
     *
     * @param durations of what succeeded; every operation is there
     * @param bytes of what succeeded; every operation is there
     * @param errors by operation and kind, those without any left out
     */
    public record Io(Map<IoOp, Snapshot> durations, Map<IoOp, Long> bytes, List<ErrorCount> errors) {}

    /** How often an operation met an error. */
    public record ErrorCount(IoOp op, IoError.Kind kind, long count) {}

    /**
     * One path's counters.
     *
     * @param unflushedBytes changed through it and not known to be flushed
     * @param rests how often the other paths went first for a while, because it was much slower than they were
     */
    public record PathStats(String device, long inFlight, long unflushedBytes, long rests, Io io) {}

    static GeomStats of(PathTable table, List<Lane> lanes, long unfencedWrites) {
        List<PathStats> paths = table.newestFirst().reversed().stream()
                .map(entry -> ofPath(entry.path(), lanes))
                .toList();
        return new GeomStats(
                sum(lanes.stream().map(lane -> lane.stats().clients).toList()),
                failovers(lanes),
                sum(lanes, stats -> stats.retries),
                sum(lanes, stats -> stats.allPathsFailed),
                sum(lanes, stats -> stats.hedges),
                sum(lanes, stats -> stats.held),
                sum(lanes, stats -> stats.queued),
                unfencedWrites,
                paths);
    }

    private static long sum(List<Lane> lanes, Function<LaneStats, LongAdder> counter) {
        return lanes.stream()
                .mapToLong(lane -> counter.apply(lane.stats()).sum())
                .sum();
    }

    private static PathStats ofPath(IoPath path, List<Lane> lanes) {
        List<LanePath> all = lanes.stream()
                .map(lane -> lane.paths().find(path))
                .filter(Objects::nonNull)
                .toList();
        long inFlight = all.stream().mapToLong(LanePath::inFlightSeen).sum();
        long unflushedBytes =
                all.stream().mapToLong(each -> each.unflushed.bytes()).sum();
        long rests = all.stream().mapToLong(each -> each.rests.sum()).sum();
        return new PathStats(
                path.name(),
                inFlight,
                unflushedBytes,
                rests,
                sum(all.stream().map(each -> each.stats).toList()));
    }

    private static Map<FailReason, Snapshot> failovers(List<Lane> lanes) {
        Map<FailReason, Snapshot> sums = new EnumMap<>(FailReason.class);
        for (FailReason reason : FailReason.values()) {
            Snapshot sum = Snapshot.sumOf(
                    lanes.stream().map(lane -> lane.stats().failover(reason)).toList());
            if (sum.count() > 0) {
                sums.put(reason, sum);
            }
        }
        return sums;
    }

    private static Io sum(List<IoStats> parts) {
        Map<IoOp, Snapshot> durations = new EnumMap<>(IoOp.class);
        Map<IoOp, Long> bytes = new EnumMap<>(IoOp.class);
        List<ErrorCount> errors = new ArrayList<>();
        for (IoOp op : IoOp.values()) {
            durations.put(
                    op,
                    Snapshot.sumOf(
                            parts.stream().map(part -> part.durations(op)).toList()));
            bytes.put(op, parts.stream().mapToLong(part -> part.bytes(op)).sum());
            for (IoError.Kind kind : IoError.Kind.values()) {
                long count =
                        parts.stream().mapToLong(part -> part.errors(op, kind)).sum();
                if (count > 0) {
                    errors.add(new ErrorCount(op, kind, count));
                }
            }
        }
        return new Io(durations, bytes, errors);
    }
}
