package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.yaml.snakeyaml.Yaml;

/**
 * A client written for the last version of the contract works with this one, or the version's first number says that it
 * does not. The last version is {@code openapi/baseline/ropewalk-v1.yaml}; with a release, or a new first number, copy
 * the contract over it and write down in {@code openapi/CHANGELOG.md} what is new.
 */
class OpenApiCompatibilityTest {
    private static final Path CONTRACT = Path.of("openapi", "ropewalk-v1.yaml");
    private static final Path BASELINE = Path.of("openapi", "baseline", "ropewalk-v1.yaml");
    private static final Path CHANGELOG = Path.of("openapi", "CHANGELOG.md");

    @Test
    void nothingThatClientsRelyOnIsGone() throws IOException {
        String before = Files.readString(BASELINE);
        String now = Files.readString(CONTRACT);

        if (ContractDifference.major(now) == ContractDifference.major(before)) {
            assertThat(ContractDifference.breaks(before, now))
                    .as("breaks for clients; keep what they rely on, or raise the first number of info.version")
                    .isEmpty();
        }
    }

    @Test
    void theChangelogKnowsTheVersion() throws IOException {
        Map<String, Map<String, Object>> contract = new Yaml().load(Files.readString(CONTRACT));

        assertThat(Files.readString(CHANGELOG))
                .contains("## " + contract.get("info").get("version"));
    }

    /** Each change of the contract would break somebody; each must be seen. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    operationId: rotateGeom        | operationId: turnGeom            | operationId
                    '  /api/v1/system:'            | '  /api/v1/about:'               | GET /api/v1/system is gone
                    'name: dryRun'                 | 'name: dry'                      | dryRun
                    application/merge-patch+json   | application/json-patch+json      | merge-patch
                    activePaths:                   | paths_active:                    | activePaths is gone
                    """)
    void aBreakIsSeen(String was, String is, String said) throws IOException {
        String before = Files.readString(CONTRACT);
        assertThat(before).contains(was);

        List<String> breaks = ContractDifference.breaks(before, before.replace(was, is));

        assertThat(breaks).anySatisfy(one -> assertThat(one).contains(said));
    }

    @Test
    void whatIsAskedForAnewIsABreakAndWhatIsAnsweredAnewIsNot() {
        String document = """
                paths:
                  /x:
                    post:
                      operationId: x
                      requestBody:
                        content:
                          application/json:
                            schema: {type: object, properties: {a: {type: string}}, required: [REQUIRED]}
                      responses:
                        "200":
                          content:
                            application/json:
                              schema: {type: object, properties: {ANSWERED: {type: string}}}
                """;
        String before = document.replace("REQUIRED", "a").replace("ANSWERED: {type: string}", "b: {type: string}");
        String more = before.replace("b: {type: string}", "b: {type: string}, c: {type: string}");

        assertThat(ContractDifference.breaks(before, more)).isEmpty();
        assertThat(ContractDifference.breaks(more, before)).hasSize(1);
        assertThat(ContractDifference.breaks(before, before.replace("[a]", "[a, n]")))
                .hasSize(1);
        assertThat(ContractDifference.breaks(before, before.replace("b: {type: string}", "b: {type: integer}")))
                .hasSize(1);
    }

    @Test
    @SuppressWarnings("unchecked") // YAML has nothing else.
    void everyOperationIsDescribed() throws IOException {
        Map<String, Object> contract = new Yaml().load(Files.readString(CONTRACT));
        TreeSet<String> ids = new TreeSet<>();
        ((Map<String, Map<String, Object>>) contract.get("paths"))
                .forEach((path, operations) -> operations.forEach((method, value) -> {
                    Map<String, Object> operation = (Map<String, Object>) value;
                    String where = method + " " + path;
                    assertThat(ids.add(String.valueOf(operation.get("operationId"))))
                            .as(where)
                            .isTrue();
                    assertThat(operation).as(where).containsKeys("summary", "tags", "responses");
                    assertThat((List<Map<String, Object>>) operation.getOrDefault("parameters", List.of()))
                            .allSatisfy(
                                    parameter -> assertThat(parameter).as(where).containsKeys("description", "schema"));
                }));
        ((Map<String, Map<String, Object>>) ((Map<String, Object>) contract.get("components")).get("schemas"))
                .forEach((name, schema) -> {
                    assertThat(schema).as(name).containsKey("description");
                    ((Map<String, Map<String, Object>>) schema.getOrDefault("properties", Map.of()))
                            .forEach((member, property) -> assertThat(property.keySet())
                                    .as(name + "." + member)
                                    .containsAnyOf("description", "$ref", "items"));
                });
    }
}
