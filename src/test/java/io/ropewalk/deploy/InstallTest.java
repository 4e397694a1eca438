package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

    @Test
    void anotherWorkloadIsNotInstalledBesideTheOneThatIsThere() {
        install();

        assertThatThrownBy(() -> installInto(cluster, "workload.kind", "DaemonSet"))
                .hasMessageContaining("StatefulSet demo-ropewalk of this release is there")
                .hasMessageContaining("two gateways on one disk");
        assertThatThrownBy(() -> installInto(cluster, "fullnameOverride", "other"))
                .hasMessageContaining("would run beside StatefulSet other");
        installInto(cluster, "podLabels.team", "storage");
    }

    private void install() {
        installInto(cluster);
    }

    private void installInto(FakeCluster there) {
        installInto(there, "podLabels.team", "any");
    }

    private void installInto(FakeCluster there, String key, String value) {
        chart.helm()
                .install()
                .set(key, value)
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
