package io.ropewalk.nbd;

import static io.ropewalk.nbd.RawNbdClient.last;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.Geometry;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.TestPki;
import io.ropewalk.tls.ClientCertificates;
import io.ropewalk.tls.TlsContext;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's side of TLS, and what attackers try at it. */
class NbdServerTlsTest {
    private static final TestPki PKI = new TestPki("ours");
    /** Of the same name, so that clients believe that the server wants its certificates. */
    private static final TestPki FOREIGN = new TestPki("ours");

    private static final TestPki.Identity SERVER = PKI.server("localhost", "127.0.0.1");
    private static final byte[] EXPORT_DATA = RawNbdClient.goData("disk");

    @TempDir
    private Path folder;

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(1 << 20, 1)).withHeadroom(40);
    private volatile TlsContext context = PKI.tls(SERVER);
    private @Nullable NbdServerFixture fixture;

    private NbdServerFixture serve(boolean required, ClientCertificates clients) throws IOException {
        return serve(required, clients, Duration.ofSeconds(20));
    }

    private NbdServerFixture serve(boolean required, ClientCertificates clients, Duration handshakeTimeout)
            throws IOException {
        NbdServerTls tls = new NbdServerTls(() -> context, required, clients);
        NbdServerFixture started = NbdServerFixture.serving(
                Transport.best(),
                folder.resolve("nbd.sock"),
                options -> options.withTls(tls).withTimeouts(handshakeTimeout, Duration.ofSeconds(20)),
                disk);
        fixture = started;
        return started;
    }

    private NbdServerFixture fixture() {
        return Objects.requireNonNull(fixture);
    }

    private void awaitReason(String part) {
        await().atMost(NbdServerFixture.PATIENCE)
                .untilAsserted(() -> assertThat(fixture().heard)
                        .anySatisfy(line -> assertThat(line).contains(part)));
    }

    private void awaitTlsHandshakes(String... results) {
        await().atMost(NbdServerFixture.PATIENCE)
                .untilAsserted(() -> assertThat(fixture().heard)
                        .filteredOn(line -> line.matches("(no )?TLS"))
                        .containsExactly(results));
    }

    @AfterEach
    void stop() {
        if (fixture != null) {
            fixture.close();
        }
    }

    // Required

    @ParameterizedTest
    @ValueSource(
            ints = {
                Nbd.OPT_LIST,
                Nbd.OPT_INFO,
                Nbd.OPT_GO,
                Nbd.OPT_STRUCTURED_REPLY,
                Nbd.OPT_EXTENDED_HEADERS,
                Nbd.OPT_LIST_META_CONTEXT,
                Nbd.OPT_SET_META_CONTEXT,
                4711
            })
    void whereTlsIsRequired_nothingElseIsAnswered(int option) throws IOException {
        serve(true, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect()) {
            assertThat(last(client.option(option, EXPORT_DATA)).type()).isEqualTo(Nbd.REP_ERR_TLS_REQD);
            assertThat(last(client.option(option, new byte[40_000])).type()).isEqualTo(Nbd.REP_ERR_TLS_REQD);
            assertThat(fixture().server.sessions())
                    .allSatisfy(session -> assertThat(session.export()).isNull());
        }
    }

    @Test
    void whereTlsIsRequired_askingByNameInClearEndsTheSession() throws IOException {
        serve(true, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect()) {
            client.sendOption(Nbd.OPT_EXPORT_NAME, "disk".getBytes(UTF_8));
            assertThat(client.readNBytes(1)).isEmpty();
        }
        awaitReason("without TLS, which is required");
    }

    @Test
    void whereTlsIsRequired_aClientMayStillLeave() throws IOException {
        serve(true, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect()) {
            assertThat(last(client.option(Nbd.OPT_ABORT)).type()).isEqualTo(Nbd.REP_ACK);
            client.awaitClosed();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void withTls_everythingWorks(String protocol) throws IOException {
        serve(true, ClientCertificates.NONE);
        byte[] data = "over the wire, unseen".getBytes(UTF_8);
        try (RawNbdClient client = fixture().connect().startTls(PKI.context(null), protocol)) {
            client.agreeOn(NbdReplyFormat.STRUCTURED).go("disk");
            assertThat(client.tlsSession().getProtocol()).isEqualTo(protocol);
            assertThat(client.write(0, 1, 4096, data).reply().errno()).isZero();
            assertThat(client.request(Nbd.CMD_READ, 0, 2, 4096, data.length)
                            .reply()
                            .payload())
                    .isEqualTo(data);
            assertThat(fixture().server.sessions().getFirst().peer().encrypted())
                    .isTrue();
        }
        awaitTlsHandshakes("TLS");
    }

    @Test
    void nothingOlderThanTls12IsSpoken() {
        assertThat(PKI.tls(SERVER).serverEngine(ClientCertificates.NONE).getEnabledProtocols())
                .containsExactlyInAnyOrder("TLSv1.2", "TLSv1.3");
        assertThatThrownBy(() -> new TlsContext(PKI.context(SERVER), List.of("TLSv1.1"), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aUnixSocketNeedsNoTls() throws IOException {
        serve(true, ClientCertificates.NEED);
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(folder.resolve("nbd.sock")));
            client.write(options(Nbd.OPT_LIST));
            ByteBuffer answer = ByteBuffer.allocate(18 + 20);
            while (answer.hasRemaining() && client.read(answer) >= 0) {}
            assertThat(answer.getInt(18 + 12)).isEqualTo(Nbd.REP_SERVER);
        }
    }

    // Offered

    @Test
    void whereTlsIsOffered_bothWaysAreOpen() throws IOException {
        serve(false, ClientCertificates.NONE);
        try (RawNbdClient plain = fixture().connect();
                RawNbdClient secret = fixture().connect().startTls(PKI.context(null))) {
            assertThat(plain.go("disk").exportSize).isEqualTo(1 << 20);
            assertThat(secret.go("disk").exportSize).isEqualTo(1 << 20);
        }
    }

    @Test
    void whereTlsIsOffered_nobodyLearnsInClearWhatIsThere() throws IOException {
        serve(false, ClientCertificates.NONE).allowed = NbdPeer::encrypted;
        try (RawNbdClient client = fixture().connect()) {
            byte[] other = RawNbdClient.goData("other");
            assertThat(last(client.option(Nbd.OPT_GO, EXPORT_DATA)).type()).isEqualTo(Nbd.REP_ERR_TLS_REQD);
            assertThat(last(client.option(Nbd.OPT_GO, other)).type()).isEqualTo(Nbd.REP_ERR_TLS_REQD);
            assertThat(client.option(Nbd.OPT_LIST)).hasSize(1);
            client.startTls(PKI.context(null));
            assertThat(last(client.option(Nbd.OPT_GO, other)).type()).isEqualTo(Nbd.REP_ERR_UNKNOWN);
            assertThat(client.option(Nbd.OPT_LIST)).hasSize(2);
            client.go("disk");
        }
    }

    @Test
    void whatWasAgreedInClearCountsNoMore() throws IOException {
        serve(false, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect().agreeOn(NbdReplyFormat.STRUCTURED)) {
            client.startTls(PKI.context(null));
            byte[] query = RawNbdClient.metaContext("disk", "base:allocation");
            assertThat(last(client.option(Nbd.OPT_SET_META_CONTEXT, query)).type())
                    .isEqualTo(Nbd.REP_ERR_INVALID);
        }
    }

    @Test
    void tlsIsStartedOnceAndWithoutData() throws IOException {
        serve(false, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect()) {
            assertThat(last(client.option(Nbd.OPT_STARTTLS, new byte[1])).type())
                    .isEqualTo(Nbd.REP_ERR_INVALID);
            client.startTls(PKI.context(null));
            assertThat(last(client.option(Nbd.OPT_STARTTLS)).type()).isEqualTo(Nbd.REP_ERR_INVALID);
            client.go("disk");
        }
    }

    // Attacks

    /** What came in the same packet as STARTTLS may be an intruder's, and would be taken for the client's. */
    @ParameterizedTest
    @ValueSource(ints = {Nbd.OPT_STRUCTURED_REPLY, Nbd.OPT_LIST, Nbd.OPT_ABORT})
    void whatIsSlippedInBehindStartTls_endsTheSession(int option) throws IOException {
        serve(true, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect()) {
            client.send(withoutFlags(options(Nbd.OPT_STARTTLS, option)));
            client.awaitClosed();
        }
        awaitReason("more in clear after STARTTLS");
    }

    @Test
    void whatIsSentInClearInsteadOfAHandshake_endsTheSession() throws IOException {
        serve(true, ClientCertificates.NONE);
        try (RawNbdClient client = fixture().connect()) {
            assertThat(last(client.option(Nbd.OPT_STARTTLS)).type()).isEqualTo(Nbd.REP_ACK);
            client.sendOption(Nbd.OPT_GO, EXPORT_DATA);
            client.awaitClosed();
        }
        awaitReason("it does not answer in TLS");
        awaitTlsHandshakes("no TLS");
        assertThat(fixture().heard).noneMatch(line -> line.startsWith("opened"));
    }

    @Test
    void whoStopsInTheMiddleOfTheHandshake_isClosed() throws IOException {
        serve(true, ClientCertificates.NONE, Duration.ofMillis(300));
        try (RawNbdClient client = fixture().connect()) {
            assertThat(last(client.option(Nbd.OPT_STARTTLS)).type()).isEqualTo(Nbd.REP_ACK);
            // A record of 16 KiB is announced, and does not come.
            client.send(new byte[] {22, 3, 1, 0x40, 0});
            client.awaitClosed();
        }
        awaitReason("the handshake took too long");
        awaitTlsHandshakes("no TLS");
    }

    enum Stranger {
        WITHOUT_CERTIFICATE,
        OF_A_FOREIGN_CA,
        EXPIRED
    }

    @ParameterizedTest
    @EnumSource(Stranger.class)
    void whereCertificatesAreNeeded_strangersAreRefused(Stranger stranger) throws IOException {
        serve(true, ClientCertificates.NEED);
        SSLContext theirs = switch (stranger) {
            case WITHOUT_CERTIFICATE -> PKI.context(null);
            case OF_A_FOREIGN_CA -> PKI.context(FOREIGN.client("db1"));
            case EXPIRED -> PKI.context(PKI.expiredClient("db1"));
        };
        try (RawNbdClient client = fixture().connect()) {
            // With TLS 1.3 the client hears of its refusal when it first reads.
            assertThatThrownBy(() -> client.startTls(theirs).go("disk")).isInstanceOf(IOException.class);
        }
        awaitReason(
                switch (stranger) {
                    case WITHOUT_CERTIFICATE -> "it shows no certificate";
                    case OF_A_FOREIGN_CA -> "its certificate is not valid (signature check failed)";
                    case EXPIRED -> "its certificate has expired";
                });
        awaitTlsHandshakes("no TLS");
        assertThat(fixture().heard).noneMatch(line -> line.startsWith("opened"));
    }

    @Test
    void aWantedCertificateThatIsBad_isNotTakenForNone() throws IOException {
        serve(true, ClientCertificates.WANT);
        try (RawNbdClient client = fixture().connect()) {
            assertThatThrownBy(() -> client.startTls(PKI.context(PKI.expiredClient("db1")))
                            .go("disk"))
                    .isInstanceOf(IOException.class);
        }
        awaitReason("its certificate has expired");
    }

    @Test
    void exportsGoByTheNamesInTheCertificate() throws IOException {
        serve(true, ClientCertificates.WANT).allowed =
                peer -> peer.certificateNames().contains("db1");
        try (RawNbdClient right = fixture().connect().startTls(PKI.context(PKI.client("db1")));
                RawNbdClient wrong = fixture().connect().startTls(PKI.context(PKI.client("db2")));
                RawNbdClient none = fixture().connect().startTls(PKI.context(null))) {
            right.go("disk");
            assertThat(last(wrong.option(Nbd.OPT_GO, EXPORT_DATA)).type()).isEqualTo(Nbd.REP_ERR_UNKNOWN);
            assertThat(last(none.option(Nbd.OPT_GO, EXPORT_DATA)).type()).isEqualTo(Nbd.REP_ERR_UNKNOWN);
            assertThat(fixture().server.sessions().getFirst().peer().toString()).endsWith(" (db1)");
        }
    }

    // New certificates

    @Test
    void newCertificatesCountFromTheNextSessionOn() throws IOException {
        serve(true, ClientCertificates.NONE);
        try (RawNbdClient before = fixture().connect().startTls(PKI.context(null))) {
            before.go("disk");
            TestPki.Identity next = PKI.server("localhost", "127.0.0.1");
            context = PKI.tls(next);
            try (RawNbdClient after = fixture().connect().startTls(PKI.context(null))) {
                after.go("disk");
                assertThat(shown(after)).isEqualTo(next.bundle().getCertificate());
            }
            assertThat(shown(before)).isEqualTo(SERVER.bundle().getCertificate());
            assertThat(before.request(Nbd.CMD_READ, 0, 1, 0, 512).reply(512).errno())
                    .isZero();
        }
    }

    private static X509Certificate shown(RawNbdClient client) throws IOException {
        return (X509Certificate) client.tlsSession().getPeerCertificates()[0];
    }

    // Bytes

    /** Client flags and options without data. */
    private static ByteBuffer options(int... options) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
        for (int option : options) {
            out.writeLong(Nbd.OPTION_MAGIC);
            out.writeInt(option);
            out.writeInt(0);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static byte[] withoutFlags(ByteBuffer options) {
        byte[] bytes = new byte[options.capacity() - Integer.BYTES];
        options.get(Integer.BYTES, bytes);
        return bytes;
    }
}
