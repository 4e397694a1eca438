package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.certmanager.api.model.v1.Certificate;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart renders what it says, over a matrix of values, and refuses what makes no sense. */
class ChartTest {
    private static final Path GOLDEN = Chart.RESOURCES.resolve("golden/default.yaml");

    private final Chart chart = Chart.ofProject();

    static Stream<Path> matrix() {
        return Chart.matrix();
    }

    @Test
    void strictLintFindsNothing() {
        var result = chart.lint();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
        assertThat(result.getMessages()).noneMatch(message -> message.contains("[WARNING]"));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void everyRenderingIsWhatKubernetesKnows_withOneGatewayInOneNamespace(Path values) {
        Manifests rendered = chart.render(values);

        assertThat(rendered.resources())
                .allSatisfy(resource -> {
                    assertThat(resource.getMetadata().getNamespace()).isEqualTo("storage");
                    assertThat(resource.getMetadata().getName()).hasSizeLessThanOrEqualTo(63);
                    assertThat(resource.getMetadata().getLabels())
                            .containsEntry("app.kubernetes.io/name", "ropewalk")
                            .containsEntry("app.kubernetes.io/instance", "demo")
                            .containsEntry("app.kubernetes.io/managed-by", "Helm")
                            .containsKeys("app.kubernetes.io/version", "helm.sh/chart");
                })
                .extracting(resource ->
                        resource.getKind() + "/" + resource.getMetadata().getName())
                .doesNotHaveDuplicates();
        int gateways = rendered.all(StatefulSet.class).size()
                + rendered.all(DaemonSet.class).size();
        assertThat(gateways).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void everyVolumeThatIsMountedIsThere_andEverySecretAndMapThatIsNamed(Path values) {
        Manifests rendered = chart.render(values);
        var pod = rendered.pod();
        List<String> claimed = rendered.all(StatefulSet.class).stream()
                .flatMap(set -> set.getSpec().getVolumeClaimTemplates().stream())
                .map(claim -> claim.getMetadata().getName())
                .toList();
        List<String> volumes = Stream.concat(
                        claimed.stream(), pod.getVolumes().stream().map(volume -> volume.getName()))
                .toList();
        var container = pod.getContainers().getFirst();

        assertThat(volumes).doesNotHaveDuplicates();
        assertThat(container.getVolumeMounts())
                .allSatisfy(mount -> assertThat(volumes).contains(mount.getName()));
        assertThat(container.getVolumeDevices())
                .allSatisfy(device -> assertThat(volumes).contains(device.getName()));
        assertThat(pod.getVolumes())
                .filteredOn(volume -> volume.getConfigMap() != null)
                .allSatisfy(volume ->
                        rendered.named(ConfigMap.class, volume.getConfigMap().getName()));
        assertThat(pod.getVolumes())
                .extracting(volume -> volume.getName())
                .allSatisfy(name -> assertThat(Stream.concat(
                                container.getVolumeMounts().stream().map(mount -> mount.getName()),
                                container.getVolumeDevices().stream().map(device -> device.getName())))
                        .contains(name));
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void servicesAndMonitorsFindThePodAndItsPorts(Path values) {
        Manifests rendered = chart.render(values);
        var workload = rendered.all(StatefulSet.class).stream()
                .map(set -> set.getSpec().getTemplate())
                .findFirst()
                .orElseGet(() -> rendered.the(DaemonSet.class).getSpec().getTemplate());
        var labels = workload.getMetadata().getLabels();
        List<String> ports = workload.getSpec().getContainers().getFirst().getPorts().stream()
                .map(port -> port.getName())
                .toList();

        assertThat(rendered.all(Service.class)).hasSize(3).allSatisfy(service -> {
            assertThat(labels).containsAllEntriesOf(service.getSpec().getSelector());
            assertThat(service.getSpec().getPorts())
                    .allSatisfy(port ->
                            assertThat(ports).contains(port.getTargetPort().getStrVal()));
        });
        assertThat(rendered.all(NetworkPolicy.class))
                .allSatisfy(policy -> assertThat(labels)
                        .containsAllEntriesOf(policy.getSpec().getPodSelector().getMatchLabels()));
        assertThat(rendered.all(PodMonitor.class))
                .allSatisfy(monitor -> assertThat(labels)
                        .containsAllEntriesOf(monitor.getSpec().getSelector().getMatchLabels()));
        assertThat(rendered.all(ServiceMonitor.class))
                .allSatisfy(monitor -> assertThat(rendered.all(Service.class))
                        .filteredOn(service -> service.getMetadata()
                                .getLabels()
                                .entrySet()
                                .containsAll(monitor.getSpec()
                                        .getSelector()
                                        .getMatchLabels()
                                        .entrySet()))
                        .singleElement()
                        .satisfies(service -> assertThat(service.getSpec().getPorts())
                                .anyMatch(port -> port.getName()
                                        .equals(monitor.getSpec()
                                                .getEndpoints()
                                                .getFirst()
                                                .getPort()))));
    }

    /** {@code -Dropewalk.golden.update=true} writes the file anew; look at the difference before you commit it. */
    @Test
    void theDefaultRenderingIsTheCommittedOne() throws IOException {
        String text = chart.render().text();
        if (Boolean.getBoolean("ropewalk.golden.update")) {
            Files.writeString(GOLDEN, text);
        }

        assertThat(text).isEqualTo(Files.readString(GOLDEN));
    }

    @Test
    void theDefaultIsOneStatefulGatewayWithADataVolume_aBudget_aPolicyAndNothingThatNeedsAnOperator() {
        Manifests rendered = chart.render();
        StatefulSet set = rendered.the(StatefulSet.class);

        assertThat(set.getSpec().getReplicas()).isEqualTo(1);
        assertThat(set.getSpec().getServiceName()).isEqualTo("demo-ropewalk-headless");
        assertThat(set.getSpec().getVolumeClaimTemplates()).singleElement().satisfies(claim -> {
            assertThat(claim.getMetadata().getName()).isEqualTo("data");
            assertThat(claim.getSpec().getResources().getRequests().get("storage"))
                    .hasToString("1Gi");
        });
        assertThat(rendered.resources())
                .extracting(HasMetadata::getKind)
                .containsExactlyInAnyOrder(
                        "StatefulSet",
                        "ConfigMap",
                        "Secret",
                        "Service",
                        "Service",
                        "Service",
                        "ServiceAccount",
                        "NetworkPolicy",
                        "PodDisruptionBudget");
        assertThat(rendered.the(PodDisruptionBudget.class).getSpec().getMaxUnavailable())
                .isNotNull();
    }

    @Test
    void livenessAndReadinessLeaveStorageHealthAlone_soThatAnOutageOfPathsRestartsNothing() {
        var container = chart.render().pod().getContainers().getFirst();

        assertThat(Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe()))
                .extracting(probe -> probe.getHttpGet().getPath())
                .containsExactly(
                        "/actuator/health/liveness", "/actuator/health/liveness", "/actuator/health/readiness");
        assertThat(container.getLivenessProbe().getHttpGet().getPort().getStrVal())
                .isEqualTo("management");
    }

    @Test
    void thereIsTimeToFinishWhatIsInFlight() {
        Manifests rendered = chart.render();

        assertThat(rendered.pod().getTerminationGracePeriodSeconds()).isEqualTo(60);
        assertThat(rendered.configuration()
                        .at("/spring/lifecycle/timeout-per-shutdown-phase")
                        .asText())
                .isEqualTo("20s");
        assertThat(rendered.configuration().at("/server/shutdown").asText()).isEqualTo("graceful");
    }

    @Test
    void bindingTheWorldGoesWithAuthentication() {
        JsonNode configuration = chart.render().configuration();

        assertThat(configuration.at("/server/address").asText()).isEqualTo("0.0.0.0");
        assertThat(configuration.at("/ropewalk/nbd/address").asText()).isEqualTo("0.0.0.0");
        assertThat(configuration.at("/management/server/address").asText()).isEqualTo("0.0.0.0");
        assertThat(configuration.at("/ropewalk/security/mode").asText()).isEqualTo("token");
    }

    @Test
    void callersWithCertificates_areAskedForThem_butProbesAndPrometheusAreNot() {
        JsonNode configuration = chart.render(Chart.values("mtls.yaml")).configuration();

        assertThat(configuration.at("/server/ssl/client-auth").asText()).isEqualTo("need");
        assertThat(configuration.at("/management/server/ssl/enabled").asBoolean(true))
                .isFalse();
        assertThat(configuration
                        .at("/spring/ssl/bundle/pem/ropewalk/truststore/certificate")
                        .asText())
                .isEqualTo("file:/etc/ropewalk/tls/ca.crt");
        assertThat(configuration.at("/ropewalk/nbd-client/ssl-bundle").asText()).isEqualTo("ropewalk");
        assertThat(configuration.at("/ropewalk/security/certificates/0/role").asText())
                .isEqualTo("admin");
        assertThat(chart.notes(Chart.values("mtls.yaml"))).contains("ada (admin)", "--cert tls.crt");
    }

    @Test
    void tokensOfAnIssuer_andWhatCallersMayOpen_becomeConfiguration() {
        JsonNode configuration = chart.render(Chart.values("jwt.yaml")).configuration();
        JsonNode ropewalk = configuration.path("ropewalk");

        assertThat(configuration
                        .at("/spring/security/oauth2/resourceserver/jwt/audiences/0")
                        .asText())
                .isEqualTo("ropewalk");
        assertThat(ropewalk.at("/security/jwt/roles-claim").asText()).isEqualTo("realm.roles");
        assertThat(ropewalk.at("/allow/hosts/0").asText()).isEqualTo("10.20.0.0/16");
        assertThat(ropewalk.at("/scan/allow/0").asText()).isEqualTo("/dev/ropewalk-scan/wwn-*");
        assertThat(chart.render().configuration().at("/ropewalk/allow").isMissingNode())
                .as("what is not said is the service's to decide")
                .isTrue();
    }

    @Test
    void devicesAndGeomsBecomeConfiguration() {
        JsonNode ropewalk =
                chart.render(Chart.values("everything.yaml")).configuration().path("ropewalk");

        assertThat(ropewalk.at("/devices/sda-a/uri").asText()).isEqualTo("nbd://10.0.0.1:10809/lun0");
        assertThat(ropewalk.at("/devices/[sda.b]/uri").asText())
                .as("a dot stays part of the name")
                .isEqualTo("nbd://10.0.0.2:10809/lun0");
        assertThat(ropewalk.at("/geoms/disk1/mode").asText()).isEqualTo("ACTIVE_PASSIVE");
        assertThat(ropewalk.at("/geoms/disk1/paths")).hasSize(2);
        assertThat(ropewalk.at("/geoms/disk1/policies/noPath/maxBytes").asLong())
                .isEqualTo(268435456L);
        assertThat(ropewalk.at("/geom-defaults/restore").asText()).isEqualTo("AUTO");
        assertThat(ropewalk.at("/io/threads").asInt()).as("from values.config").isEqualTo(4);
        assertThat(ropewalk.at("/security/mode").asText())
                .as("config is merged, not put in place")
                .isEqualTo("token");
    }

    @Test
    void configurationChangesThePod_andVersionsDoNot() {
        var before = chart.render().the(StatefulSet.class).getSpec().getTemplate();
        var after = chart.renderWith("config.ropewalk.io.threads", 4)
                .the(StatefulSet.class)
                .getSpec()
                .getTemplate();

        assertThat(after.getMetadata().getAnnotations())
                .isNotEqualTo(before.getMetadata().getAnnotations());
        assertThat(before.getMetadata().getLabels()).doesNotContainKeys("app.kubernetes.io/version", "helm.sh/chart");
    }

    @Test
    void rawBlockVolumesAreDevicesNotFileSystems() {
        Manifests rendered = chart.render(Chart.values("everything.yaml"));

        assertThat(rendered.pod().getContainers().getFirst().getVolumeDevices())
                .extracting(device -> device.getName() + " " + device.getDevicePath())
                .containsExactly("lun0-a /dev/ropewalk/lun0-a", "scratch /dev/ropewalk/scratch");
        assertThat(rendered.the(StatefulSet.class).getSpec().getVolumeClaimTemplates())
                .filteredOn(claim -> claim.getMetadata().getName().equals("scratch"))
                .singleElement()
                .satisfies(claim -> assertThat(claim.getSpec().getVolumeMode()).isEqualTo("Block"));
    }

    @Test
    void aDaemonSetServesItsOwnNode_withBlockClaimsOfItsPods() {
        Manifests rendered = chart.render(Chart.values("daemonset.yaml"));

        assertThat(rendered.the(DaemonSet.class).getSpec().getUpdateStrategy().getType())
                .isEqualTo("OnDelete");
        assertThat(rendered.named(Service.class, "demo-ropewalk-nbd").getSpec().getInternalTrafficPolicy())
                .isEqualTo("Local");
        assertThat(rendered.pod().getVolumes())
                .filteredOn(volume -> volume.getName().equals("scratch"))
                .singleElement()
                .satisfies(volume -> assertThat(volume.getEphemeral()
                                .getVolumeClaimTemplate()
                                .getSpec()
                                .getVolumeMode())
                        .isEqualTo("Block"));
        assertThat(rendered.all(PodDisruptionBudget.class)).isEmpty();
    }

    @Test
    void whatCanBeSwitchedOffIsOff() {
        Manifests rendered = chart.render(Chart.values("bare.yaml"));

        assertThat(rendered.resources())
                .extracting(HasMetadata::getKind)
                .containsExactlyInAnyOrder("StatefulSet", "ConfigMap", "Service", "Service", "Service");
        assertThat(rendered.pod().getServiceAccountName()).isEqualTo("default");
        assertThat(rendered.configuration().at("/server/address").asText()).isEqualTo("::");
        assertThat(rendered.configuration().at("/ropewalk/security/mode").asText())
                .isEqualTo("none");
    }

    @Test
    void whatIsThereAlreadyIsUsed() {
        Manifests rendered = chart.render(Chart.values("existing.yaml"));

        assertThat(rendered.all(Secret.class)).isEmpty();
        assertThat(rendered.all(ServiceAccount.class)).isEmpty();
        assertThat(rendered.pod().getServiceAccountName()).isEqualTo("gateway");
        assertThat(rendered.pod().getVolumes())
                .filteredOn(volume -> volume.getSecret() != null)
                .singleElement()
                .satisfies(volume -> {
                    assertThat(volume.getSecret().getSecretName()).isEqualTo("gateway-token");
                    assertThat(volume.getSecret().getItems().getFirst().getKey())
                            .isEqualTo("admin.token");
                    assertThat(volume.getSecret().getItems().getFirst().getPath())
                            .isEqualTo("ropewalk.security.token");
                });
        assertThat(rendered.the(StatefulSet.class).getSpec().getVolumeClaimTemplates())
                .isEmpty();
    }

    @Test
    void ingressAndRouteLeadToTheApi() {
        Manifests rendered = chart.render(Chart.values("everything.yaml"));
        var backend = rendered.the(Ingress.class)
                .getSpec()
                .getRules()
                .getFirst()
                .getHttp()
                .getPaths()
                .getFirst()
                .getBackend()
                .getService();
        var reference = rendered.the(HTTPRoute.class)
                .getSpec()
                .getRules()
                .getFirst()
                .getBackendRefs()
                .getFirst();

        assertThat(backend.getName()).isEqualTo("rw-api");
        assertThat(reference.getName()).isEqualTo("rw-api");
        assertThat(rendered.named(Service.class, "rw-api").getSpec().getPorts())
                .anyMatch(port -> port.getName().equals(backend.getPort().getName())
                        && port.getPort().equals(reference.getPort()));
    }

    @Test
    void aDoorWithoutPeersIsShut_notOpenToAll() {
        NetworkPolicy policy = chart.render(Chart.values("doors.yaml")).the(NetworkPolicy.class);

        assertThat(policy.getSpec().getIngress())
                .allSatisfy(rule -> assertThat(rule.getFrom()).isNotEmpty());
        assertThat(policy.getSpec().getIngress())
                .flatExtracting(rule -> rule.getPorts())
                .extracting(port -> port.getPort().getStrVal())
                .containsExactly("api", "management");
    }

    @Test
    void scrapesCarryTheJobByWhichRulesAndDashboardsFindThem() {
        var endpoint = chart.render(Chart.values("everything.yaml"))
                .the(ServiceMonitor.class)
                .getSpec()
                .getEndpoints()
                .getFirst();

        assertThat(endpoint.getPath()).isEqualTo("/actuator/prometheus");
        assertThat(endpoint.getRelabelings()).anySatisfy(relabeling -> {
            assertThat(relabeling.getTargetLabel()).isEqualTo("job");
            assertThat(relabeling.getReplacement()).isEqualTo("ropewalk");
        });
    }

    @Test
    void ruleValuesLeaveAlertsOut_andSetTheAddressOfTheRunbooks() {
        PrometheusRule rule = chart.render(Chart.values("everything.yaml")).the(PrometheusRule.class);

        assertThat(rule.getSpec().getGroups())
                .flatExtracting(group -> group.getRules())
                .allSatisfy(alert -> {
                    assertThat(alert.getAlert()).isNotEqualTo("SinglePointOfFailure");
                    assertThat(alert.getAnnotations().get("runbook_url")).startsWith("https://wiki.example/rw#");
                })
                .hasSize(10);
    }

    @Test
    void dashboardsAreFoundByTheSidecar_andAreTheFilesOfTheChart() throws IOException {
        ConfigMap map = chart.render(Chart.values("everything.yaml")).named(ConfigMap.class, "rw-dashboards");

        assertThat(map.getMetadata().getLabels()).containsEntry("grafana_dashboard", "1");
        assertThat(map.getData()).containsOnlyKeys("ropewalk-fleet.json", "ropewalk-geom.json");
        assertThat(map.getData().get("ropewalk-fleet.json"))
                .isEqualToIgnoringNewLines(Files.readString(Chart.FOLDER.resolve("files/dashboards/fleet.json")));
    }

    @ParameterizedTest
    @CsvSource({
        "token.yaml,      curl,    nbdinfo",
        "everything.yaml, Bearer,  nbd:",
        "mtls.yaml,       --cert,  nbds:",
        "jwt.yaml,        /v3/api-docs, nbd:",
    })
    void helmTestsAskTheApiAndNbd(String values, String ofApi, String ofNbd, @TempDir Path scratch) {
        Manifests rendered = Chart.withTestsAsPods(scratch).render(Chart.values(values));

        assertThat(rendered.all(Pod.class))
                .hasSize(2)
                .allSatisfy(pod -> assertThat(pod.getMetadata().getAnnotations())
                        .containsEntry("helm.sh/hook-delete-policy", "before-hook-creation,hook-succeeded"));
        assertThat(script(rendered.all(Pod.class).getFirst())).contains(ofApi);
        assertThat(script(rendered.all(Pod.class).getLast())).contains("--list", ofNbd);
    }

    private static String script(Pod pod) {
        var container = pod.getSpec().getContainers().getFirst();
        return container.getCommand() + " " + container.getArgs();
    }

    @Test
    void theChartIsForTheServiceOfThisSource() throws IOException {
        var version = Pattern.compile("<artifactId>ropewalk</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();

        assertThat(Manifests.yaml()
                        .readTree(Chart.FOLDER.resolve("Chart.yaml").toFile())
                        .path("appVersion")
                        .asText())
                .isEqualTo(version.group(1));
    }

    @Test
    void notesTellTheAddressesTheTokenAndTheNextStep() {
        String notes = chart.notes(Chart.values("everything.yaml"));

        assertThat(notes)
                .contains("http://rw-api.storage.svc:8080/swagger-ui.html")
                .contains("nbd://rw-nbd.storage.svc:10809/disk1")
                .contains("http://rw-headless.storage.svc:9090/actuator/prometheus")
                .contains("get secret rw-token")
                .contains("helm --namespace storage test demo")
                .contains("rollout status statefulset/rw");
        assertThat(notes).doesNotContain("test-token-not-secret");
    }

    @Test
    void notesWarnOfWhatIsOpen() {
        assertThat(chart.notes(Chart.values("bare.yaml")))
                .contains("security.mode is none")
                .contains("NBD is plaintext")
                .contains("Nothing limits who may connect")
                .contains("what is created by the API is lost with the pod");
        assertThat(chart.notes(Chart.values("hostdevices.yaml"))).contains("privileged container as root");
    }

    @Test
    void aCertificateOfCertManagerNamesTheServices_andServesTheApi() {
        Manifests rendered = chart.render(Chart.values("tls.yaml"));
        Certificate certificate = rendered.the(Certificate.class);

        assertThat(certificate.getSpec().getSecretName()).isEqualTo("demo-ropewalk-tls");
        assertThat(certificate.getSpec().getIssuerRef().getName()).isEqualTo("internal");
        assertThat(certificate.getSpec().getDnsNames())
                .contains("demo-ropewalk-api.storage.svc", "demo-ropewalk-nbd.storage.svc", "rw.example.org");
        assertThat(rendered.configuration().at("/server/ssl/bundle").asText()).isEqualTo("ropewalk");
        assertThat(rendered.configuration()
                        .at("/spring/ssl/bundle/pem/ropewalk/keystore/certificate")
                        .asText())
                .isEqualTo("file:/etc/ropewalk/tls/tls.crt");
        assertThat(rendered.pod().getVolumes())
                .anyMatch(volume -> volume.getSecret() != null
                        && volume.getSecret().getSecretName().equals("demo-ropewalk-tls"));
        assertThat(rendered.configuration().at("/ropewalk/nbd/tls").asText()).isEqualTo("OFF");
        assertThat(chart.notes(Chart.values("tls.yaml"))).contains("https://demo-ropewalk-api.storage.svc:8080/api/v1");
    }

    @Test
    void nbdWithTlsAsksForWhatItIsTold() {
        JsonNode nbd = chart.render(Chart.values("tlsnbd.yaml")).configuration().at("/ropewalk/nbd");

        assertThat(nbd.path("tls").asText()).isEqualTo("REQUIRED");
        assertThat(nbd.path("ssl-bundle").asText()).isEqualTo("ropewalk");
        assertThat(nbd.path("client-auth").asText()).isEqualTo("NEED");
        assertThat(chart.notes(Chart.values("tlsnbd.yaml")))
                .contains("nbds://demo-ropewalk-nbd.storage.svc:10809", "known by their certificates");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        hostDevices.enabled           | true      | hostDevices.enabled needs workload.kind DaemonSet
        shutdownTimeoutSeconds        | 60        | terminationGracePeriodSeconds must be 25 s longer than shutdownTimeoutSeconds
        httpRoute.enabled             | true      | httpRoute.enabled needs httpRoute.parentRefs
        ingress.enabled               | true      | ingress.enabled needs ingress.hosts
        """)
    void whatASchemaCannotJudgeIsRefusedInOneSentence(String key, String value, String sentence) {
        Object typed = switch (value) {
            case "true" -> true;
            case "60" -> 60;
            default -> value;
        };

        assertThatThrownBy(() -> chart.renderWith(key, typed)).hasMessageContaining(sentence);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        devices: [{name: a, uri: "nbd://h/x"}, {name: a, uri: "nbd://i/x"}]                                  | Device a is declared twice
        geoms: [{name: g, paths: [a]}]                                                                       | Geom g has a path a that is not in devices
        {devices: [{name: a, uri: "nbd://h/x"}], geoms: [{name: g, paths: [a]}, {name: h, paths: [a]}]}      | Geom h takes a device that geom g has already
        {devices: [{name: a, uri: "nbd://h/x"}], geoms: [{name: g, paths: [a]}, {name: g, paths: [a]}]}      | Geom g is declared twice
        blockDevices: [{name: data, devicePath: /dev/x, size: 1Gi}]                                          | The name data of a block device is taken
        blockDevices: [{name: x, devicePath: /dev/x}]                                                        | Block device x needs existingClaim, or size
        {workload: {replicas: 2}, persistence: {existingClaim: c}}                                           | one data folder, which one gateway holds
        tls: {api: true}                                                                                     | tls.api and tls.nbd need a certificate
        tls: {nbd: ALLOWED}                                                                                  | tls.api and tls.nbd need a certificate
        certificate: {enabled: true}                                                                         | certificate.enabled needs certificate.issuerRef.name
        {tls: {existingSecret: s}, certificate: {enabled: true, issuerRef: {name: i}}}                       | two certificates: choose one
        tls: {existingSecret: s, nbdClientAuth: NEED}                                                        | needs tls.nbd ALLOWED or REQUIRED
        tls: {devices: true}                                                                                 | tls.devices needs a certificate
        security: {mode: mtls, certificates: [{name: a, role: admin}]}                                       | security.mode mtls knows callers by certificates
        security: {mode: jwt, jwt: {issuerUri: "https://i"}}                                                 | security.mode jwt needs
        scan: {allow: [/dev/x]}                                                                              | scan.allow picks from what scan.patterns finds
        {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}                                       | scrape everything twice
        """)
    void valuesThatContradictEachOtherAreRefusedInOneSentence(String values, String sentence, @TempDir Path scratch)
            throws IOException {
        Path file = Files.writeString(scratch.resolve("values.yaml"), values);

        assertThatThrownBy(() -> chart.render(file)).hasMessageContaining(sentence);
    }
}
