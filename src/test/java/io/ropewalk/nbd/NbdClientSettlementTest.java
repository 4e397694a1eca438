package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.Settlement;
import io.ropewalk.nbd.ScriptedNbdServer.Peer;
import io.ropewalk.nbd.ScriptedNbdServer.Script;
import io.ropewalk.net.Transport;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A change that was given up: until when it may still land, and that this is told. */
@Timeout(60)
class NbdClientSettlementTest {
    private static final int BLOCK = 4096;
    private static final IoError ENOUGH = IoError.of(Kind.TIMEOUT, "enough");
    private static final Script SINGLE = peer -> single(peer).serve();

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.IMPATIENT);
    private ScriptedNbdServer server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedNbdServer();
    }

    @AfterEach
    void stop() throws IOException {
        mayGoOn.countDown();
        server.close();
        fixture.close();
        assertThat(server.failures()).isEmpty();
    }

    // ---- a connection of its own

    /** Not io_uring: Netty stumbles there over a write under way when the output is shut down, and no proof ever comes. */
    static Stream<Transport> transports() {
        return Stream.of(Transport.EPOLL, Transport.NIO).filter(Transport::isAvailable);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void whatHasNotEvenLeft_doesNotKeepTheRestFromBeingSettled(Transport transport) throws Exception {
        fixture.close();
        fixture = new NbdClientFixture(NbdClientFixture.IMPATIENT, transport);
        server.then(peer -> peer.handshake().serve(), peer -> {
            peer.handshake();
            reached.countDown();
            mayGoOn.await();
            peer.in.transferTo(OutputStream.nullOutputStream());
        });
        server.otherwise(peer -> peer.handshake().serve());
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        List<NbdClientTestRequest> changes = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            // more than any socket takes
            changes.add(NbdClientTestRequest.write(0, 0, new byte[1 << 20], 40).on(channel));
        }
        assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
        NbdClientFixture.runOn(channel.loop(), () -> {});

        NbdClientFixture.runOn(channel.loop(), () -> channel.abort(ENOUGH));

        Settlement settlement = changes.getFirst().awaitError().settlement();
        assertThat(settlement).isNotNull();
        assertThat(settlement.isSettled()).isFalse();
        mayGoOn.countDown();
        Awaitility.await("the server has read to the end and closed").until(settlement::isSettled);
    }

    @ParameterizedTest
    @EnumSource(GivenUpBy.class)
    void theProofComes_alsoWhenTheChannelIsClosedMeanwhile(GivenUpBy how) throws Exception {
        server.then(peer -> peer.handshake().serve(), peer -> {
            peer.handshake().request();
            reached.countDown();
            mayGoOn.await();
        });
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var change = change().on(channel);
        assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();

        NbdClientFixture.runOn(channel.loop(), () -> {
            if (how == GivenUpBy.ABORT) {
                channel.abort(ENOUGH);
            }
            channel.close();
        });

        Settlement settlement = change.awaitError().settlement();
        assertThat(settlement).isNotNull();
        assertThat(settlement.isSettled()).isFalse();
        mayGoOn.countDown();
        Awaitility.await().until(settlement::isSettled);
    }

    // ---- a connection that is shared

    private enum GivenUpBy {
        ABORT,
        CLOSE
    }

    @ParameterizedTest
    @EnumSource(GivenUpBy.class)
    void aRelayThatGivesUp_tellsWhenNothingCanLandAnyMore(GivenUpBy how) throws Exception {
        server.then(SINGLE, peer -> {
            single(peer).request();
            reached.countDown();
            mayGoOn.await();
        });
        server.otherwise(SINGLE);
        BlockDevice device = fixture.open(server.uri());
        device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        var change = change().on(relay);
        assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();

        NbdClientFixture.runOn(relay.loop(), () -> {
            switch (how) {
                case ABORT -> relay.abort(ENOUGH);
                case CLOSE -> relay.close();
            }
            assertThat(change.isAnswered()).isTrue();
        });

        Settlement settlement = change.awaitError().settlement();
        assertThat(settlement).as("the server has it and may do it").isNotNull();
        assertThat(settlement.isSettled()).isFalse();
        mayGoOn.countDown();
        Awaitility.await().until(settlement::isSettled);
    }

    @Test
    void whatARelayGivesUpBeforeItWasSent_cannotLand() {
        server.otherwise(SINGLE);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel owner = device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        owner.loop().execute(() -> await(mayGoOn));
        var change = change().on(relay);

        NbdClientFixture.runOn(relay.loop(), () -> relay.abort(ENOUGH));

        assertThat(change.awaitError().settlement()).isNull();
        mayGoOn.countDown();
        read(relay).awaitSuccess();
    }

    @Test
    void whatWasDoneWhenARelayGaveItUp_isSettled() {
        server.otherwise(SINGLE);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel owner = device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        var change = change();
        NbdClientFixture.runOn(relay.loop(), () -> {
            relay.submit(change);
            // the server does one after the other, so the answer waits in the queue behind us now
            read(owner).awaitSuccess();
            relay.abort(ENOUGH);
        });

        Settlement settlement = change.awaitError().settlement();
        assertThat(settlement).isNotNull();
        Awaitility.await().until(settlement::isSettled);
    }

    private static Peer single(Peer peer) throws IOException {
        peer.flags &= ~Nbd.TRANS_CAN_MULTI_CONN;
        return peer.handshake();
    }

    private static NbdClientTestRequest read(BlockChannel channel) {
        return NbdClientTestRequest.read(0, BLOCK).on(channel);
    }

    private static NbdClientTestRequest change() {
        return NbdClientTestRequest.write(0, 0, new byte[BLOCK], 40);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
