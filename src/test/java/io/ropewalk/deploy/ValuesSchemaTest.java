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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code values.schema.json} knows every value, and nothing else. */
class ValuesSchemaTest {
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

    private static JsonNode schema() throws IOException {
        return new ObjectMapper()
                .readTree(Chart.FOLDER.resolve("values.schema.json").toFile());
    }
}
