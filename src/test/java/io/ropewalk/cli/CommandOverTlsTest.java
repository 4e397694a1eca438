package io.ropewalk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.ropewalk.testing.TestPki;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command against a service that asks for a client certificate and shows one of a CA of its own. */
class CommandOverTlsTest {
    private static final TestPki PKI = new TestPki("ours");
    private static final TestPki FOREIGN = new TestPki("theirs");

    @TempDir
    Path folder;

    private HttpsServer service;
    private String err = "";
    private String out = "";

    @BeforeEach
    void serve() throws Exception {
        PKI.write(folder);
        PKI.client("ada").write(folder, "ada");
        PKI.clientOnCurve("olga").write(folder, "olga");
        FOREIGN.client("mallory").write(folder, "mallory");
        SSLContext tls = PKI.context(PKI.server("localhost", "127.0.0.1"));
        service = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
                wanted.setNeedClientAuth(true);
                parameters.setSSLParameters(wanted);
            }
        });
        service.createContext("/api/v1/geoms/disk1/active", exchange -> {
            byte[] answer = "{\"paths\":[\"d1\"]}".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        service.start();
    }

    @AfterEach
    void stop() {
        service.stop(0);
    }

    private int run(String... options) {
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        CommandLine command = GmultipathCommand.commandLine()
                .setOut(new PrintWriter(outText, true))
                .setErr(new PrintWriter(errText, true));
        String[] words = new String[options.length + 4];
        words[0] = "getactive";
        words[1] = "disk1";
        words[2] = "--url";
        words[3] = "https://127.0.0.1:" + service.getAddress().getPort();
        System.arraycopy(options, 0, words, 4, options.length);
        int code = command.execute(words);
        out = outText.toString();
        err = errText.toString();
        return code;
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void withItsCaAndACertificateTheServiceAnswers() {
        for (String who : new String[] {"ada", "olga"}) {
            assertThat(run(
                            "--ca",
                            file("ca-cert.pem"),
                            "--cert",
                            file(who + "-cert.pem"),
                            "--key",
                            file(who + "-key.pem")))
                    .as(err)
                    .isZero();
            assertThat(out).isEqualTo("d1\n");
        }
    }

    @Test
    void theKeyMayBeInTheFileOfTheCertificate() throws Exception {
        Path both = Files.writeString(
                folder.resolve("both.pem"),
                Files.readString(folder.resolve("ada-key.pem")) + Files.readString(folder.resolve("ada-cert.pem")));

        assertThat(run("--ca", file("ca-cert.pem"), "--cert", both.toString()))
                .as(err)
                .isZero();
    }

    @Test
    void aServiceThatIsNotTrusted_orDoesNotTrustUs_isSaidSo() {
        String[] ada = {"--cert", file("ada-cert.pem"), "--key", file("ada-key.pem")};
        assertThat(run(ada)).isEqualTo(1);
        assertThat(err).contains("There is no TLS with the service", "--ca").doesNotContain("Exception");
        assertThat(run("--ca", file("mallory-cert.pem"))).isEqualTo(1);
        assertThat(err).contains("There is no TLS with the service");

        assertThat(run("--ca", file("ca-cert.pem"))).isEqualTo(1);
        assertThat(run(
                        "--ca",
                        file("ca-cert.pem"),
                        "--cert",
                        file("mallory-cert.pem"),
                        "--key",
                        file("mallory-key.pem")))
                .isEqualTo(1);
        assertThat(out).isEmpty();
    }

    @Test
    void whatIsNoPemIsSaidSo() throws Exception {
        Files.writeString(folder.resolve("empty.pem"), "");
        Files.writeString(folder.resolve("odd.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        assertThat(run("--ca", file("no-such.pem"))).isEqualTo(1);
        assertThat(err).contains("no-such.pem cannot be read");
        assertThat(run("--ca", file("empty.pem"))).isEqualTo(1);
        assertThat(err).contains("no certificate in");
        assertThat(run("--ca", file("odd.pem"))).isEqualTo(1);
        assertThat(err).contains("cannot be read");
        assertThat(run("--cert", file("ada-cert.pem"))).isEqualTo(1);
        assertThat(err).contains("There is no key in", "openssl pkcs8");
        assertThat(run("--key", file("ada-key.pem"))).isEqualTo(1);
        assertThat(err).contains("--cert");
        assertThat(run("--cert", file("olga-cert.pem"), "--key", file("ada-key.pem")))
                .isEqualTo(1);
        assertThat(err).contains("none of the certificate's kind");
    }

    @Test
    void certificatesThatAreNoChainAreSaidSo() throws Exception {
        Files.writeString(
                folder.resolve("unrelated.pem"),
                Files.readString(folder.resolve("ada-cert.pem"))
                        + Files.readString(folder.resolve("mallory-cert.pem")));

        assertThat(run("--cert", file("unrelated.pem"), "--key", file("ada-key.pem")))
                .isEqualTo(1);
        assertThat(err).contains("unrelated.pem", "no chain").doesNotContain("Exception", "\tat ");
    }
}
