package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.TestPki;
import io.ropewalk.tls.TlsContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The whole service behind TLS, one bundle for all doors: mode mtls, NBD with certificates, and new ones while it runs. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CertificatesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final TestPki PKI = new TestPki("ours");
    /** Of the same name, so that clients believe that the service wants its certificates. */
    private static final TestPki FOREIGN = new TestPki("ours");

    @TempDir
    static Path folder;

    private static RunningService service;

    @BeforeAll
    static void start() throws Exception {
        PKI.write(folder);
        PKI.server("localhost", "127.0.0.1").write(folder, "server");
        String bundle = "--spring.ssl.bundle.pem.door.";
        service = RunningService.start(
                folder.resolve("data"),
                bundle + "keystore.certificate=file:" + folder.resolve("server-cert.pem"),
                bundle + "keystore.private-key=file:" + folder.resolve("server-key.pem"),
                bundle + "truststore.certificate=file:" + folder.resolve("ca-cert.pem"),
                bundle + "reload-on-update=true",
                "--spring.ssl.bundle.watch.file.quiet-period=100ms",
                "--server.ssl.bundle=door",
                "--server.ssl.client-auth=want",
                "--ropewalk.security.mode=mtls",
                "--ropewalk.security.certificates[0].name=ada",
                "--ropewalk.security.certificates[0].role=admin",
                "--ropewalk.security.certificates[1].name=olga",
                "--ropewalk.security.certificates[1].role=operator",
                "--ropewalk.nbd.tls=required",
                "--ropewalk.nbd.ssl-bundle=door",
                "--ropewalk.nbd.client-auth=want",
                "--ropewalk.nbd.allowed-certificates.demo=db1,db2",
                "--ropewalk.demo=true");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    private static HttpResponse<String> send(SSLContext tls, String method, String path) throws Exception {
        try (HttpClient http = HttpClient.newBuilder().sslContext(tls).build()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + service.port() + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    private static SSLContext as(String name) {
        return PKI.context(PKI.client(name));
    }

    // REST

    @Test
    @Order(1)
    void aCallerGoesByTheNameInTheCertificate() throws Exception {
        assertThat(send(as("ada"), "GET", "/api/v1/system").statusCode()).isEqualTo(200);
        assertThat(send(as("olga"), "POST", "/api/v1/geoms/demo:rotate").statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = send(as("olga"), "DELETE", "/api/v1/geoms/demo?dryRun=true");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"code\":\"forbidden\"", "olga");
        assertThat(send(as("ada"), "GET", "/api/v1/events?pageSize=1000").body())
                .contains("\"actor\":\"olga\"");
    }

    @Test
    @Order(1)
    void aCertificateWithoutRoleOpensNothing() throws Exception {
        HttpResponse<String> refused = send(as("mallory"), "GET", "/api/v1/system");

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("mallory");
    }

    @Test
    @Order(1)
    void noCertificateIsNobody() throws Exception {
        HttpResponse<String> refused = send(PKI.context(null), "GET", "/api/v1/system");

        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("\"code\":\"unauthenticated\"", "without a client certificate");
        assertThat(send(PKI.context(null), "GET", "/v3/api-docs").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(1)
    void foreignAndExpiredCertificatesDoNotEvenGetIn() {
        for (SSLContext bad :
                new SSLContext[] {PKI.context(FOREIGN.client("ada")), PKI.context(PKI.expiredClient("ada"))}) {
            assertThatThrownBy(() -> send(bad, "GET", "/api/v1/system")).isInstanceOf(IOException.class);
        }
    }

    @Test
    @Order(1)
    void inClearThereIsNothing() throws Exception {
        HttpResponse<String> refused = service.raw("/api/v1/system");

        assertThat(refused.statusCode()).isEqualTo(400);
    }

    @Test
    @Order(1)
    void managementIsBehindTheSameTls() throws Exception {
        try (HttpClient http =
                HttpClient.newBuilder().sslContext(PKI.context(null)).build()) {
            URI health = URI.create("https://localhost:" + service.managementPort() + "/actuator/health");
            URI info = URI.create("https://localhost:" + service.managementPort() + "/actuator/info");
            HttpRequest head = HttpRequest.newBuilder(health).HEAD().build();
            assertThat(http.send(head, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
            assertThat(http.send(HttpRequest.newBuilder(info).build(), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    // NBD

    private static BlockDevice open(String scheme, TestPki.@Nullable Identity identity, NettyLoops loops)
            throws DeviceException {
        TlsContext tls = PKI.tls(identity);
        Duration patience = Duration.ofSeconds(20);
        NbdClientOptions options =
                new NbdClientOptions(patience, patience, Duration.ofMillis(10), patience).withTls(bundle -> tls);
        String uri = service.export("demo").toString().replaceFirst("nbd:", scheme + ":");
        return new NbdDeviceFactory(loops, options).open("demo", URI.create(uri));
    }

    @Test
    @Order(1)
    void anExportGoesByTheNamesInTheCertificate() throws Exception {
        try (NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
            open("nbds", PKI.client("db2"), loops).close();
            assertThatThrownBy(() -> open("nbds", PKI.client("db3"), loops)).hasMessageContaining("does not have");
            assertThatThrownBy(() -> open("nbds", null, loops)).hasMessageContaining("does not have");
            assertThatThrownBy(() -> open("nbd", null, loops)).hasMessageContaining("it requires TLS");
            assertThatThrownBy(() -> open("nbds", PKI.expiredClient("db1"), loops))
                    .hasMessageContaining("cannot be used over TLS");
        }
    }

    @Test
    @Order(2)
    void tlsHandshakesOfNbdClientsAreCounted() throws Exception {
        try (NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
            open("nbds", PKI.client("db1"), loops).close();
            assertThatThrownBy(() -> open("nbds", PKI.expiredClient("db1"), loops))
                    .isInstanceOf(DeviceException.class);
        }

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(scrape())
                        .containsPattern("multipath_export_tls_handshakes_total\\{result=\"succeeded\"} [1-9]")
                        .containsPattern("multipath_export_tls_handshakes_total\\{result=\"failed\"} [1-9]"));
    }

    private static String scrape() throws Exception {
        try (HttpClient http = HttpClient.newBuilder().sslContext(as("ada")).build()) {
            URI metrics = URI.create("https://localhost:" + service.managementPort() + "/actuator/prometheus");
            return http.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    @Order(1)
    void theExportsUriSaysThatItIsEncrypted() throws Exception {
        assertThat(send(as("ada"), "GET", "/api/v1/exports/demo").body()).contains("\"uri\":\"nbds://");
    }

    // New certificates

    @Test
    @Order(2)
    void newCertificatesAreShownWithoutARestart() throws Exception {
        TestPki.Identity next = PKI.server("localhost", "127.0.0.1");
        replace(next);

        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(shownByRest()).isEqualTo(next.bundle().getCertificate()));
        assertThat(send(as("ada"), "GET", "/api/v1/system").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void whatCannotBeReadChangesNothing() throws Exception {
        Path certificate = folder.resolve("server-cert.pem");
        String good = Files.readString(certificate);
        Files.writeString(certificate, "not a certificate");
        TestPki.Identity expired = PKI.expiredServer("localhost", "127.0.0.1");

        assertThat(send(as("ada"), "GET", "/api/v1/system").statusCode()).isEqualTo(200);
        Files.writeString(certificate, good);
        // In the end it does read: an expired certificate is shown, and clients refuse it, over NBD as well.
        replace(expired);
        await().atMost(PATIENCE).untilAsserted(() -> {
            try (NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
                assertThatThrownBy(() -> open("nbds", PKI.client("db1"), loops))
                        .hasMessageContaining("its certificate has expired");
            }
        });
    }

    /** As a renewing program does it: whole files, moved into their place. */
    private static void replace(TestPki.Identity identity) throws Exception {
        Path made = Files.createDirectories(folder.resolve("made"));
        identity.write(made, "server");
        for (String file : new String[] {"server-key.pem", "server-cert.pem"}) {
            Files.move(made.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static X509Certificate shownByRest() throws Exception {
        try (Socket socket =
                PKI.context(null).getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), service.port())) {
            return (X509Certificate) ((SSLSocket) socket).getSession().getPeerCertificates()[0];
        }
    }
}
