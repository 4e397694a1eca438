package io.ropewalk.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomReport;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomStats;
import io.ropewalk.engine.GeomStats.Io;
import io.ropewalk.engine.LatencyHistogram;
import io.ropewalk.engine.LatencyHistogram.Snapshot;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.inventory.DeviceView;
import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.PathView;
import io.ropewalk.inventory.RunningGeom;
import io.ropewalk.metrics.ExportTraffic.TlsResult;
import io.ropewalk.metrics.PathCounters.CheckResult;
import io.ropewalk.nbd.NbdSessionView;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tells Prometheus of every geom, path and export that there is at that moment. Any thread. */
public final class MultipathCollector implements MultiCollector {
    /** Shown from the start; the other operations once they are used, so that a quiet path has fewer series. */
    private static final Set<IoOp> ALWAYS = EnumSet.of(IoOp.READ, IoOp.WRITE, IoOp.FLUSH);

    private static final Set<GeomState> GEOM_STATES =
            EnumSet.of(GeomState.OPTIMAL, GeomState.DEGRADED, GeomState.BROKEN);
    private static final Set<PathState> USABLE = EnumSet.of(PathState.ACTIVE, PathState.READ, PathState.PASSIVE);
    private static final List<PathState> PATH_STATES = List.of(PathState.values());

    /** By every reason for which a request goes to another path; the other reasons are none of a request. */
    private static final Map<FailReason, Snapshot> NO_FAILOVERS = Stream.of(
                    FailReason.IO_ERROR, FailReason.TIMEOUT, FailReason.DISCONNECTED, FailReason.IDENTITY)
            .collect(Collectors.toMap(
                    reason -> reason, reason -> new Snapshot(new long[LatencyHistogram.boundsNanos().length + 1], 0)));

    private static final IoMetrics GEOM_IO =
            new IoMetrics(Metric.GEOM_IO_SECONDS, Metric.GEOM_IO_BYTES, Metric.GEOM_IO_ERRORS);
    private static final IoMetrics PATH_IO =
            new IoMetrics(Metric.PATH_IO_SECONDS, Metric.PATH_IO_BYTES, Metric.PATH_IO_ERRORS);

    private final Inventory inventory;
    private final PathCounters counters;
    private final ExportTraffic traffic;
    private final Supplier<List<NbdSessionView>> sessions;

    private record IoMetrics(Metric durations, Metric bytes, Metric errors) {}

    /** @param sessions lists the NBD server's sessions */
    public MultipathCollector(
            Inventory inventory,
            PathCounters counters,
            ExportTraffic traffic,
            Supplier<List<NbdSessionView>> sessions) {
        this.inventory = inventory;
        this.counters = counters;
        this.traffic = traffic;
        this.sessions = sessions;
    }

    @Override
    public MetricSnapshots collect() {
        Scrape scrape = new Scrape();
        Map<String, Address> addresses = inventory.devices().stream()
                .collect(Collectors.toMap(DeviceView::name, device -> Address.of(device.uri())));
        for (RunningGeom running : inventory.runningGeoms()) {
            collect(running, addresses, scrape);
        }
        // Nobody would miss it else: its clients find no export, and there is nothing that could fail.
        for (String declared : inventory.unmadeGeoms().keySet()) {
            scrape.states(Metric.GEOM_STATE, GEOM_STATES, GeomState.BROKEN, declared);
        }
        collectExports(scrape);
        return scrape.snapshots();
    }

    private void collect(RunningGeom running, Map<String, Address> addresses, Scrape scrape) {
        Geom geom = running.geom();
        GeomReport report = geom.report();
        GeomStats stats = geom.stats();
        collectGeom(report, running.state(report), scrape);
        collectGeom(report.name(), stats, scrape);
        for (PathReport path : report.paths()) {
            collectWhereAndHow(
                    geom.name(), path.device(), path.state(), path.reason(), path.since(), addresses, scrape);
            collectPath(geom, path.device(), scrape);
        }
        for (GeomStats.PathStats path : stats.paths()) {
            collectPath(report.name(), path, scrape);
        }
        for (PathView path : running.absentFrom(report)) {
            collectWhereAndHow(
                    geom.name(), path.device(), path.state(), path.reason(), path.since(), addresses, scrape);
        }
    }

    private void collectExports(Scrape scrape) {
        for (TlsResult result : TlsResult.values()) {
            scrape.counter(Metric.EXPORT_TLS_HANDSHAKES, traffic.tlsHandshakes(result), Scrape.word(result));
        }
        Map<String, Long> bytes = traffic.bytes(sessions.get());
        for (ExportView export : inventory.exports()) {
            scrape.gauge(Metric.EXPORT_SESSIONS, export.sessions(), export.name());
            scrape.counter(Metric.EXPORT_SESSION_BYTES, bytes.getOrDefault(export.name(), 0L), export.name());
        }
    }

    // ---- geoms

