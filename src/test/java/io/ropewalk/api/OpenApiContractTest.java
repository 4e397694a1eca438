package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.web.servlet.assertj.MockMvcTester;

/**
 * Holds the committed contract against what the controllers say. After a change that is meant, write it anew with
 * {@code ./mvnw test -Dtest=OpenApiContractTest -Dopenapi.update=true} and commit the difference.
 */
@ApiTest
class OpenApiContractTest {
    private static final Path CONTRACT = Path.of("openapi", "ropewalk-v1.yaml");

    @Autowired
    private MockMvcTester mvc;

    @Test
    void theCommittedContractIsWhatTheServiceSays() throws IOException {
        String now = contract();
        if (Boolean.getBoolean("openapi.update")) {
            Files.createDirectories(CONTRACT.getParent());
            Files.writeString(CONTRACT, now);
        }
        assertThat(now)
                .as("%s; if the change is meant, run this test with -Dopenapi.update=true", CONTRACT)
                .isEqualTo(Files.readString(CONTRACT));
    }

    private String contract() {
        return new String(
                mvc.get().uri("/v3/api-docs.yaml").exchange().getResponse().getContentAsByteArray(),
                java.nio.charset.StandardCharsets.UTF_8);
    }
}
