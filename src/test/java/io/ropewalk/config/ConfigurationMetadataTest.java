package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor shows for our properties, and what the README says. */
class ConfigurationMetadataTest {
    @Test
    void everyPropertyIsDescribed() throws IOException {
        assertThat(properties())
                .isNotEmpty()
                .allSatisfy(property -> assertThat(property.path("description").asString(""))
                        .as(property.path("name").asString())
                        .isNotBlank());
    }

    @Test
    void theReadmeNamesEveryProperty() throws IOException {
        String readme = Files.readString(Path.of("README.md"));

        assertThat(properties())
                .allSatisfy(property ->
                        assertThat(readme).contains("`" + property.path("name").asString()));
    }

    private static List<JsonNode> properties() throws IOException {
        try (InputStream metadata = Objects.requireNonNull(
                RopewalkProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
            JsonNode root = new JsonMapper().readTree(metadata);
            return StreamSupport.stream(root.path("properties").spliterator(), false)
                    .toList();
        }
    }
}
