package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.inventory.EventView;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a cell of the matrix has left behind: states, events and metrics; and what they have to be. */
final class CellEnd {
    /** What tells how a cell went; the rest tells how its geom was made. */
    private static final List<String> TELLING =
            List.of("path.failed", "path.restored", "path.lost", "path.unflushed-lost", "path.unfenced", "geom.broken");

    private static final List<String> RETURNING = List.of("path.failed", "path.restored", "path.added");

    private final Fault fault;
    private final Mode mode;
    private final Stand stand;
    private final List<EventView> events;

    private CellEnd(Fault fault, Mode mode, Stand stand) {
        this.fault = fault;
        this.mode = mode;
        this.stand = stand;
        this.events = stand.events();
    }

    static CellEnd of(Fault fault, Mode mode, Stand stand) {
        return new CellEnd(fault, mode, stand);
    }

    /** The telling events as people read them: how many of each. */
    static String counted(List<EventView> events) {
        Map<String, Long> counts = events.stream()
                .filter(event -> TELLING.contains(event.type()))
                .collect(Collectors.groupingBy(
                        event -> (event.type() + " " + event.path() + " "
                                        + event.detail().getOrDefault("reason", ""))
                                .strip(),
                        TreeMap::new,
                        Collectors.counting()));
        return counts.isEmpty()
                ? "none"
                : counts.entrySet().stream()
                        .map(each -> each.getKey() + " " + each.getValue())
                        .collect(Collectors.joining(", "));
    }

    void assertAll(VerifyingClient.Report report) {
        assertStates();
        if (fault.makesPathFail()) {
            assertEventsOfAFailure();
        } else {
            assertThat(counted(events)).as("events").isEqualTo("none");
        }
        assertThat(events).as("the good path is not blamed").noneMatch(event -> is(event, "path.failed", "b"));
        assertThat(events).extracting(EventView::type).doesNotContain("geom.broken", "path.unfenced");
        assertFailureMetrics();
        assertRequestMetrics(report);
    }

    /** Whether path a was told to have failed as it should by this fault. */
    static boolean hasFailed(Fault fault, Stand stand) {
        return stand.events().stream().anyMatch(event -> isFailureBy(fault, event));
    }

    private static boolean isFailureBy(Fault fault, EventView event) {
        return is(event, "path.failed", "a")
                && fault.reasons.contains(
                        FailReason.valueOf(Objects.requireNonNull(event.detail().get("reason"))));
    }

    private PathReport path(String name) {
        return stand.path(name).orElseThrow();
    }

    // ---- states

    private void assertStates() {
        PathReport a = path("a");
        assertThat(a.state()).as("path a in the end").isEqualTo(endOfA());
        assertThat(a.reason()).as("why path a is FAIL").isEqualTo(reasonInTheEnd());
        assertThat(path("b").state())
                .as("path b in the end")
                .isEqualTo(fault.makesPathFail() || mode == Mode.ACTIVE_ACTIVE ? PathState.ACTIVE : standby());
        assertThat(stand.geom.report().state())
                .as("the geom in the end")
                .isEqualTo(fault == Fault.FLAPPING ? GeomState.DEGRADED : GeomState.OPTIMAL);
    }

    /** The other path has taken over, and there is no failback. */
    private PathState endOfA() {
        if (fault == Fault.FLAPPING) {
            return PathState.FAIL;
        }
        return fault.makesPathFail() && mode != Mode.ACTIVE_ACTIVE ? standby() : PathState.ACTIVE;
    }

    private @Nullable FailReason reasonInTheEnd() {
        return fault == Fault.FLAPPING ? FailReason.FLAPPING : null;
    }

    private PathState standby() {
        return mode == Mode.ACTIVE_READ ? PathState.READ : PathState.PASSIVE;
    }

    // ---- events

    private void assertEventsOfAFailure() {
        assertThat(events)
                .as("path.failed of a, with a reason of the fault")
                .anyMatch(event -> isFailureBy(fault, event));
        assertThat(events).as("the other path takes over").anyMatch(event -> is(event, "path.active-changed", "b"));
        assertThat(events).extracting(EventView::type).contains("geom.degraded");
        List<String> ofA = events.stream()
                .filter(event -> RETURNING.contains(event.type()) && "a".equals(event.path()))
                .map(EventView::type)
                .toList();
        assertThat(ofA.getLast()).as("the last that was told of path a").isEqualTo(lastOfA());
        assertThat(lastOf("geom."))
                .as("the last that was told of the geom")
                .isEqualTo(fault == Fault.FLAPPING ? "geom.degraded" : "geom.optimal");
    }

    /** A path that had another size has left the geom, and joins it again. */
    private String lastOfA() {
        return switch (fault) {
            case FLAPPING -> "path.failed";
            case WRONG_SIZE -> "path.added";
            default -> "path.restored";
        };
    }

    private String lastOf(String prefix) {
        return events.stream()
                .map(EventView::type)
                .filter(type -> type.startsWith(prefix))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private static boolean is(EventView event, String type, String path) {
        return event.type().equals(type) && path.equals(event.path());
    }

    private long count(String type, String path) {
        return events.stream().filter(event -> is(event, type, path)).count();
    }

    // ---- metrics

    private void assertFailureMetrics() {
        if (fault != Fault.WRONG_SIZE) {
            // It counts from nothing when it has joined again.
            assertMetric(count("path.failed", "a"), "multipath_path_failures_total", "path=\"a\"");
            assertMetric(count("path.restored", "a"), "multipath_path_restores_total", "path=\"a\"", restorer());
        }
        assertMetric(0, "multipath_path_failures_total", "path=\"b\"");
        assertMetric(1, "multipath_path_state", "path=\"a\"", state(path("a").state()));
        assertMetric(1, "multipath_path_state", "path=\"b\"", state(path("b").state()));
        assertMetric(1, "multipath_geom_state", state(stand.geom.report().state()));
        assertMetric(fault == Fault.FLAPPING ? 1 : 2, "multipath_geom_paths_usable");
        assertMetric(0, "multipath_geom_unfenced_writes_total");
        assertMetric(0, "multipath_geom_held_writes");
        assertMetric(0, "multipath_geom_queued_requests");
    }

    private String restorer() {
        return fault == Fault.ANOTHER_DISK ? "trigger=\"operator\"" : "trigger=\"checker\"";
    }

    private static String state(Enum<?> state) {
        return "state=\"" + state.name().toLowerCase(java.util.Locale.ROOT) + "\"";
    }

    private void assertRequestMetrics(VerifyingClient.Report report) {
        assertMetric(0, "multipath_geom_all_paths_failed_total");
        assertMetric(report.failed(), "multipath_geom_io_errors_total");
        double failovers = stand.metric("multipath_geom_failovers_total");
        if (!fault.makesPathFail()) {
            assertThat(failovers).as("failovers").isZero();
        } else if (fault != Fault.WRONG_SIZE) {
            // A check, or the look that follows a session's end, may come first and spare requests the failover; so may
            // an
            // attempt on the other path, if all that met the silence were sent twice.
            double hedges = stand.metric("multipath_geom_hedges_total");
            boolean wasMet = stand.metric("multipath_path_io_errors_total", "path=\"a\"") > 0;
            assertThat(wasMet ? failovers + hedges > 0 : failovers == 0)
                    .as("%s failovers and %s hedges, as attempts on a failed: %s", failovers, hedges, wasMet)
                    .isTrue();
        }
    }

    private void assertMetric(double value, String metric, String... labels) {
        assertThat(stand.metric(metric, labels)).as(metric + List.of(labels)).isEqualTo(value);
    }
}
