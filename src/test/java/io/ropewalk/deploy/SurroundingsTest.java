package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Dockerfile, the compose file and the pages about running it agree with the rest of the project. */
class SurroundingsTest {
    private static final Path COMPOSE = Path.of("src/docs/compose");

    @Test
    void theImageRunsWithTheJvmArgumentsOfTheBuild() throws IOException {
        MatchResult arguments = Pattern.compile("<ropewalk.jvm.arguments>(.+)</ropewalk.jvm.arguments>")
                .matcher(Files.readString(Path.of("pom.xml")))
                .results()
                .findFirst()
                .orElseThrow();

        assertThat(Files.readAllLines(Path.of("src/main/docker/jvm.args")))
                .contains(arguments.group(1).split(" ", -1));
    }

    @Test
    void theImageTrainsWithTheOptionsItRunsWith_andPutsNoShellBeforeTheJvm() throws IOException {
        String dockerfile = Files.readString(Path.of("Dockerfile"));

        assertThat(dockerfile)
                .containsPattern(
                        "(?m)^RUN \\[\"java\", .*\\\\\\n"
                                + " +\"java\", \"@/opt/ropewalk/jvm.args\", \"-Dspring.aot.enabled=true\", \"-XX:AOTCacheOutput=\\S+ \"-jar\", \"/opt/ropewalk/ropewalk.jar\"")
                .containsPattern(
                        "(?m)^ENTRYPOINT \\[\"java\", \"@/opt/ropewalk/jvm.args\", \"-Dspring.aot.enabled=true\", \"-XX:AOTCache=")
                .containsPattern("(?m)^USER 65532:65532$")
                .containsPattern("(?m)^ARG JDK_IMAGE=")
                .containsPattern("(?m)^ARG RUNTIME_IMAGE=")
                .contains("org.opencontainers.image.licenses", "STOPSIGNAL SIGTERM", "HEALTHCHECK");
    }

    @Test
    void theChartAndTheImageAgreeOnUserAndFolders() throws IOException {
        String dockerfile = Files.readString(Path.of("Dockerfile"));
        Manifests rendered = Chart.ofProject().render();

        assertThat(rendered.pod().getSecurityContext().getRunAsUser()).isEqualTo(65532);
        // What is said last wins, and a variable for the folder would win over both.
        assertThat(dockerfile)
                .contains("SPRING_CONFIG_ADDITIONALLOCATION=file:/opt/ropewalk/defaults/,optional:file:/etc/ropewalk/")
                .contains("COPY src/main/docker/application.yaml defaults/")
                .doesNotContain("ROPEWALK_DATADIR");
        assertThat(Files.readString(Path.of("src/main/docker/application.yaml")))
                .contains("data-dir: /var/lib/ropewalk");
        assertThat(rendered.pod().getContainers().getFirst().getVolumeMounts())
                .anyMatch(mount -> mount.getMountPath().equals("/etc/ropewalk/application.yaml"))
                .anyMatch(mount -> mount.getMountPath().equals("/var/lib/ropewalk"));
        assertThat(dockerfile).contains("VOLUME [\"/var/lib/ropewalk\"]");
    }

    @Test
    void whatTheComposeFileMountsIsThere_andOnlyLoopbackIsPublished() throws IOException {
        JsonNode services = Manifests.yaml()
                .readTree(COMPOSE.resolve("compose.yaml").toFile())
                .path("services");

        assertThat(services.fieldNames())
                .toIterable()
                .contains("path-a", "path-b", "ropewalk", "prometheus", "grafana");
        services.forEach(service -> {
            service.path("volumes").forEach(volume -> {
                String source = volume.asText().split(":", -1)[0];
                if (source.startsWith(".")) {
                    assertThat(COMPOSE.resolve(source)).exists();
                }
            });
            assertThat(service.path("ports"))
                    .allSatisfy(port -> assertThat(port.asText()).startsWith("127.0.0.1:"));
        });
    }

    @Test
    void prometheusTakesTheConfigurationOfTheComposeFile(@TempDir Path scratch) throws IOException {
        Path configuration = Files.copy(COMPOSE.resolve("prometheus.yml"), scratch.resolve("prometheus.yml"));
        Files.copy(Chart.FOLDER.resolve("files/alerts.yaml"), scratch.resolve("alerts.yaml"));

        Promtool.passes("check", "config", configuration.toString());
    }

    @Test
    void theValuesOfTheInstallSectionAreGood(@TempDir Path scratch) throws IOException {
        String page = Files.readString(Path.of("src/docs/operations.md"));
        int start = page.indexOf("# values.yaml");
        Path values =
                Files.writeString(scratch.resolve("values.yaml"), page.substring(start, page.indexOf("```", start)));

        assertThat(Chart.ofProject().render(values).configuration().at("/ropewalk/geoms/disk1/paths"))
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"operations.md", "runbooks.md"})
    void valuesThatThePagesNameAreValuesOfTheChart(String page) throws IOException {
        JsonNode values =
                Manifests.yaml().readTree(Chart.FOLDER.resolve("values.yaml").toFile());
        List<String> tops = Stream.of(
                        "security",
                        "workload",
                        "hostDevices",
                        "service",
                        "networkPolicy",
                        "serviceMonitor",
                        "prometheusRule",
                        "podDisruptionBudget",
                        "persistence")
                .toList();
        Pattern mention = Pattern.compile("`((" + String.join("|", tops) + ")(\\.\\w+)+)");

        assertThat(mention.matcher(Files.readString(Path.of("src/docs", page))).results())
                .isNotEmpty()
                .allSatisfy(match -> assertThat(values.at("/" + match.group(1).replace('.', '/'))
                                .isMissingNode())
                        .as(match.group(1))
                        .isFalse());
    }
}
