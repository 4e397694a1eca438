package io.ropewalk.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page about metrics is what {@link Metric} says. {@code -Dmetrics.update=true} writes it anew. */
class MetricsPageTest {
    private static final Path PAGE = Path.of("src/docs/metrics.md");
    private static final String BEGIN = "<!-- generated from Metric.java -->\n";
    private static final String END = "<!-- /generated -->\n";

    @Test
    void thePageHasEveryMetricAsItIs() throws IOException {
        String page = Files.readString(PAGE);
        String wanted = page.substring(0, page.indexOf(BEGIN)) + BEGIN + table() + page.substring(page.indexOf(END));
        if (Boolean.getBoolean("metrics.update")) {
            Files.writeString(PAGE, wanted);
        }

        assertThat(Files.readString(PAGE)).isEqualTo(wanted);
    }

    private static String table() {
        return Stream.of(Metric.values())
                .map(metric -> "| `%s` | %s | %s | %s |%n"
                        .formatted(
                                metric.metricName(),
                                metric.type().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                                metric.labels().stream()
                                        .map(label -> "`" + label + "`" + values(metric, label))
                                        .collect(Collectors.joining(", ")),
                                metric.help()))
                .collect(Collectors.joining("", "| metric | type | labels | what it says |\n|---|---|---|---|\n", ""));
    }

    private static String values(Metric metric, String label) {
        List<String> values = List.copyOf(metric.values(label));
        return values.isEmpty() ? "" : " (" + String.join(" \\| ", values) + ")";
    }
}
