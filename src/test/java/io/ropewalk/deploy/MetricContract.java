package io.ropewalk.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The series that there are, from {@code metrics.tsv}, and a reading of PromQL that is just good enough to find which series
 * and labels an expression names. Rules and dashboards are held against it.
 */
final class MetricContract {
    /** One metric; a label maps to its possible values, or to none where they are open. */
    private record Metric(String name, String type, Map<String, Set<String>> labels) {}

    /** Labels that Prometheus adds to every series it scrapes. */
    private static final Set<String> TARGET_LABELS = Set.of("job", "instance", "namespace", "pod");

    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset", "by", "without");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
    private static final Pattern SELECTOR =
            Pattern.compile("(?<![\\w.$\"{])([a-zA-Z_:][\\w:]*)(?!\\w*\\s*\\()\\s*(?:\\{([^}]*)\\})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");

    private final Map<String, Metric> metrics = new HashMap<>();

    static MetricContract load() {
        try {
            return new MetricContract(Files.readAllLines(Path.of("src/test/resources/deploy/metrics.tsv")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MetricContract(List<String> lines) {
        for (String line : lines) {
            if (!line.startsWith("#")) {
                String[] columns = line.split("\t", -1);
                add(new Metric(columns[0], columns[1], labels(columns[2])));
            }
        }
    }

    private static Map<String, Set<String>> labels(String column) {
        Map<String, Set<String>> labels = new HashMap<>();
        for (String label : column.split(" ", -1)) {
            String[] parts = label.split("=", 2);
            if (!parts[0].isEmpty()) {
                labels.put(parts[0], parts.length == 1 ? Set.of() : Set.of(parts[1].split("\\|", -1)));
            }
        }
        return labels;
    }

    private void add(Metric metric) {
        if (!metric.type().equals("histogram")) {
            metrics.put(metric.name(), metric);
            return;
        }
        metrics.put(metric.name() + "_sum", metric);
        metrics.put(metric.name() + "_count", metric);
        Map<String, Set<String>> withBound = new HashMap<>(metric.labels());
        withBound.put("le", Set.of());
        metrics.put(metric.name() + "_bucket", new Metric(metric.name(), "histogram", withBound));
    }

    Set<String> names() {
        return new TreeSet<>(metrics.keySet());
    }

    /** The series that an expression names. */
    Set<String> namesIn(String expression) {
        Set<String> names = new LinkedHashSet<>();
        Matcher selectors = SELECTOR.matcher(stripped(expression));
        while (selectors.find()) {
            if (!WORDS.contains(selectors.group(1))) {
                names.add(selectors.group(1));
            }
        }
        return names;
    }

    /** Every name, label and label value of {@code expression} that is not in the contract; empty when all are. */
    List<String> strangersIn(String expression) {
        List<String> strangers = new ArrayList<>();
        Matcher selectors = SELECTOR.matcher(stripped(expression));
        while (selectors.find()) {
            if (!WORDS.contains(selectors.group(1))) {
                strangersInSelector(selectors.group(1), Optional.ofNullable(selectors.group(2)), strangers);
            }
        }
        Set<String> labels = labelsOf(expression);
        Matcher groupings = GROUPING.matcher(expression);
        while (groupings.find()) {
            for (String label : groupings.group(2).split("\\s*,\\s*", -1)) {
                if (!label.isBlank() && !labels.contains(label.strip())) {
                    strangers.add("label " + label + " in " + groupings.group());
                }
            }
        }
        return strangers;
    }

    private void strangersInSelector(String name, Optional<String> matchers, List<String> strangers) {
        Metric metric = metrics.get(name);
        if (metric == null) {
            strangers.add("metric " + name);
            return;
        }
        Matcher matcher = MATCHER.matcher(matchers.orElse(""));
        while (matcher.find()) {
            String label = matcher.group(1);
            if (!metric.labels().containsKey(label) && !TARGET_LABELS.contains(label)) {
                strangers.add("label " + label + " of " + name);
            }
            Set<String> known = metric.labels().getOrDefault(label, Set.of());
            for (String value : matcher.group(3).split("\\|", -1)) {
                if (!known.isEmpty() && !value.startsWith("$") && !known.contains(value)) {
                    strangers.add("value " + value + " of label " + label + " of " + name);
                }
            }
        }
    }

    /** Labels that the series named by {@code expression} may have. */
    Set<String> labelsOf(String expression) {
        Set<String> labels = new TreeSet<>(TARGET_LABELS);
        for (String name : namesIn(expression)) {
            Metric metric = metrics.get(name);
            if (metric != null) {
                labels.addAll(metric.labels().keySet());
            }
        }
        return labels;
    }

    /** Without grouping lists and ranges, whose words are not series. */
    private static String stripped(String expression) {
        return GROUPING.matcher(expression).replaceAll(" ").replaceAll("\\[[^\\]]*\\]", " ");
    }
}
