package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Grafana dashboards: whole, readable, portable between data sources, and about series that there are. */
class DashboardsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DATASOURCE = "${datasource}";
    private static final Set<String> PANELS = Set.of("row", "stat", "timeseries", "state-timeline", "heatmap", "table");

    private final MetricContract contract = MetricContract.load();

    /** One dashboard and the name of its file. */
    private record Dashboard(String name, JsonNode json) {
        List<JsonNode> panels() {
            return StreamSupport.stream(json.path("panels").spliterator(), false)
                    .filter(panel -> !panel.path("type").asText().equals("row"))
                    .toList();
        }

        List<String> expressions() {
            List<String> expressions = new ArrayList<>();
            panels().forEach(panel -> panel.path("targets")
                    .forEach(target -> expressions.add(target.path("expr").asText())));
            return expressions;
        }

        List<JsonNode> variables() {
            List<JsonNode> variables = new ArrayList<>();
            json.at("/templating/list").forEach(variables::add);
            return variables;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Dashboard> dashboards() {
        return Stream.of("fleet", "geom").map(DashboardsTest::dashboard);
    }

    private static Dashboard dashboard(String name) {
        try {
            Path file = Chart.FOLDER.resolve("files/dashboards/" + name + ".json");
            return new Dashboard(name, JSON.readTree(file.toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void itHasWhatGrafanaNeeds(Dashboard dashboard) {
        JsonNode json = dashboard.json();

        assertThat(json.path("uid").asText()).isEqualTo("ropewalk-" + dashboard.name());
        assertThat(json.path("title").asText()).startsWith("Ropewalk / ");
        assertThat(json.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(39);
        assertThat(json.has("id")).as("an id is of one Grafana only").isFalse();
        Set<Integer> ids = new HashSet<>();
        json.path("panels").forEach(panel -> {
            assertThat(PANELS).contains(panel.path("type").asText());
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(ids.add(panel.path("id").asInt())).as("ids are unique").isTrue();
        });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void panelsFillTheGridWithoutOverlap(Dashboard dashboard) {
        Map<String, String> cells = new HashMap<>();
        dashboard.json().path("panels").forEach(panel -> {
            JsonNode at = panel.path("gridPos");
            assertThat(at.path("x").asInt() + at.path("w").asInt()).isLessThanOrEqualTo(24);
            for (int x = at.path("x").asInt();
                    x < at.path("x").asInt() + at.path("w").asInt();
                    x++) {
                for (int y = at.path("y").asInt();
                        y < at.path("y").asInt() + at.path("h").asInt();
                        y++) {
                    assertThat(cells.put(x + "," + y, panel.path("title").asText()))
                            .as("what else is at %s,%s", x, y)
                            .isNull();
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyPanelHasAUnitADescriptionAndTheChosenDataSource(Dashboard dashboard) {
        assertThat(dashboard.panels()).isNotEmpty().allSatisfy(panel -> {
            assertThat(panel.at("/fieldConfig/defaults/unit").asText())
                    .as(panel.path("title").asText())
                    .isNotBlank();
            assertThat(panel.path("description").asText())
                    .as(panel.path("title").asText())
                    .endsWith(".");
            assertThat(panel.at("/datasource/uid").asText()).isEqualTo(DATASOURCE);
            assertThat(panel.path("targets"))
                    .isNotEmpty()
                    .allSatisfy(target ->
                            assertThat(target.at("/datasource/uid").asText()).isEqualTo(DATASOURCE));
        });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void variablesAreDeclared_andAskTheChosenDataSource(Dashboard dashboard) {
        Set<String> declared = new TreeSet<>(Set.of("__rate_interval"));
        dashboard
                .variables()
                .forEach(variable -> declared.add(variable.path("name").asText()));
        var used = Pattern.compile("\\$\\{?(\\w+)")
                .matcher(String.join("\n", dashboard.expressions())
                        + dashboard.variables().stream()
                                .map(variable -> variable.path("definition").asText())
                                .toList());

        assertThat(dashboard.variables().getFirst().path("type").asText()).isEqualTo("datasource");
        while (used.find()) {
            assertThat(declared).contains(used.group(1));
        }
        assertThat(dashboard.variables())
                .filteredOn(variable -> variable.path("type").asText().equals("query"))
                .isNotEmpty()
                .allSatisfy(variable ->
                        assertThat(variable.at("/datasource/uid").asText()).isEqualTo(DATASOURCE));
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void ratesAreOverTheIntervalThatFitsTheScrape(Dashboard dashboard) {
        assertThat(dashboard.expressions())
                .filteredOn(expression -> expression.contains("["))
                .isNotEmpty()
                .allSatisfy(expression ->
                        assertThat(expression.replace("[$__rate_interval]", "")).doesNotContain("["));
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void itNamesOnlySeriesAndLabelsThatThereAre(Dashboard dashboard) {
        assertThat(dashboard.panels())
                .allSatisfy(panel -> panel.path("targets").forEach(target -> {
                    String expression = target.path("expr").asText();
                    assertThat(contract.namesIn(expression)).isNotEmpty();
                    assertThat(contract.strangersIn(expression)).as(expression).isEmpty();
                    var legend = Pattern.compile("\\{\\{\\s*(\\w+)\\s*\\}\\}")
                            .matcher(target.path("legendFormat").asText());
                    while (legend.find()) {
                        assertThat(contract.labelsOf(expression)).contains(legend.group(1));
                    }
                }));
        var query = Pattern.compile("label_values\\((.+), (\\w+)\\)");
        dashboard.variables().stream()
                .map(variable -> query.matcher(variable.path("definition").asText()))
                .filter(matcher -> matcher.matches())
                .forEach(matcher -> {
                    assertThat(contract.strangersIn(matcher.group(1))).isEmpty();
                    assertThat(contract.labelsOf(matcher.group(1))).contains(matcher.group(2));
                });
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void prometheusTakesEveryExpression(Dashboard dashboard, @TempDir Path scratch) throws IOException {
        StringBuilder rules = new StringBuilder("groups: [{name: panels, rules: [\n");
        for (String expression : dashboard.expressions()) {
            String concrete = expression.replace("$__rate_interval", "1m").replaceAll("\\$\\w+", "x");
            rules.append("{record: panel, labels: {n: \"%d\"}, expr: %s},%n"
                    .formatted(rules.length(), JSON.writeValueAsString(concrete)));
        }
        Path file = Files.writeString(scratch.resolve("panels.yaml"), rules.append("]}]\n"));

        Promtool.passes("check", "rules", "--lint=none", file.toString());
    }

    @Test
    void togetherTheyShowEverySeriesOfOurs() {
        Set<String> shown = new TreeSet<>();
        dashboards()
                .flatMap(dashboard -> dashboard.expressions().stream())
                .forEach(expression -> contract.namesIn(expression)
                        .forEach(name -> shown.add(name.replaceFirst("_(bucket|sum|count)$", ""))));

        assertThat(shown)
                .containsAll(contract.names().stream()
                        .filter(name -> name.startsWith("multipath_"))
                        .map(name -> name.replaceFirst("_(bucket|sum|count)$", ""))
                        .toList());
    }
}
