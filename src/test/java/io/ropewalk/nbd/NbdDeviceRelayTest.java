package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockChannel.SessionListener;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.nbd.ScriptedNbdServer.Peer;
import io.ropewalk.nbd.ScriptedNbdServer.Request;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A connection that is shared, when it is lost or renewed while requests are on their way to it. */
@Timeout(60)
class NbdDeviceRelayTest {
    private static final int BLOCK = 4096;

    private final CountDownLatch mayClose = new CountDownLatch(1);
    private final Queue<Integer> seenLater = new ConcurrentLinkedQueue<>();
    private final Heard heard = new Heard();
    private final NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.PATIENT);
    private ScriptedNbdServer server;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedNbdServer();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        fixture.close();
        assertThat(server.failures()).isEmpty();
    }

    @Test
    void whatWasAskedOfALostSession_doesNotGoIntoTheNext() {
        server.then(peer -> single(peer).serve(), peer -> {
            single(peer).succeed(peer.request());
            mayClose.await();
        });
        server.otherwise(this::serveAndNote);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel owner = device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        read(relay).awaitSuccess();
        NbdClientFixture.runOn(relay.loop(), () -> {});

        var change = NbdClientTestRequest.write(0, 0, new byte[BLOCK], 40);
        NbdClientFixture.runOn(relay.loop(), () -> {
            mayClose.countDown();
            // there it is known that the session was lost, and there is another; here it is not heard of yet
            awaitNext(owner);
            relay.submit(change);
        });

        assertThat(change.awaitError().kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(change.awaitError().settlement()).isNull();
        read(relay).awaitSuccess();
        assertThat(seenLater).isNotEmpty().doesNotContain(Nbd.CMD_WRITE);
    }

    @Test
    void aRelayThatWasClosed_hearsOfNoMoreSessions() {
        server.then(peer -> single(peer).serve(), peer -> {
            single(peer).succeed(peer.request());
            mayClose.await();
        });
        server.otherwise(this::serveAndNote);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel owner = device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        NbdClientFixture.runOn(relay.loop(), () -> relay.listen(heard));
        read(relay).awaitSuccess();
        NbdClientFixture.runOn(relay.loop(), () -> {});
        assertThat(heard.began).hasValue(1);

        NbdClientFixture.runOn(relay.loop(), () -> {
            mayClose.countDown();
            // the next session is known there, and its news is on its way to here
            awaitNext(owner);
            relay.close();
        });
        NbdClientFixture.runOn(relay.loop(), () -> {});

        assertThat(heard.began).hasValue(1);
    }

    @Test
    void whoJoinsBetweenTwoSessions_hearsOfTheNextOneWhenItBegins() {
        CountDownLatch said = new CountDownLatch(1);
        server.then(peer -> single(peer).serve(), peer -> {
            single(peer);
            for (Request request = peer.request(); request.type() != Nbd.CMD_DISC; request = peer.request()) {
                peer.succeed(request);
            }
            said.countDown();
            mayClose.await();
        });
        server.otherwise(peer -> single(peer).serve());
        BlockDevice device = fixture.open(server.uri());
        read(device.open(fixture.loop(0))).awaitSuccess();
        CompletableFuture<Void> renewal = CompletableFuture.runAsync(device::refreshGeometry);
        Awaitility.await().until(() -> said.getCount() == 0);
        int before = server.accepted();

        BlockChannel relay = device.open(fixture.loop(1));
        NbdClientFixture.runOn(relay.loop(), () -> relay.listen(heard));
        NbdClientFixture.runOn(fixture.loop(0), () -> {});
        NbdClientFixture.runOn(relay.loop(), () -> {});
        int began = heard.began.get();
        // a peer that does not close is left after a second: then there is a session to hear of
        assertThat(began == 0 || server.accepted() > before).isTrue();

        mayClose.countDown();
        read(relay).awaitSuccess();
        renewal.join();
        assertThat(heard.began).hasValue(1);
    }

    private static final class Heard implements SessionListener {
        private final AtomicInteger began = new AtomicInteger();

        @Override
        public void onSessionBegan() {
            began.incrementAndGet();
        }

        @Override
        public void onSessionEnded() {}
    }

    @Test
    void aSessionThatIsRenewed_costsNoRequest() throws Exception {
        server.otherwise(this::serveAndNote);
        BlockDevice device = fixture.open(server.uri());
        device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        read(relay).awaitSuccess();
        CompletableFuture<Void> renewals = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 20; i++) {
                device.refreshGeometry();
            }
        });
        List<NbdClientTestRequest> window = new ArrayList<>();
        while (!renewals.isDone()) {
            for (int i = 0; i < 8; i++) {
                window.add(read(relay));
            }
            window.forEach(NbdClientTestRequest::awaitSuccess);
            window.clear();
        }
        renewals.get(20, TimeUnit.SECONDS);
        assertThat(server.accepted()).isGreaterThan(20);
    }

    @Test
    void aRenewalThatIsGivenUp_keepsNobodyWaiting() throws Exception {
        CountDownLatch silent = new CountDownLatch(1);
        server.then(peer -> single(peer).serve(), peer -> single(peer).serve(), peer -> {
            silent.countDown();
            peer.ignore();
        });
        BlockDevice device = fixture.open(server.uri());
        BlockChannel channel = device.open(fixture.loop(0));
        read(channel).awaitSuccess();
        CompletableFuture<Void> renewal = CompletableFuture.runAsync(device::refreshGeometry);
        assertThat(silent.await(20, TimeUnit.SECONDS)).isTrue();

        NbdClientFixture.runOn(channel.loop(), () -> channel.abort(IoError.of(Kind.TIMEOUT, "enough")));

        // else it takes as long as all time-outs together, 45 s
        renewal.get(20, TimeUnit.SECONDS);
    }

    private void serveAndNote(Peer peer) throws IOException {
        single(peer);
        for (Request request = peer.request(); request.type() != Nbd.CMD_DISC; request = peer.request()) {
            seenLater.add(request.type());
            peer.succeed(request);
        }
    }

    /** Until a second session answers. */
    private void awaitNext(BlockChannel owner) {
        while (seenLater.isEmpty()) {
            read(owner).await();
        }
    }

    private static Peer single(Peer peer) throws IOException {
        peer.flags &= ~Nbd.TRANS_CAN_MULTI_CONN;
        return peer.handshake();
    }

    private static NbdClientTestRequest read(BlockChannel channel) {
        return NbdClientTestRequest.read(0, BLOCK).on(channel);
    }
}
