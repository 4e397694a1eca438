package io.ropewalk.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import java.util.List;
import java.util.Set;

/**
 * Every metric of ours: its name, type, labels and help. Names and labels are part of the contract: alerts, dashboards and
 * other people's queries stand on them. Units are seconds and bytes, and stand in the name. Label values are in lower case.
 */
public enum Metric {
    GEOM_INFO(
            "multipath_geom_info",
            Type.INFO,
            "What the geom is; always 1.",
            Label.GEOM,
            Label.open("uuid"),
            Label.MODE,
            Label.TYPE),
    GEOM_STATE(
            "multipath_geom_state",
            Type.STATE_SET,
            "1 for the state that the geom is in (optimal, degraded, broken), 0 for the others.",
            Label.GEOM,
            Label.GEOM_STATE),
    GEOM_SIZE_BYTES("multipath_geom_size_bytes", Type.GAUGE, "Size of the geom as exported.", Label.GEOM),
    GEOM_PATHS("multipath_geom_paths", Type.GAUGE, "Paths that the geom has.", Label.GEOM),
    GEOM_PATHS_USABLE("multipath_geom_paths_usable", Type.GAUGE, "Paths that could serve requests.", Label.GEOM),
    GEOM_PATHS_ACTIVE("multipath_geom_paths_active", Type.GAUGE, "Paths in state active.", Label.GEOM),
    GEOM_IO_SECONDS(
            "multipath_geom_io_seconds",
            Type.HISTOGRAM,
            "Duration of requests that succeeded, as clients saw it, retries included.",
            Label.GEOM,
            Label.OP),
    GEOM_IO_BYTES(
            "multipath_geom_io_bytes_total", Type.COUNTER, "Bytes of requests that succeeded.", Label.GEOM, Label.OP),
    GEOM_IO_ERRORS(
            "multipath_geom_io_errors_total",
            Type.COUNTER,
            "Requests that were answered with an error.",
            Label.GEOM,
            Label.OP,
            Label.ERROR),
    GEOM_FAILOVER_SECONDS(
            "multipath_geom_failover_seconds",
            Type.HISTOGRAM,
            "From the first failed attempt of a request to its success on another path, by why it failed.",
            Label.GEOM,
            Label.CAUSE),
    GEOM_FAILOVERS(
            "multipath_geom_failovers_total",
            Type.COUNTER,
            "Requests that succeeded on another path than the first one tried.",
            Label.GEOM),
    GEOM_RETRIES("multipath_geom_retries_total", Type.COUNTER, "Attempts after the first of a request.", Label.GEOM),
    GEOM_HEDGES(
            "multipath_geom_hedges_total",
            Type.COUNTER,
            "Requests that were sent to a second path as well.",
            Label.GEOM),
    GEOM_ALL_PATHS_FAILED(
            "multipath_geom_all_paths_failed_total",
            Type.COUNTER,
            "Requests answered with an error because no path was left.",
            Label.GEOM),
    GEOM_QUEUED_REQUESTS(
            "multipath_geom_queued_requests",
            Type.GAUGE,
            "Requests that have found no usable path yet, and wait for one or try again.",
            Label.GEOM),
    GEOM_HELD_WRITES(
            "multipath_geom_held_writes",
            Type.GAUGE,
            "Changes that wait for proof that an earlier one of their range can no longer land.",
            Label.GEOM),
    GEOM_UNFENCED_WRITES(
            "multipath_geom_unfenced_writes_total",
            Type.COUNTER,
            "Changes given up on a lost path for which no proof came that they can no longer land.",
            Label.GEOM),
    PATH_INFO(
            "multipath_path_info",
            Type.INFO,
            "Where the path leads; always 1.",
            Label.GEOM,
            Label.PATH,
            Label.open("transport"),
            Label.open("address")),
    PATH_STATE(
            "multipath_path_state",
            Type.STATE_SET,
            "1 for the state that the path is in (new, lost, fail, active, read, passive), 0 for the others.",
            Label.GEOM,
            Label.PATH,
            Label.PATH_STATE),
    PATH_FAILURES(
            "multipath_path_failures_total",
            Type.COUNTER,
            "How often the path failed.",
            Label.GEOM,
            Label.PATH,
            Label.REASON),
    PATH_RESTORES(
            "multipath_path_restores_total",
            Type.COUNTER,
            "How often the path was restored, by who brought it back.",
            Label.GEOM,
            Label.PATH,
            Label.TRIGGER),
    PATH_IO_SECONDS(
            "multipath_path_io_seconds",
            Type.HISTOGRAM,
            "Duration of attempts on the path that succeeded.",
            Label.GEOM,
            Label.PATH,
            Label.OP),
    PATH_IO_BYTES(
            "multipath_path_io_bytes_total",
            Type.COUNTER,
            "Bytes of attempts on the path that succeeded.",
            Label.GEOM,
            Label.PATH,
            Label.OP),
    PATH_IO_ERRORS(
            "multipath_path_io_errors_total",
            Type.COUNTER,
            "Attempts on the path that met an error.",
            Label.GEOM,
            Label.PATH,
            Label.OP,
            Label.ERROR),
    PATH_INFLIGHT_REQUESTS(
            "multipath_path_inflight_requests",
            Type.GAUGE,
            "Attempts on the path without answer.",
            Label.GEOM,
            Label.PATH),
    PATH_UNFLUSHED_BYTES(
            "multipath_path_unflushed_bytes",
            Type.GAUGE,
            "Bytes changed through the path and not known to be flushed.",
            Label.GEOM,
            Label.PATH),
    PATH_RESTS(
            "multipath_path_rests_total",
            Type.COUNTER,
            "How often the other paths went first for a while, because the path was much slower than they were.",
            Label.GEOM,
            Label.PATH),
    PATH_LAST_TRANSITION(
            "multipath_path_last_transition_timestamp_seconds",
            Type.GAUGE,
            "When the path came into its state, in seconds since 1970.",
            Label.GEOM,
            Label.PATH),
    PATH_FAILED_BY_OPERATOR(
            "multipath_path_failed_by_operator",
            Type.GAUGE,
            "1 while an operator keeps the path out of use, else 0.",
            Label.GEOM,
            Label.PATH),
    PATH_CHECK_SECONDS(
            "multipath_path_check_seconds",
            Type.HISTOGRAM,
            "Duration of checks of the path, passed or not.",
            Label.GEOM,
            Label.PATH),
    PATH_CHECKS(
            "multipath_path_checks_total",
            Type.COUNTER,
            "Checks of the path, by whether it passed.",
            Label.GEOM,
            Label.PATH,
            Label.RESULT),
    EXPORT_SESSIONS("multipath_export_sessions", Type.GAUGE, "Sessions open on the export.", Label.EXPORT),
    EXPORT_SESSION_BYTES(
            "multipath_export_session_bytes_total",
            Type.COUNTER,
            "Bytes that clients read and wrote through the export.",
            Label.EXPORT),
    EXPORT_TLS_HANDSHAKES(
            "multipath_export_tls_handshakes_total",
            Type.COUNTER,
            "TLS handshakes of NBD clients, by how they ended; a client names its export only afterwards.",
            Label.TLS_RESULT);

