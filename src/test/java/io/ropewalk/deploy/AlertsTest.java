package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The alert rules: sound, tested by Prometheus' own means in the file and in the chart, explained in the runbooks. */
class AlertsTest {
    private static final Path RULES = Chart.FOLDER.resolve("files/alerts.yaml");
    private static final Path TESTS = Chart.RESOURCES.resolve("alerts.test.yaml");
    private static final Path RUNBOOKS = Path.of("src/docs/runbooks.md");

    /** One alert as written. */
    private record Alert(String name, String expression, JsonNode rule) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Alert> alerts() {
        try {
            List<Alert> alerts = new ArrayList<>();
            for (JsonNode group : Manifests.yaml().readTree(RULES.toFile()).path("groups")) {
                for (JsonNode rule : group.path("rules")) {
                    alerts.add(new Alert(
                            rule.path("alert").asText(), rule.path("expr").asText(), rule));
                }
            }
            return alerts.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theAlertsAreTheOnesPromised() {
        assertThat(alerts())
                .extracting(Alert::name)
                .containsExactlyInAnyOrder(
                        "GeomDegraded",
                        "GeomBroken",
                        "PathFlapping",
                        "SinglePointOfFailure",
                        "PathErrorRatioHigh",
                        "IoLatencyHigh",
                        "IoQueued",
                        "PathFailedByOperatorTooLong",
                        "UnfencedWrites",
                        "CertificateExpiresSoon",
                        "ServiceAbsent");
    }

    @Test
    void prometheusTakesTheRules() {
        Promtool.passes("check", "rules", RULES.toString());
    }

    @Test
    void everyAlertFiresWhenItShould_andOnlyThen() {
        Promtool.passes("test", "rules", TESTS.toString());
    }

    @Test
    void theRulesInTheRenderedChartBehaveTheSame(@TempDir Path scratch) throws IOException {
        Path values = Files.writeString(scratch.resolve("values.yaml"), "prometheusRule: {enabled: true}\n");
        PrometheusRule rendered = Chart.ofProject().render(values).the(PrometheusRule.class);
        Path rules = scratch.resolve("rules.yaml");
        Manifests.yaml().writeValue(rules.toFile(), rendered.getSpec());
        Path tests = Files.writeString(
                scratch.resolve("tests.yaml"),
                Files.readString(TESTS).replaceFirst("(?m)^rule_files:\n.*$", "rule_files: [rules.yaml]"));

        Promtool.passes("check", "rules", rules.toString());
        Promtool.passes("test", "rules", tests.toString());
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void theTestsMakeTheAlertFire_andKeepItSilentOnce(Alert alert) throws IOException {
        Set<Boolean> expectations = new HashSet<>();
        for (JsonNode test : Manifests.yaml().readTree(TESTS.toFile()).path("tests")) {
            for (JsonNode moment : test.path("alert_rule_test")) {
                if (moment.path("alertname").asText().equals(alert.name())) {
                    expectations.add(moment.path("exp_alerts").isEmpty());
                }
            }
        }

        assertThat(expectations).containsExactlyInAnyOrder(true, false);
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void theAlertNamesOnlySeriesAndLabelsThatThereAre(Alert alert) {
        MetricContract contract = MetricContract.load();

        assertThat(contract.namesIn(alert.expression())).isNotEmpty();
        assertThat(contract.strangersIn(alert.expression())).isEmpty();
        var labels = Pattern.compile("\\$labels\\.(\\w+)")
                .matcher(alert.rule().path("annotations").toString());
        while (labels.find()) {
            assertThat(contract.labelsOf(alert.expression())).contains(labels.group(1));
        }
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void theAlertSaysHowBadItIs_whatItIs_andWhereToRead(Alert alert) {
        JsonNode annotations = alert.rule().path("annotations");

        assertThat(alert.rule().at("/labels/severity").asText()).isIn("critical", "warning", "info");
        assertThat(annotations.path("summary").asText()).endsWith(".").hasSizeLessThan(120);
        assertThat(annotations.path("description").asText()).endsWith(".").contains("{{");
        assertThat(annotations.path("runbook_url").asText())
                .isEqualTo(
                        "https://ropewalk.example/runbooks.md#" + alert.name().toLowerCase(Locale.ROOT));
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void theRunbookSaysWhatItMeans_whereToLook_whyItMayBe_andWhatToDo(Alert alert) throws IOException {
        String text = Files.readString(RUNBOOKS);
        int start = text.indexOf("\n## " + alert.name() + "\n");
        assertThat(start).as("a section of its own").isNotNegative();
        int end = text.indexOf("\n## ", start + 1);
        String section = text.substring(start, end < 0 ? text.length() : end);

        assertThat(section)
                .contains("**What it means.**", "**First look.**", "**Likely causes.**", "**What to do.**")
                .contains(alert.rule().at("/labels/severity").asText());
    }
}
