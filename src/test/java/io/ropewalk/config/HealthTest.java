package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.jayway.jsonpath.JsonPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the whole service says of its health. */
class HealthTest {
    @TempDir
    private Path folder;

    @Test
    void theDiskThatIsWatchedIsTheDataFolders_andWhetherChangesCanBeStoredDecidesOfNoRestart() {
        Path data = folder.resolve("data");
        try (RunningService service = RunningService.start(data)) {
            String health = service.management("/health").body();

            assertThat(JsonPath.<String>read(health, "$.components.diskSpace.details.path"))
                    .isEqualTo(data.toString());
            assertThat(JsonPath.<String>read(health, "$.components.changes.status"))
                    .isEqualTo("UP");
            for (String probe : List.of("liveness", "readiness")) {
                assertThat(service.management("/health/" + probe).body())
                        .contains("\"status\":\"UP\"")
                        .doesNotContain("\"changes\"", "\"diskSpace\"", "\"db\"");
            }
            assertThat(service.management("/prometheus").body()).contains("disk_free_bytes{path=\"" + data + "\"}");
        }
    }

    @Test
    void anOperatorMayWatchAnotherDisk() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        try (RunningService service = RunningService.start(
                folder.resolve("data"),
                "--management.health.diskspace.path=" + other,
                "--management.health.diskspace.threshold=9000TB")) {
            String health = service.management("/health").body();

            assertThat(JsonPath.<String>read(health, "$.components.diskSpace.details.path"))
                    .isEqualTo(other.toString());
            assertThat(JsonPath.<String>read(health, "$.components.diskSpace.status"))
                    .isEqualTo("DOWN");
        }
    }
}
