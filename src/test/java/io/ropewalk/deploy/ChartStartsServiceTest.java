package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.ropewalk.Ropewalk;
import io.ropewalk.testing.TestPki;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * What the chart writes is what the service reads: it starts with the rendered configuration, and with the Secret as the pod
 * mounts it. Only ports, folders and addresses are those of a test.
 */
class ChartStartsServiceTest {
    @TempDir
    Path folder;

    @Test
    void theDefaultsStartAServiceThatAsksForTheTokenOfTheSecret() throws Exception {
        Manifests rendered = Chart.ofProject().render();
        String token = new String(
                Base64.getDecoder().decode(rendered.the(Secret.class).getData().get("token")), StandardCharsets.UTF_8);

        try (ConfigurableApplicationContext service = start(rendered, token);
                HttpClient http = HttpClient.newHttpClient()) {
            var environment = service.getEnvironment();
            URI system =
                    URI.create("http://127.0.0.1:" + environment.getProperty("local.server.port") + "/api/v1/system");
            URI ready = URI.create("http://127.0.0.1:" + environment.getProperty("local.management.port")
                    + rendered.pod()
                            .getContainers()
                            .getFirst()
                            .getReadinessProbe()
                            .getHttpGet()
                            .getPath());
            HttpRequest.Builder request = HttpRequest.newBuilder(system);

            assertThat(status(http, HttpRequest.newBuilder(ready))).isEqualTo(200);
            assertThat(status(http, request)).isEqualTo(401);
            assertThat(status(http, request.header("Authorization", "Bearer " + token)))
                    .isEqualTo(200);
        }
    }

    /** Certificates for everything; and probes without any. */
    @Test
    void withTlsEverywhere_callersAreKnownByTheirCertificates_andProbesNeedNone() throws Exception {
        TestPki pki = new TestPki("the cluster's");
        Path certificates = Files.createDirectory(folder.resolve("tls"));
        pki.write(certificates);
        pki.server("localhost", "127.0.0.1").write(certificates, "server");
        Files.move(certificates.resolve("server-cert.pem"), certificates.resolve("tls.crt"));
        Files.move(certificates.resolve("server-key.pem"), certificates.resolve("tls.key"));
        Files.move(certificates.resolve("ca-cert.pem"), certificates.resolve("ca.crt"));

        try (ConfigurableApplicationContext service =
                        start(Chart.ofProject().render(Chart.values("mtls.yaml")), "no token");
                HttpClient ada = http(pki, pki.client("ada"));
                HttpClient nobody = http(pki, null)) {
            var environment = service.getEnvironment();
            var system = HttpRequest.newBuilder(
                    URI.create("https://localhost:" + environment.getProperty("local.server.port") + "/api/v1/system"));
            var ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                    + environment.getProperty("local.management.port") + "/actuator/health/readiness"));

            assertThat(status(ada, system)).isEqualTo(200);
            assertThatThrownBy(() -> status(nobody, system)).isInstanceOf(IOException.class);
            assertThat(status(nobody, ready)).isEqualTo(200);
        }
    }

    private static HttpClient http(TestPki pki, TestPki.@Nullable Identity identity) {
        return HttpClient.newBuilder().sslContext(pki.context(identity)).build();
    }

    /** Devices that do not answer are waited for; so a name or word that the service does not know is all that can fail. */
    @ParameterizedTest
    @ValueSource(strings = {"everything.yaml", "bare.yaml", "jwt.yaml"})
    void theServiceKnowsWhateverTheChartCanWrite(String values) throws IOException {
        Manifests rendered = Chart.ofProject().render(Chart.values(values));

        try (ConfigurableApplicationContext service = start(rendered, "a-token-of-this-test")) {
            assertThat(service.isRunning()).isTrue();
        }
    }

    private static int status(HttpClient http, HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.discarding()).statusCode();
    }

    private ConfigurableApplicationContext start(Manifests rendered, String token) throws IOException {
        Path secrets = Files.createDirectory(folder.resolve("secrets"));
        rendered.pod().getVolumes().stream()
                .filter(volume -> volume.getName().equals("token"))
                .flatMap(volume -> volume.getSecret().getItems().stream())
                .forEach(item -> write(secrets.resolve(item.getPath()), token));
        write(folder.resolve("application.yaml"), yaml(rendered, secrets));
        return new SpringApplicationBuilder(Ropewalk.class)
                .run(
                        "--spring.config.additional-location=file:" + folder + "/",
                        "--server.port=0",
                        "--management.server.port=0",
                        "--ropewalk.nbd.port=0",
                        "--server.address=127.0.0.1",
                        "--management.server.address=127.0.0.1",
                        "--ropewalk.nbd.address=127.0.0.1",
                        "--ropewalk.data-dir=" + folder.resolve("data"));
    }

    /** The configuration, with the folders of secrets and the servers moved to this machine. */
    private String yaml(Manifests rendered, Path secrets) throws IOException {
        ObjectNode configuration = rendered.configuration().deepCopy();
        return Manifests.yaml()
                .writeValueAsString(configuration)
                .replace("/etc/ropewalk/secrets/", secrets + "/")
                .replace("/etc/ropewalk/tls/", folder.resolve("tls") + "/")
                .replace("://10.0.0.", "://127.0.0.")
                .replace(":10809/", ":1/");
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
