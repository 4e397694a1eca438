package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.Settlement;
import io.ropewalk.nbd.RawNbdClient.Reply;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** A client that sends no more, and waits for the server to close its side: the proof that nothing can land any more. */
@Timeout(60)
class NbdServerHalfCloseTest {
    private static final int BLOCK = 4096;
    private static final int A_WHILE_MILLIS = 300;

    @TempDir
    Path folder;

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(1 << 20, 1)).withHeadroom(40);

    @ParameterizedTest
    @EnumSource(Transport.class)
    void whatIsInFlight_isAnsweredBeforeTheConnectionIsClosed(Transport transport) throws IOException {
        Assumptions.assumeTrue(transport.isAvailable());
        try (NbdServerFixture fixture = NbdServerFixture.serving(transport, null, options -> options, disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            disk.holdBack();
            client.write(0, 7, 0, new byte[BLOCK]);
            fixture.awaitHeldBack(disk, 1);

            client.shutdownOutput();

            assertThat(client.hasInput(A_WHILE_MILLIS)).isFalse();
            disk.letGo();
            Reply reply = client.reply();
            assertThat(reply.cookie()).isEqualTo(7);
            assertThat(reply.errno()).isZero();
            client.awaitClosed();
            fixture.awaitNoSessions();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void whatHasToWaitForRoom_isAnsweredBeforeTheConnectionIsClosed(Transport transport) throws IOException {
        Assumptions.assumeTrue(transport.isAvailable());
        try (NbdServerFixture fixture =
                        NbdServerFixture.serving(transport, null, o -> o.withBounds(2, 64 << 20, 64 << 20), disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            disk.holdBack();
            for (int i = 0; i < 10; i++) {
                client.write(0, i, 0, new byte[BLOCK]);
            }
            client.request(Nbd.CMD_DISC, 0, 10, 0, 0);
            fixture.awaitHeldBack(disk, 2);

            client.shutdownOutput();

            assertThat(client.hasInput(A_WHILE_MILLIS)).isFalse();
            disk.letGo();
            for (int i = 0; i < 10; i++) {
                assertThat(client.reply().errno()).isZero();
            }
            client.awaitClosed();
            fixture.awaitNoSessions();
            assertThat(disk.abandoned()).isZero();
        }
    }

    /** Not by NIO, which hears of the end only when it reads on. */
    @ParameterizedTest
    @EnumSource(value = Transport.class, mode = Mode.EXCLUDE, names = "NIO")
    void behindMoreThanIsInFlight_withoutDisc_theRestIsNotBegun(Transport transport) throws IOException {
        Assumptions.assumeTrue(transport.isAvailable());
        try (NbdServerFixture fixture =
                        NbdServerFixture.serving(transport, null, o -> o.withBounds(2, 64 << 20, 64 << 20), disk);
                RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            disk.holdBack();
            for (int i = 0; i < 10; i++) {
                client.write(0, i, 0, new byte[BLOCK]);
            }
            fixture.awaitHeldBack(disk, 2);

            client.shutdownOutput();

            await().until(() -> disk.abandoned() == 1);
            disk.letGo();
            assertThat(client.reply().errno()).isZero();
            assertThat(client.reply().errno()).isZero();
            client.awaitClosed();
            fixture.awaitNoSessions();
            assertThat(disk.journal()).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void withNothingInFlight_theConnectionIsClosedAtOnce(Transport transport) throws IOException {
        Assumptions.assumeTrue(transport.isAvailable());
        Path socket = folder.resolve("nbd.sock");
        try (NbdServerFixture fixture = NbdServerFixture.serving(transport, socket, options -> options, disk);
                RawNbdClient idle = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient haggling = fixture.connect()) {
            idle.shutdownOutput();
            haggling.shutdownOutput();
            idle.awaitClosed();
            haggling.awaitClosed();
            fixture.awaitNoSessions();
        }
    }

    @Test
    void aClientThatHasGone_isNoticedWhenItsAnswerIsDue() throws IOException {
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk)) {
            try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
                disk.holdBack();
                client.write(0, 7, 0, new byte[BLOCK]);
                fixture.awaitHeldBack(disk, 1);
            }
            disk.letGo();
            fixture.awaitNoSessions();
            assertThat(fixture.heard).contains("closed disk: the client closed the connection");
        }
    }

    @Test
    void ourOwnClient_takesNothingForSettledThatIsStillUnderWay() throws Exception {
        try (NbdServerFixture fixture = NbdServerFixture.serving(disk)) {
            URI uri = URI.create("nbd://127.0.0.1:" + fixture.address().getPort() + "/disk");
            BlockDevice device = new NbdDeviceFactory(fixture.loops, NbdClientFixture.PATIENT).open("disk", uri);
            BlockChannel channel = device.open(fixture.loops.next());
            disk.holdBack();
            var change = NbdClientTestRequest.write(0, 0, new byte[BLOCK], 40).on(channel);
            fixture.awaitHeldBack(disk, 1);
            NbdClientFixture.runOn(channel.loop(), () -> channel.abort(IoError.of(Kind.TIMEOUT, "enough")));

            Settlement settlement = change.awaitError().settlement();
            assertThat(settlement).isNotNull();
            CompletableFuture<Integer> underWay = new CompletableFuture<>();
            settlement.whenSettled(() -> underWay.complete(disk.heldBack()));
            await().during(A_WHILE_MILLIS, TimeUnit.MILLISECONDS).until(() -> !settlement.isSettled());
            disk.letGo();
            assertThat(underWay.get(20, TimeUnit.SECONDS)).isZero();
            device.close();
        }
    }
}
