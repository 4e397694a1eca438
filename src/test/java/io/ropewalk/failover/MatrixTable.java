package io.ropewalk.failover;

import io.ropewalk.engine.GeomStats;
import io.ropewalk.engine.LatencyHistogram;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.failover.VerifyingClient.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The matrix as people read it: Markdown, a line per cell. */
final class MatrixTable {
    private final List<String> lines = new ArrayList<>();

    MatrixTable() {
        String operations = Arrays.stream(Operation.values())
                .map(operation -> operation.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" | "));
        lines.add(
                "| fault | mode | gap ms | " + operations
                        + " | requests | retries | failovers | errors | path a meanwhile | in the end | events | MiB verified |");
        lines.add("|---|---|--:|" + "--:|".repeat(Operation.values().length) + "--:|--:|--:|---|---|---|---|--:|");
    }

    void add(
            Fault fault,
            Mode mode,
            VerifyingClient.Report report,
            Stand stand,
            PathReport meanwhile,
            long verifiedBytes) {
        GeomStats stats = stand.geom.stats();
        List<String> cells = new ArrayList<>();
        cells.add(fault.title);
        cells.add(title(mode));
        cells.add(millis(report.longestGapNanos()));
        for (Operation operation : Operation.values()) {
            cells.add(millis(report.of(operation).longestNanos()));
        }
        cells.add(Long.toString(report.answered()));
        cells.add(Long.toString(stats.retries()));
        cells.add(failovers(stats));
        cells.add(errors(report));
        cells.add(state(meanwhile));
        cells.add(stand.geom.report().paths().stream()
                .map(path -> path.device() + " " + state(path))
                .collect(Collectors.joining(", ")));
        cells.add(CellEnd.counted(stand.events()));
        cells.add(Long.toString(verifiedBytes >> 20));
        lines.add("| " + String.join(" | ", cells) + " |");
    }

    String text() {
        return String.join("\n", lines) + "\n";
    }

    private static String title(Mode mode) {
        return switch (mode) {
            case ACTIVE_PASSIVE -> "A/P";
            case ACTIVE_ACTIVE -> "A/A";
            case ACTIVE_READ -> "A/R";
        };
    }

    private static String state(PathReport path) {
        return path.reason() == null ? path.state().toString() : path.state() + " " + path.reason();
    }

    private static String failovers(GeomStats stats) {
        return stats.failovers().values().stream()
                .map(LatencyHistogram.Snapshot::count)
                .reduce(Long::sum)
                .orElse(0L)
                .toString();
    }

    private static String errors(VerifyingClient.Report report) {
        String text = Arrays.stream(Operation.values())
                .flatMap(operation -> report.of(operation).errors().entrySet().stream()
                        .map(error -> error.getKey() + " " + operation.name().toLowerCase(Locale.ROOT) + " "
                                + error.getValue()))
                .collect(Collectors.joining(", "));
        return text.isEmpty() ? "none" : text;
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, nanos < 100_000_000 ? "%.1f" : "%.0f", nanos / 1e6);
    }
}
