package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every control of the Pod Security Standard "restricted", field by field, and what we ask beyond it. */
class PodSecurityTest {
    private final Chart chart = Chart.ofProject();

    /** All values but those that say, by name, that they leave the standard. */
    static Stream<Path> restricted() {
        return Chart.matrix().filter(values -> !values.endsWith("hostdevices.yaml"));
    }

    @ParameterizedTest
    @MethodSource("restricted")
    void gatewayAndTestPodsAreRestricted(Path values, @TempDir Path scratch) {
        Manifests rendered = Chart.withTestsAsPods(scratch).render(values);

        assertRestricted(rendered.pod());
        rendered.all(Pod.class).forEach(pod -> assertRestricted(pod.getSpec()));
    }

    private static void assertRestricted(PodSpec pod) {
        // Baseline.
        assertThat(pod.getHostNetwork()).isNotEqualTo(true);
        assertThat(pod.getHostPID()).isNotEqualTo(true);
        assertThat(pod.getHostIPC()).isNotEqualTo(true);
        assertThat(pod.getSecurityContext().getSysctls()).isEmpty();
        assertThat(pod.getSecurityContext().getSeLinuxOptions()).isNull();
        // Volume types.
        assertThat(pod.getVolumes())
                .allSatisfy(volume -> assertThat(isPermitted(volume)).isTrue());
        // Who runs it.
        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getRunAsUser()).isPositive();
        assertThat(pod.getSecurityContext().getRunAsGroup()).isPositive();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(pod.getInitContainers()).isEmpty();
        assertThat(pod.getContainers()).isNotEmpty().allSatisfy(PodSecurityTest::assertRestricted);
        // Ours: no way to the API server.
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(pod.getEnableServiceLinks()).isFalse();
    }

    private static void assertRestricted(Container container) {
        var security = container.getSecurityContext();
        assertThat(security.getPrivileged()).isNotEqualTo(true);
        assertThat(security.getAllowPrivilegeEscalation()).isFalse();
        assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(security.getCapabilities().getAdd()).isEmpty();
        assertThat(security.getRunAsUser()).isNull();
        assertThat(security.getSeccompProfile()).isNull();
        assertThat(security.getProcMount()).isNull();
        assertThat(container.getPorts())
                .allSatisfy(port -> assertThat(port.getHostPort()).isNull());
        // Ours.
        assertThat(security.getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
        assertThat(container.getResources().getLimits()).containsKey("memory");
    }

    private static boolean isPermitted(Volume volume) {
        return volume.getConfigMap() != null
                || volume.getSecret() != null
                || volume.getEmptyDir() != null
                || volume.getPersistentVolumeClaim() != null
                || volume.getEphemeral() != null
                || volume.getProjected() != null
                || volume.getDownwardAPI() != null
                || volume.getCsi() != null;
    }

    @Test
    void whatIsWrittenOnAReadOnlyRootIsAVolume() {
        var mounts = chart.render().pod().getContainers().getFirst().getVolumeMounts();

        assertThat(mounts)
                .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                .extracting(mount -> mount.getMountPath())
                .containsExactlyInAnyOrder("/var/lib/ropewalk", "/tmp");
    }

    @Test
    void theServiceAccountHasNoToken() {
        assertThat(chart.render().the(ServiceAccount.class).getAutomountServiceAccountToken())
                .isFalse();
    }

    @Test
    void secretsAreForTheGatewayAlone() {
        List<Volume> volumes =
                chart.render(Chart.values("everything.yaml")).pod().getVolumes();

        assertThat(volumes)
                .filteredOn(volume -> volume.getSecret() != null)
                .hasSize(1)
                .allSatisfy(volume ->
                        assertThat(volume.getSecret().getDefaultMode()).isEqualTo(0440));
    }

    @Test
    void onlyHostDevicesLeavesTheStandard_andNamesItself() {
        PodSpec pod = chart.render(Chart.values("hostdevices.yaml")).pod();

        assertThat(pod.getContainers().getFirst().getSecurityContext().getPrivileged())
                .isTrue();
        assertThat(pod.getContainers().getFirst().getSecurityContext().getReadOnlyRootFilesystem())
                .isTrue();
        assertThat(pod.getSecurityContext().getRunAsUser()).isZero();
        assertThat(pod.getVolumes())
                .filteredOn(volume -> volume.getHostPath() != null)
                .singleElement()
                .satisfies(volume -> assertThat(volume.getHostPath().getPath()).isEqualTo("/dev"));
    }
}
