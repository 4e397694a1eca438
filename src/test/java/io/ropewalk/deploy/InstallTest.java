package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Installing for real, where rendering alone does not tell: what depends on what a cluster has already. */
class InstallTest {
    private final FakeCluster cluster = new FakeCluster();
    private final Chart chart = Chart.ofProject();

    @AfterEach
    void stopTheCluster() {
        cluster.close();
    }

    @Test
    void aTokenIsGeneratedOnce_andKeptWhenTheChartIsAppliedAgain() {
        install();
        String first = token();
        install();

        assertThat(first).hasSize(48).isAlphanumeric();
        assertThat(token()).isEqualTo(first);
    }

    @Test
    void everyInstallationHasATokenOfItsOwn() {
        install();
        String first = token();
        try (FakeCluster other = new FakeCluster()) {
            installInto(other);

            assertThat(tokenOf(other)).isNotEqualTo(first);
        }
    }

    private void install() {
        installInto(cluster);
    }

    private void installInto(FakeCluster there) {
        chart.helm()
                .install()
                .withName("demo")
                .withNamespace("storage")
                .withKubeConfigContents(there.kubeConfig())
                .disableOpenApiValidation()
                .call();
    }

    private String token() {
        return tokenOf(cluster);
    }

    private static String tokenOf(FakeCluster there) {
        String encoded = there.core("secrets", "demo-ropewalk-token")
                .orElseThrow()
                .at("/data/token")
                .asText();
        return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    }
}
