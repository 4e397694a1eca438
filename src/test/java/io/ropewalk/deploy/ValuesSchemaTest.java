package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code values.schema.json} knows every value, and nothing else. */
class ValuesSchemaTest {
    private static final Pattern NAMED = Pattern.compile("\\.Values\\.([A-Za-z0-9]+(?:\\.[A-Za-z0-9]+)*)");

    private final Chart chart = Chart.ofProject();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replicas: 2",
                "workload: {kind: Deployment}",
                "workload: {replica: 2}",
                "devices: [{name: a, url: \"nbd://h/x\"}]",
                "devices: [{name: a, uri: \"http://h/x\"}]",
                "devices: [{name: \"-a\", uri: \"nbd://h/x\"}]",
                "geoms: [{name: g, mode: ACTIVE, paths: [a]}]",
                "geoms: [{name: g, paths: []}]",
                "geoms: [{name: g, paths: [a], policies: {attemptTimout: PT2S}}]",
                "geomDefaults: {attemptTimeout: soon}",
                "geomDefaults: {hedgeAfter: null}",
                "security: {mode: basic}",
                "security: {token: short}",
                "tls: {enabled: true}",
                "image: {digest: latest}",
                "persistence: {size: big}",
                "service: {nbd: {port: 70000}}",
                "probes: {liveness: {path: /}}",
                "networkPolicy: {ports: []}",
                "resources: {limit: {memory: 1Gi}}",
                "serviceMonitor: {interval: 15}",
                "prometheusRule: {runbookBaseUrl: wiki}",
                "httpRoute: {parentRefs: [{gateway: public}]}",
                "logging: {format: json}",
                "logging: {levels: {io.ropewalk: LOUD}}",
            })
    void aTypoIsRefused(String values, @TempDir Path scratch) throws IOException {
        Path file = Files.writeString(scratch.resolve("values.yaml"), values + "\n");

        assertThatThrownBy(() -> chart.render(file))
                .hasMessageContaining("values don't meet the specifications of the schema");
    }

    @Test
    void everyObjectWithNamedPropertiesRefusesOthers() throws IOException {
        List<String> open = new ArrayList<>();
        collectOpen(schema(), "", open);

        assertThat(open).isEmpty();
    }

    private static void collectOpen(JsonNode node, String path, List<String> open) {
        if (node.path("properties").isObject()
                && !node.path("additionalProperties").isBoolean()) {
            open.add(path);
        }
        node.properties().forEach(child -> collectOpen(child.getValue(), path + "/" + child.getKey(), open));
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            collectOpen(node.get(i), path + "/" + i, open);
        }
    }

    @Test
    void everyDefaultIsInTheSchema_andEveryPropertyHasADefault() throws IOException {
        JsonNode values =
                Manifests.yaml().readTree(Chart.FOLDER.resolve("values.yaml").toFile());
        JsonNode schema = schema();

        assertThat(values.fieldNames())
                .toIterable()
                .allSatisfy(name ->
                        assertThat(schema.path("properties").has(name)).as(name).isTrue());
        assertThat(schema.path("properties").fieldNames())
                .toIterable()
                .filteredOn(name -> !name.equals("global"))
                .allSatisfy(name -> assertThat(values.has(name)).as(name).isTrue());
    }

    @Test
    void everyTopLevelValueIsExplained() throws IOException {
        List<String> lines = Files.readAllLines(Chart.FOLDER.resolve("values.yaml"));
        List<String> bare = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            boolean leaf = lines.get(i).matches("\\w+: .+");
            if (leaf && !lines.get(i - 1).startsWith("#")) {
                bare.add(lines.get(i));
            }
        }

        assertThat(bare).isEmpty();
    }

    @Test
    void everyValueIsUsedByATemplate_andEveryNameInATemplateIsAValue() throws IOException {
        JsonNode values =
                Manifests.yaml().readTree(Chart.FOLDER.resolve("values.yaml").toFile());
        String templates = templates();
        Set<String> named = NAMED.matcher(templates)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> leaves = new TreeSet<>();
        collectLeaves(values, "", leaves);

        assertThat(leaves)
                .hasSizeGreaterThan(100)
                .filteredOn(leaf -> !isUsed(leaf, named, templates))
                .isEmpty();
        assertThat(named)
                .filteredOn(name -> leaves.stream().noneMatch(leaf -> isSameOrIn(leaf, name) || isSameOrIn(name, leaf)))
                .isEmpty();
    }

    private static String templates() throws IOException {
        try (Stream<Path> files = Files.walk(Chart.FOLDER.resolve("templates"))) {
            StringBuilder all = new StringBuilder();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append(Files.readString(file));
            }
            return all.toString();
        }
    }

    /** A list or an object without defaults is a leaf. */
    private static void collectLeaves(JsonNode node, String path, Set<String> leaves) {
        if (node.isObject() && !node.isEmpty()) {
            node.properties()
                    .forEach(child -> collectLeaves(
                            child.getValue(), path.isEmpty() ? child.getKey() : path + "." + child.getKey(), leaves));
        } else {
            leaves.add(path);
        }
    }

    /** By its own name; or by its last word where a template looks into the object, or by the object as a whole. */
    private static boolean isUsed(String leaf, Set<String> named, String templates) {
        if (named.stream().anyMatch(name -> isSameOrIn(name, leaf))) {
            return true;
        }
        String word = leaf.substring(leaf.lastIndexOf('.'));
        return named.stream()
                .filter(name -> isSameOrIn(leaf, name))
                .anyMatch(name -> Pattern.compile(Pattern.quote(word) + "\\b")
                                .matcher(templates)
                                .find()
                        || templates.contains("toYaml .Values." + name)
                        || templates.contains("with .Values." + name + " ")
                        || templates.contains("$list := .Values." + name + " "));
    }

    private static boolean isSameOrIn(String path, String object) {
        return path.equals(object) || path.startsWith(object + ".");
    }

    private static JsonNode schema() throws IOException {
        return new ObjectMapper()
                .readTree(Chart.FOLDER.resolve("values.schema.json").toFile());
    }
}
