package io.ropewalk.deploy;

import io.ropewalk.metrics.Metric;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The series that there are, from {@link Metric}, and a reading of PromQL that is just good enough to find which series
 * and labels an expression names. Rules and dashboards are held against it.
 */
final class MetricContract {
    /** One metric; a label maps to its possible values, or to none where they are open. */
    private record Known(String name, Map<String, Set<String>> labels) {}

    /** Labels that Prometheus adds to every series it scrapes. */
    private static final Set<String> TARGET_LABELS = Set.of("job", "instance", "namespace", "pod");

    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset", "by", "without");
    private static final Pattern GROUPING =
            Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
    private static final Pattern SELECTOR =
            Pattern.compile("(?<![\\w.$\"{])([a-zA-Z_:][\\w:]*)(?!\\w*\\s*\\()\\s*(?:\\{([^}]*)\\})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");

    private final Map<String, Known> metrics = new HashMap<>();

    private MetricContract() {}

    static MetricContract load() {
        MetricContract contract = new MetricContract();
        Stream.of(Metric.values()).forEach(contract::add);
        // Prometheus' own, one for each target; and Spring Boot's, one for each certificate in use.
        contract.metrics.put("up", new Known("up", Map.of()));
        contract.metrics.put(
                "ssl_chain_expiry_seconds",
                new Known(
                        "ssl_chain_expiry_seconds",
                        Map.of("bundle", Set.of(), "certificate", Set.of(), "chain", Set.of())));
        return contract;
    }

    private void add(Metric metric) {
        String name = metric.metricName();
        Map<String, Set<String>> labels = metric.labels().stream().collect(Collectors.toMap(l -> l, metric::values));
        if (metric.type() != Metric.Type.HISTOGRAM) {
            metrics.put(name, new Known(name, labels));
            return;
        }
        metrics.put(name + "_sum", new Known(name, labels));
        metrics.put(name + "_count", new Known(name, labels));
        Map<String, Set<String>> withBound = new HashMap<>(labels);
        withBound.put("le", Set.of());
        metrics.put(name + "_bucket", new Known(name, withBound));
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
        Known metric = metrics.get(name);
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
            Known metric = metrics.get(name);
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