    /** What kind of metric it is. */
    public enum Type {
        /** What is, up and down. */
        GAUGE,
        /** What has happened so far, since the geom came up. */
        COUNTER,
        /** How long things took: buckets, sum and count. */
        HISTOGRAM,
        /** A gauge that is always 1; its labels are what it says. */
        INFO,
        /** A gauge per state: 1 for the one that holds. */
        STATE_SET
    }

    private final String metricName;
    private final Type type;
    private final String help;
    private final List<Label> labels;

    Metric(String metricName, Type type, String help, Label... labels) {
        this.metricName = metricName;
        this.type = type;
        this.help = help;
        this.labels = List.of(labels);
    }

    /** As Prometheus shows it; a histogram's without suffix. */
    public String metricName() {
        return metricName;
    }

    public Type type() {
        return type;
    }

    public String help() {
        return help;
    }

    /** Names of the labels, in order. */
    public List<String> labels() {
        return labels.stream().map(Label::name).toList();
    }

    /** The values that {@code label} can have; empty where they are open. */
    public Set<String> values(String label) {
        return labels.stream()
                .filter(own -> own.name().equals(label))
                .findFirst()
                .map(Label::values)
                .orElse(Set.of());
    }

    /** The same for the model, which adds {@code _total} by itself. */
    MetricMetadata metadata() {
        String base =
                type == Type.COUNTER ? metricName.substring(0, metricName.length() - "_total".length()) : metricName;
        return new MetricMetadata(base, help);
    }

    /** The labels with these values. */
    Labels with(String... values) {
        return Labels.of(labels(), List.of(values));
    }
}