    private static void collectGeom(GeomReport report, GeomState state, Scrape scrape) {
        String geom = report.name();
        scrape.gauge(
                Metric.GEOM_INFO,
                1,
                geom,
                Objects.requireNonNullElse(report.uuid(), ""),
                Scrape.word(report.mode()),
                Scrape.word(report.type()));
        scrape.states(Metric.GEOM_STATE, GEOM_STATES, state, geom);
        scrape.gauge(Metric.GEOM_SIZE_BYTES, report.sizeBytes(), geom);
        scrape.gauge(Metric.GEOM_PATHS, report.paths().size(), geom);
        scrape.gauge(Metric.GEOM_PATHS_USABLE, count(report, USABLE), geom);
        scrape.gauge(Metric.GEOM_PATHS_ACTIVE, count(report, EnumSet.of(PathState.ACTIVE)), geom);
    }

    private static long count(GeomReport report, Set<PathState> states) {
        return report.paths().stream()
                .filter(path -> states.contains(path.state()))
                .count();
    }

    private static void collectGeom(String geom, GeomStats stats, Scrape scrape) {
        collectIo(stats.clients(), GEOM_IO, scrape, geom);
        // Every cause from the start: what appears with its first failover has no increase by it.
        Map<FailReason, Snapshot> failovers = new EnumMap<>(NO_FAILOVERS);
        failovers.putAll(stats.failovers());
        failovers.forEach((cause, durations) ->
                scrape.histogram(Metric.GEOM_FAILOVER_SECONDS, durations, geom, Scrape.word(cause)));
        scrape.counter(Metric.GEOM_FAILOVERS, failovers(stats), geom);
        scrape.counter(Metric.GEOM_RETRIES, stats.retries(), geom);
        scrape.counter(Metric.GEOM_HEDGES, stats.hedges(), geom);
        scrape.counter(Metric.GEOM_ALL_PATHS_FAILED, stats.allPathsFailed(), geom);
        scrape.gauge(Metric.GEOM_QUEUED_REQUESTS, stats.queuedRequests(), geom);
        scrape.gauge(Metric.GEOM_HELD_WRITES, stats.heldWrites(), geom);
        scrape.counter(Metric.GEOM_UNFENCED_WRITES, stats.unfencedWrites(), geom);
    }

    private static long failovers(GeomStats stats) {
        return stats.failovers().values().stream().mapToLong(Snapshot::count).sum();
    }

    // ---- paths

    /** Of a path that is not there, too: nobody would miss it else. */
    private static void collectWhereAndHow(
            String geom,
            String path,
            PathState state,
            @Nullable FailReason reason,
            Instant since,
            Map<String, Address> addresses,
            Scrape scrape) {
        Address address = addresses.getOrDefault(path, Address.UNKNOWN);
        scrape.gauge(Metric.PATH_INFO, 1, geom, path, address.transport(), address.address());
        scrape.states(Metric.PATH_STATE, PATH_STATES, state, geom, path);
        scrape.gauge(Metric.PATH_FAILED_BY_OPERATOR, reason == FailReason.OPERATOR ? 1 : 0, geom, path);
        scrape.gauge(Metric.PATH_LAST_TRANSITION, since.toEpochMilli() / 1e3, geom, path);
    }

    private void collectPath(Geom geom, String path, Scrape scrape) {
        PathCounters.Counts counts = counters.of(geom, path);
        for (FailReason reason : FailReason.values()) {
            scrape.counter(Metric.PATH_FAILURES, counts.failures(reason), geom.name(), path, Scrape.word(reason));
        }
        for (RestoreTrigger trigger : RestoreTrigger.values()) {
            scrape.counter(Metric.PATH_RESTORES, counts.restores(trigger), geom.name(), path, Scrape.word(trigger));
        }
        for (CheckResult result : CheckResult.values()) {
            scrape.counter(Metric.PATH_CHECKS, counts.checks(result), geom.name(), path, Scrape.word(result));
        }
        scrape.histogram(Metric.PATH_CHECK_SECONDS, counts.checkDurations(), geom.name(), path);
    }

    private static void collectPath(String geom, GeomStats.PathStats stats, Scrape scrape) {
        collectIo(stats.io(), PATH_IO, scrape, geom, stats.device());
        scrape.gauge(Metric.PATH_INFLIGHT_REQUESTS, stats.inFlight(), geom, stats.device());
        scrape.gauge(Metric.PATH_UNFLUSHED_BYTES, stats.unflushedBytes(), geom, stats.device());
        scrape.counter(Metric.PATH_RESTS, stats.rests(), geom, stats.device());
    }

    // ---- both

    private static void collectIo(Io io, IoMetrics metrics, Scrape scrape, String... labels) {
        io.durations().forEach((op, durations) -> {
            if (ALWAYS.contains(op) || durations.count() > 0) {
                String[] all = with(labels, Scrape.word(op));
                scrape.histogram(metrics.durations, durations, all);
                scrape.counter(
                        metrics.bytes, Objects.requireNonNullElse(io.bytes().get(op), 0L), all);
            }
        });
        for (GeomStats.ErrorCount error : io.errors()) {
            scrape.counter(
                    metrics.errors, error.count(), with(labels, Scrape.word(error.op()), Scrape.word(error.kind())));
        }
    }

    private static String[] with(String[] labels, String... more) {
        String[] all = Arrays.copyOf(labels, labels.length + more.length);
        System.arraycopy(more, 0, all, labels.length, more.length);
        return all;
    }
}
