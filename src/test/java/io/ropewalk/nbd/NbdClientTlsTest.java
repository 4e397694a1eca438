package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.Settlement;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.TestPki;
import io.ropewalk.tls.ClientCertificates;
import io.ropewalk.tls.TlsContext;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client's side of TLS: whom it trusts, and that it never does without. */
class NbdClientTlsTest {
    private static final TestPki PKI = new TestPki("ours");
    private static final TestPki FOREIGN = new TestPki("foreign");

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(1 << 20, 1)).withHeadroom(40);
    private volatile TlsContext servers = PKI.tls(PKI.server("localhost", "127.0.0.1"));
    private volatile TlsContext ours = PKI.tls(null);
    private final List<BlockDevice> devices = new ArrayList<>();
    private @Nullable NbdServerFixture server;

    private TlsContext bundle(@Nullable String name) throws DeviceException {
        if (name != null && !name.equals("nas")) {
            throw new DeviceException(Reason.UNSUITABLE, "There is no SSL bundle '" + name + "'.");
        }
        return ours;
    }

    private void serve(ClientCertificates clients) throws IOException {
        NbdServerTls tls = new NbdServerTls(() -> servers, true, clients);
        server = NbdServerFixture.serving(options -> options.withTls(tls), disk);
    }

    private NbdServerFixture server() {
        return Objects.requireNonNull(server);
    }

    /** On the server's loops, so that its fixture sees when one of our buffers is left over. */
    private BlockDevice device(URI uri) throws DeviceException {
        NbdClientOptions options = NbdClientFixture.PATIENT.withTls(this::bundle);
        return new NbdDeviceFactory(server().loops, options).open("disk", uri);
    }

    private BlockChannel open(URI uri) {
        try {
            BlockDevice device = device(uri);
            devices.add(device);
            return device.open(server().loops.next());
        } catch (DeviceException refused) {
            throw new AssertionError(refused);
        }
    }

    private URI uri(String host) {
        int port = server().address().getPort();
        return URI.create("nbds://" + host.replaceFirst("(\\?|$)", ":" + port + "/disk$1"));
    }

    private void assertRefused(URI uri, String why) {
        assertRefused(uri, Reason.UNREACHABLE, why);
    }

    private void assertRefused(URI uri, Reason reason, String why) {
        DeviceException refusal = catchThrowableOfType(DeviceException.class, () -> device(uri));
        assertThat(refusal.reason()).isEqualTo(reason);
        assertThat(refusal).hasMessageContaining(why).hasMessageEndingWith(".");
        assertThat(disk.openChannels()).isZero();
    }

    @AfterEach
    void stop() {
        devices.forEach(BlockDevice::close);
        server().settle();
        server().close();
    }

    // Whom it trusts

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "127.0.0.1?tls-hostname=localhost", "localhost?tls-bundle=nas"})
    void aServerThatIsWhoItSays_isTrusted(String host) throws IOException {
        serve(ClientCertificates.NONE);
        BlockChannel channel = open(uri(host));
        NbdClientTestRequest.write(0, 0, new byte[4096], 0).on(channel).awaitSuccess();
        assertThat(server().server.sessions())
                .anySatisfy(session -> assertThat(session.peer().encrypted()).isTrue());
    }

    @Test
    void aServerOfAnotherName_isRefused() throws IOException {
        servers = PKI.tls(PKI.server("elsewhere.example"));
        serve(ClientCertificates.NONE);
        assertRefused(uri("localhost"), "its certificate is for another name");
        assertRefused(uri("127.0.0.1"), "its certificate is for another name");
        open(uri("127.0.0.1?tls-hostname=elsewhere.example"));
    }

    @Test
    void aServerOfAForeignCa_isRefused() throws IOException {
        servers = FOREIGN.tls(FOREIGN.server("localhost"));
        serve(ClientCertificates.NONE);
        assertRefused(uri("localhost"), "its certificate is of no CA that is trusted here");
    }

    @Test
    void anExpiredServer_isRefused() throws IOException {
        servers = PKI.tls(PKI.expiredServer("localhost"));
        serve(ClientCertificates.NONE);
        assertRefused(uri("localhost"), "its certificate has expired");
    }

    @Test
    void aClientsCertificateServedByAServer_isRefused() throws IOException {
        servers = PKI.tls(PKI.client("localhost"));
        serve(ClientCertificates.NONE);
        assertRefused(uri("localhost"), "TLS");
    }

    @Test
    void aBundleThatIsNotThere_isSaidBeforeConnecting() throws IOException {
        serve(ClientCertificates.NONE);
        assertRefused(uri("localhost?tls-bundle=none"), Reason.UNSUITABLE, "There is no SSL bundle 'none'");
        assertThat(server().heard).isEmpty();
    }

    // Who trusts it

    @Test
    void aCertificateIsShownToWhoAsksForIt() throws IOException {
        ours = PKI.tls(PKI.client("db1"));
        serve(ClientCertificates.NEED);
        open(uri("localhost"));
        assertThat(server().heard).contains("opened disk");
    }

    @Test
    void aServerThatAsksForACertificateInVain_isSaid() throws IOException {
        serve(ClientCertificates.NEED);
        assertRefused(uri("localhost"), "it asks for a certificate and was shown none");
    }

    @Test
    void aServerThatFindsTheCertificateExpired_isSaid() throws IOException {
        ours = PKI.tls(PKI.expiredClient("db1"));
        serve(ClientCertificates.NEED);
        assertRefused(uri("localhost"), "cannot be used over TLS: it ");
    }

    // Nothing less

    @Test
    void aServerWithoutTls_isNotUsedInClear() throws IOException {
        server = NbdServerFixture.serving(disk);
        assertRefused(uri("localhost"), "does not do TLS: it refuses STARTTLS");
    }

    @Test
    void aServerOfTheOldHandshake_isNotUsedInClear() throws IOException {
        serve(ClientCertificates.NONE);
        try (ScriptedNbdServer scripted = new ScriptedNbdServer()) {
            scripted.otherwise(peer -> {
                peer.out.writeLong(Nbd.INIT_MAGIC);
                peer.out.writeLong(Nbd.OPTION_MAGIC);
                peer.out.writeShort(0);
                peer.out.flush();
                peer.in.readAllBytes();
            });
            assertRefused(tls(scripted), "does not do TLS: its handshake is too old for it");
        }
    }

    @Test
    void whatIsSlippedInBehindTheYes_isRefused() throws IOException {
        serve(ClientCertificates.NONE);
        try (ScriptedNbdServer scripted = new ScriptedNbdServer()) {
            scripted.otherwise(peer -> {
                greet(peer);
                // In one packet: the yes, and the answer to a question that is yet to come.
                peer.out.write(replies(Nbd.OPT_STARTTLS, Nbd.REP_ACK, Nbd.OPT_EXTENDED_HEADERS, Nbd.REP_ERR_UNSUP));
                peer.in.readAllBytes();
            });
            assertRefused(tls(scripted), "sends more in clear after it has agreed to TLS");
        }
    }

    @Test
    void aServerThatSaysYesAndGoesOnInClear_isRefused() throws IOException {
        serve(ClientCertificates.NONE);
        try (ScriptedNbdServer scripted = new ScriptedNbdServer()) {
            scripted.otherwise(peer -> {
                greet(peer);
                peer.out.write(replies(Nbd.OPT_STARTTLS, Nbd.REP_ACK));
                peer.in.readByte();
                peer.out.write(replies(Nbd.OPT_EXTENDED_HEADERS, Nbd.REP_ACK));
                peer.in.readAllBytes();
            });
            assertRefused(tls(scripted), "it does not answer in TLS");
        }
    }

    /** As far as the client's STARTTLS. */
    private static void greet(ScriptedNbdServer.Peer peer) throws IOException {
        peer.out.writeLong(Nbd.INIT_MAGIC);
        peer.out.writeLong(Nbd.OPTION_MAGIC);
        peer.out.writeShort(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES);
        peer.in.readNBytes(Integer.BYTES + Nbd.OPTION_LENGTH);
    }

    /** Replies without data: option, type, option, type and so on. */
    private static byte[] replies(int... optionsAndTypes) {
        ByteBuffer bytes = ByteBuffer.allocate(optionsAndTypes.length / 2 * Nbd.OPTION_REPLY_LENGTH);
        for (int i = 0; i < optionsAndTypes.length; i += 2) {
            bytes.putLong(Nbd.OPTION_REPLY_MAGIC)
                    .putInt(optionsAndTypes[i])
                    .putInt(optionsAndTypes[i + 1])
                    .putInt(0);
        }
        return bytes.array();
    }

    private static URI tls(ScriptedNbdServer scripted) {
        return URI.create(scripted.uri().toString().replace("nbd://", "nbds://"));
    }

    // Later

    @Test
    void whatIsGivenUpWhileTheServerReadsNothing_isSettledWhenItHasReadToTheEnd() throws IOException {
        serve(ClientCertificates.NONE);
        BlockChannel channel = open(uri("localhost"));
        NbdClientTestRequest.read(0, 512).on(channel).awaitSuccess();
        disk.holdBack();
        List<NbdClientTestRequest> changes = new ArrayList<>();
        for (int i = 0; i < 96; i++) {
            // more in all than the server takes and the sockets hold
            changes.add(NbdClientTestRequest.write(0, 0, new byte[1 << 20], 40).on(channel));
        }
        await().atMost(NbdServerFixture.PATIENCE).until(() -> disk.heldBack() > 40);

        NbdClientFixture.runOn(channel.loop(), () -> channel.abort(IoError.of(Kind.TIMEOUT, "enough")));

        Settlement settlement = changes.getFirst().awaitError().settlement();
        assertThat(settlement).isNotNull();
        await().during(300, TimeUnit.MILLISECONDS).until(() -> !settlement.isSettled());
        disk.letGo();
        await().atMost(NbdServerFixture.PATIENCE).until(settlement::isSettled);
    }

    @Test
    void aServerThatIsNotTrustedAnyMore_failsThePathWithTheReason() throws IOException {
        serve(ClientCertificates.NONE);
        BlockChannel channel = open(uri("localhost"));
        NbdClientTestRequest.read(0, 512).on(channel).awaitSuccess();

        servers = FOREIGN.tls(FOREIGN.server("localhost"));
        NbdServer running = server().server;
        running.sessions().forEach(session -> running.disconnect(session.id()));
        await().atMost(NbdServerFixture.PATIENCE).untilAsserted(() -> {
            IoError error =
                    NbdClientTestRequest.read(0, 512).on(channel).await().error();
            assertThat(error).isNotNull();
            assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
            assertThat(error.message()).contains("its certificate is of no CA that is trusted here");
        });

        ours = FOREIGN.tls(null);
        await().atMost(NbdServerFixture.PATIENCE)
                .untilAsserted(() -> assertThat(NbdClientTestRequest.read(0, 512)
                                .on(channel)
                                .await()
                                .error())
                        .isNull());
    }
}
