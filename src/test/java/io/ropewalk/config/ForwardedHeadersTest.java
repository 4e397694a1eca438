package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who says for whom he asks is believed where that is configured, and nowhere else. */
class ForwardedHeadersTest {
    @TempDir
    Path folder;

    @Test
    void inKubernetesTheAddressIsTheConnections() {
        assertThat(sourceInAudit("--spring.main.cloud-platform=kubernetes")).isEqualTo("127.0.0.1");
    }

    @Test
    void behindAProxyOfOnesOwnItIsTheClients() {
        assertThat(sourceInAudit("--server.forward-headers-strategy=native")).isEqualTo("203.0.113.9");
    }

    private String sourceInAudit(String argument) {
        try (RunningService service = RunningService.start(folder.resolve("data"), argument)) {
            service.send(service.request("/geoms/nothing:rotate")
                    .header("X-Forwarded-For", "203.0.113.9")
                    .POST(BodyPublishers.noBody()));
            return RunningService.read(service.get("/audit?verb=rotateGeom"), "$.items[0].source");
        }
    }
}
