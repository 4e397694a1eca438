package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.nbd.ScriptedNbdServer.Peer;
import io.ropewalk.nbd.ScriptedNbdServer.Request;
import io.ropewalk.nbd.ScriptedNbdServer.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections: when there are how many, what happens when one goes, and when the export comes back as another one. */
@Timeout(60)
class NbdDeviceTest {
    private static final int BLOCK = 4096;
    private static final Script GOOD = peer -> peer.handshake().serve();
    private static final Script SINGLE = peer -> single(peer).serve();

    private final NbdClientFixture fixture = new NbdClientFixture(NbdClientFixture.IMPATIENT);
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

    // ---- connecting

    @Test
    void aChannelConnectsWhenItIsNeeded_andKeepsItsConnection() {
        BlockDevice device = fixture.open(server.otherwise(GOOD).uri());
        BlockChannel channel = fixture.channel(device);
        assertThat(server.accepted()).isEqualTo(1);
        read(channel).awaitSuccess();
        read(channel).awaitSuccess();
        assertThat(server.accepted()).isEqualTo(2);
        assertThat(channel.peer()).startsWith("127.0.0.1:");
    }

    @Test
    void prepareConnectsAheadOfUse() {
        BlockChannel channel =
                fixture.channel(fixture.open(server.otherwise(GOOD).uri()));
        NbdClientFixture.runOn(channel.loop(), channel::prepare);
        Awaitility.await().until(() -> server.accepted() == 2);
        read(channel).awaitSuccess();
        assertThat(server.accepted()).isEqualTo(2);
    }

    @Test
    void whileNobodyListens_requestsAreUnreachable_andNotEachOfThemTries() {
        server.otherwise(GOOD);
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        server.otherwise(peer -> {});
        assertThat(read(channel).awaitError().kind()).isEqualTo(Kind.UNREACHABLE);

        for (int i = 0; i < 2000; i++) {
            IoError error = read(channel).awaitError();
            assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
            assertThat(error.message()).contains("without a greeting");
        }
        assertThat(server.accepted()).isLessThan(200);
    }

    @Test
    void prepareDoesNotWaitForTheBackOff() {
        server.otherwise(GOOD);
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        server.otherwise(peer -> {});
        for (int i = 0; i < 8; i++) {
            int before = server.accepted();
            NbdClientFixture.runOn(channel.loop(), channel::prepare);
            Awaitility.await().until(() -> server.accepted() > before);
            assertThat(read(channel).awaitError().kind()).isEqualTo(Kind.UNREACHABLE);
        }
        server.otherwise(GOOD);
        var asked = new NbdClientTestRequest[1];
        NbdClientFixture.runOn(channel.loop(), () -> {
            channel.prepare();
            asked[0] = NbdClientTestRequest.read(0, BLOCK);
            channel.submit(asked[0]);
        });
        asked[0].awaitSuccess();
    }

    @Test
    void requestsWaitForASlowHandshake_andFailWithIt() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        server.then(GOOD, peer -> never.await());
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var first = read(channel);
        var second = read(channel);
        IoError error = first.awaitError();
        assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
        assertThat(error.message()).contains("sent no greeting in time").doesNotEndWith(".");
        assertThat(second.awaitError()).isEqualTo(error);
        never.countDown();
    }

    @Test
    void abortWhileConnecting_answersAtOnce_andTheNextRequestTriesAnew() {
        CountDownLatch never = new CountDownLatch(1);
        server.then(GOOD, peer -> never.await()).otherwise(GOOD);
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var waiting = read(channel);
        Awaitility.await().until(() -> server.accepted() == 2);
        NbdClientFixture.runOn(channel.loop(), () -> channel.abort(IoError.of(Kind.TIMEOUT, "test")));
        assertThat(waiting.awaitError().kind()).isEqualTo(Kind.TIMEOUT);
        read(channel).awaitSuccess();
        never.countDown();
    }

    @Test
    void aRequestAskedAgainFromItsFailure_isNotLost() {
        AtomicInteger connections = new AtomicInteger();
        server.otherwise(peer -> {
            peer.handshake();
            if (connections.getAndIncrement() % 4 == 0) {
                peer.serve();
            } else {
                peer.request();
            }
        });
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        Consumer<Consumer<NbdClientTestRequest>> ask = then -> {
            var request = NbdClientTestRequest.read(0, BLOCK);
            request.whenAnswered(() -> then.accept(request));
            channel.submit(request);
        };
        CountDownLatch done = new CountDownLatch(1);
        channel.loop().execute(() -> retry(channel, ask, done));
        Awaitility.await().until(() -> done.getCount() == 0);
    }

    private static void retry(BlockChannel channel, Consumer<Consumer<NbdClientTestRequest>> ask, CountDownLatch done) {
        ask.accept(request -> {
            if (request.error() == null) {
                done.countDown();
            } else if (request.error().kind() == Kind.UNREACHABLE) {
                channel.loop().schedule(() -> retry(channel, ask, done), 1_000_000);
            } else {
                retry(channel, ask, done);
            }
        });
    }

    // ---- sessions are told of

    @Test
    void aSessionThatEndsWhileNothingIsAsked_isToldOf_beforeTheNextOneAnswers() {
        hearsOfSessions(0, GOOD, peer -> peer.handshake());
    }

    @Test
    void whereOneConnectionIsShared_everyChannelHearsOfItsSessions() {
        hearsOfSessions(1, SINGLE, NbdDeviceTest::single);
    }

    /** @param owner the loop of the channel that has the connection, where there is only one */
    private void hearsOfSessions(int owner, Script good, Script brief) {
        CountDownLatch end = new CountDownLatch(1);
        server.then(good, peer -> {
            brief.run(peer);
            peer.succeed(peer.request());
            end.await();
        });
        server.otherwise(good);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel first = device.open(fixture.loop(owner));
        BlockChannel channel = device.open(fixture.loop(0));
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        NbdClientFixture.runOn(
                channel.loop(),
                () -> channel.listen(new BlockChannel.SessionListener() {
                    @Override
                    public void onSessionBegan() {
                        heard.add("began");
                    }

                    @Override
                    public void onSessionEnded() {
                        heard.add("ended");
                    }
                }));
        readAndNote(channel, heard);
        end.countDown();
        Awaitility.await().until(() -> heard.contains("ended"));
        readAndNote(channel, heard);
        assertThat(heard).containsExactly("began", "answered", "ended", "began", "answered");
        NbdClientFixture.runOn(first.loop(), () -> first.abort(IoError.of(Kind.TIMEOUT, "test")));
        NbdClientFixture.runOn(channel.loop(), () -> channel.abort(IoError.of(Kind.TIMEOUT, "test")));
        Awaitility.await().until(() -> heard.size() == 6 && heard.getLast().equals("ended"));
    }

    private static void readAndNote(BlockChannel channel, List<String> heard) {
        var request = NbdClientTestRequest.read(0, BLOCK);
        request.whenAnswered(() ->
                heard.add(request.error() == null ? "answered" : request.error().toString()));
        channel.loop().execute(() -> channel.submit(request));
        request.awaitSuccess();
    }

    // ---- shutting down

    @Test
    void aServerThatShutsDown_answersWhatItHas_andIsAskedNothingMore() {
        CountDownLatch sent = new CountDownLatch(1);
        server.then(GOOD, peer -> {
            peer.handshake();
            Request first = peer.request();
            Request second = peer.request();
            peer.simple(first, Nbd.ESHUTDOWN);
            sent.await();
            peer.succeed(second);
            assertThat(peer.request().type()).isEqualTo(Nbd.CMD_DISC);
        });
        server.otherwise(GOOD);
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var first = NbdClientTestRequest.read(0, BLOCK);
        var second = NbdClientTestRequest.read(BLOCK, BLOCK);
        channel.loop().execute(() -> {
            channel.submit(first);
            channel.submit(second);
        });
        assertThat(first.awaitError().kind()).isEqualTo(Kind.GONE);
        assertThat(read(channel).awaitError().kind()).isEqualTo(Kind.GONE);
        sent.countDown();
        second.awaitSuccess();
        Awaitility.await().until(() -> read(channel).await().error() == null);
    }

    @Test
    void whoHearsThatTheServerGoes_mayGiveItsSessionUp_andWhatAsksAnewThenIsSent() {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        Queue<Integer> seenLater = new ConcurrentLinkedQueue<>();
        server.then(peer -> oneConnection(peer).serve(), peer -> {
            oneConnection(peer);
            Request first = peer.request();
            asked.countDown();
            answer.await();
            peer.simple(first, Nbd.ESHUTDOWN);
            peer.ignore();
        });
        server.otherwise(peer -> {
            oneConnection(peer);
            for (Request request = peer.request(); request.type() != Nbd.CMD_DISC; request = peer.request()) {
                seenLater.add(request.type());
                peer.succeed(request);
            }
        });
        BlockDevice device = fixture.open(server.uri());
        NbdDeviceChannel channel = (NbdDeviceChannel) fixture.channel(device);
        var change = NbdClientTestRequest.write(0, 0, new byte[BLOCK], 40);
        var old = NbdClientTestRequest.read(0, BLOCK)
                .whenAnswered(() -> channel.submit(change))
                .on(channel);
        Awaitility.await().until(() -> asked.getCount() == 0);
        CompletableFuture<Void> renewal = CompletableFuture.runAsync(device::refreshGeometry);
        Awaitility.await().until(() -> isRenewing(channel));
        var waiting = NbdClientTestRequest.read(BLOCK, BLOCK)
                .whenAnswered(() -> channel.abort(IoError.of(Kind.GONE, "given up")))
                .on(channel);
        NbdClientFixture.runOn(channel.loop(), () -> {});

        answer.countDown();

        assertThat(waiting.awaitError().kind()).isEqualTo(Kind.GONE);
        assertThat(old.awaitError().kind()).isEqualTo(Kind.GONE);
        change.awaitSuccess();
        assertThat(seenLater).contains((int) Nbd.CMD_WRITE);
        renewal.join();
    }

    private static Peer oneConnection(Peer peer) throws IOException {
        peer.flags &= ~Nbd.TRANS_CAN_MULTI_CONN;
        return peer.handshake();
    }

    private static boolean isRenewing(NbdDeviceChannel channel) {
        AtomicBoolean renewing = new AtomicBoolean();
        NbdClientFixture.runOn(channel.loop(), () -> renewing.set(channel.isRenewing()));
        return renewing.get();
    }

    @Test
    void aServerThatShutsDownForEver_isLeft() {
        server.then(GOOD, peer -> {
            peer.handshake();
            Request first = peer.request();
            peer.request();
            peer.simple(first, Nbd.ESHUTDOWN);
            peer.ignore();
        });
        server.otherwise(GOOD);
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var first = read(channel);
        var second = read(channel);
        assertThat(first.awaitError().kind()).isEqualTo(Kind.GONE);
        assertThat(second.awaitError().kind()).isEqualTo(Kind.GONE);
        Awaitility.await().until(() -> read(channel).await().error() == null);
    }

    // ---- identity

    @Test
    void anExportThatCameBackAsAnotherOne_isNotTakenForTheSame() {
        assertOther(peer -> peer.size = 2 << 20, "its size is 2097152 bytes, it was 1048576");
        assertOther(peer -> peer.blockSizes[0] = 512, "its minimum block size is 512, it was 1");
        assertOther(peer -> peer.blockSizes[2] = 1 << 20, "its maximum payload is 1048576 bytes, it was 33554432");
        assertOther(peer -> peer.flags |= Nbd.TRANS_READ_ONLY, "it can no longer do [WRITE]");
        assertOther(peer -> peer.flags &= ~Nbd.TRANS_SEND_FLUSH, "it can no longer do [FLUSH]");
        assertOther(peer -> peer.flags &= ~Nbd.TRANS_CAN_MULTI_CONN, "no longer allows several connections");
    }

    private void assertOther(Consumer<Peer> change, String why) {
        server.then(GOOD, peer -> {
            change.accept(peer);
            peer.handshake().serve();
        });
        server.otherwise(GOOD);
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        IoError error = read(channel).awaitError();
        assertThat(error.kind()).isEqualTo(Kind.IDENTITY);
        assertThat(error.message()).contains(why);
        Awaitility.await().until(() -> read(channel).await().error() == null);
    }

    @Test
    void moreThanBefore_isNoReasonToWorry() {
        server.then(peer -> {
            peer.flags = 1 | Nbd.TRANS_CAN_MULTI_CONN | Nbd.TRANS_ROTATIONAL;
            peer.size = 10_000;
            peer.blockSizes = new int[] {512, 4096, 1 << 20};
            peer.handshake().serve();
        });
        server.otherwise(peer -> {
            peer.size = 10_000;
            peer.extended().handshake().serve();
        });
        BlockDevice device = fixture.open(server.uri());
        var asked = NbdClientTestRequest.of(IoOp.FLUSH, 0, 0, 0);
        read(fixture.channel(device)).awaitSuccess();
        assertThat(asked.on(fixture.channel(device)).awaitError().kind()).isEqualTo(Kind.NOT_SUPPORTED);
    }

    // ---- size

    @Test
    void anotherSizeIsTakenOver_whenItIsAskedFor() {
        for (boolean multi : new boolean[] {true, false}) {
            AtomicLong size = new AtomicLong(1 << 20);
            server.otherwise(peer -> {
                peer.size = size.get();
                (multi ? peer.handshake() : single(peer)).serve();
            });
            BlockDevice device = fixture.open(server.uri());
            BlockChannel channel = fixture.channel(device);
            read(channel).awaitSuccess();
            List<Geometry> told = new ArrayList<>();
            device.addListener(new DeviceListener() {
                @Override
                public void onGeometryChanged(BlockDevice changed, Geometry before, Geometry now) {
                    told.addAll(List.of(before, now));
                }
            });
            device.refreshGeometry();
            assertThat(told).isEmpty();

            size.set(3 << 20);
            device.refreshGeometry();

            assertThat(told).extracting(Geometry::sizeBytes).containsExactly(1L << 20, 3L << 20);
            assertThat(device.geometry().sizeBytes()).isEqualTo(3 << 20);
            NbdClientTestRequest.read(2 << 20, BLOCK).on(channel).awaitSuccess();
            size.set(1 << 20);
            device.refreshGeometry();
            assertThat(device.geometry().sizeBytes()).isEqualTo(1 << 20);
            read(channel).awaitSuccess();
        }
    }

    @Test
    void requestsInFlight_areAnsweredBeforeTheConnectionIsRenewed() {
        AtomicLong size = new AtomicLong(1 << 20);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        server.then(GOOD, peer -> {
            peer.handshake();
            Request request = peer.request();
            asked.countDown();
            answer.await();
            peer.succeed(request);
            peer.serve();
        });
        server.otherwise(peer -> {
            peer.size = size.get();
            peer.handshake().serve();
        });
        BlockDevice device = fixture.open(server.uri());
        BlockChannel channel = fixture.channel(device);
        var old = read(channel);
        Awaitility.await().until(() -> asked.getCount() == 0);
        size.set(2 << 20);
        device.refreshGeometry();
        var waiting = NbdClientTestRequest.read(1 << 20, BLOCK).on(channel);
        NbdClientFixture.runOn(channel.loop(), () -> {});
        assertThat(old.isAnswered()).isFalse();
        assertThat(waiting.isAnswered()).isFalse();
        answer.countDown();
        old.awaitSuccess();
        waiting.awaitSuccess();
    }

    @Test
    void aServerThatCannotBeAsked_changesNothing() throws IOException {
        BlockDevice device = fixture.open(server.otherwise(GOOD).uri());
        server.close();
        device.refreshGeometry();
        assertThat(device.geometry().sizeBytes()).isEqualTo(1 << 20);
    }

    // ---- several channels

    @Test
    void whereTheServerAllows_eachChannelHasAConnection() {
        BlockDevice device = fixture.open(server.otherwise(GOOD).uri());
        for (int i = 0; i < 4; i++) {
            read(device.open(fixture.loop(i % 2))).awaitSuccess();
        }
        assertThat(server.accepted()).isEqualTo(5);
    }

    @Test
    void whereItDoesNot_allChannelsShareOne() {
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        server.otherwise(peer -> {
            most.accumulateAndGet(open.incrementAndGet(), Math::max);
            try {
                single(peer).serve();
            } finally {
                open.decrementAndGet();
            }
        });
        BlockDevice device = fixture.open(server.uri());
        List<BlockChannel> channels = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            channels.add(device.open(fixture.loop(i % 2)));
        }
        for (int round = 0; round < 100; round++) {
            List<NbdClientTestRequest> asked = new ArrayList<>();
            for (BlockChannel channel : channels) {
                asked.add(read(channel));
                asked.add(NbdClientTestRequest.write(BLOCK, 0, new byte[BLOCK], 40)
                        .on(channel));
            }
            asked.forEach(NbdClientTestRequest::awaitSuccess);
        }
        assertThat(server.accepted()).isEqualTo(2);
        assertThat(most).hasValue(1);

        // three of four go: the connection stays; all go: it ends, and a new channel gets a new one
        channels.subList(0, 3).forEach(channel -> NbdClientFixture.runOn(channel.loop(), channel::close));
        read(channels.get(3)).awaitSuccess();
        assertThat(read(channels.get(0)).awaitError().kind()).isEqualTo(Kind.SHUTTING_DOWN);
        assertThat(server.accepted()).isEqualTo(2);
        NbdClientFixture.runOn(channels.get(3).loop(), channels.get(3)::close);
        Awaitility.await().until(() -> open.get() == 0);
        read(device.open(fixture.loop(1))).awaitSuccess();
        assertThat(server.accepted()).isEqualTo(3);
    }

    @Test
    void abortingOneOfThem_endsTheSessionForAll() {
        server.then(SINGLE, peer -> single(peer).ignore()).otherwise(SINGLE);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel owner = device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        var first = read(owner);
        var second = read(relay);
        var third = NbdClientTestRequest.write(0, 0, new byte[BLOCK], 40).on(relay);
        Awaitility.await().until(() -> server.accepted() == 2);
        NbdClientFixture.runOn(relay.loop(), () -> {
            relay.abort(IoError.of(Kind.TIMEOUT, "test"));
            assertThat(second.isAnswered()).isTrue();
            assertThat(third.isAnswered()).isTrue();
        });
        for (var asked : List.of(first, second, third)) {
            assertThat(asked.awaitError().kind()).isEqualTo(Kind.TIMEOUT);
        }
        read(relay).awaitSuccess();
        read(owner).awaitSuccess();
    }

    @Test
    void aLateAnswerToARelayThatGaveUp_isDropped() {
        CountDownLatch asked = new CountDownLatch(1);
        server.then(SINGLE, peer -> {
            single(peer);
            Request request = peer.request();
            asked.countDown();
            peer.succeed(request);
            peer.serve();
        });
        server.otherwise(SINGLE);
        BlockDevice device = fixture.open(server.uri());
        BlockChannel owner = device.open(fixture.loop(0));
        BlockChannel relay = device.open(fixture.loop(1));
        read(relay);
        NbdClientFixture.runOn(relay.loop(), () -> {
            // the answer arrives while this loop is busy, and waits in its queue behind us
            Awaitility.await().until(() -> asked.getCount() == 0);
            relay.close();
        });
        Awaitility.await().until(() -> read(owner).await().error() == null);
    }

    @Test
    void closingAChannelWithRequestsInFlight_answersThem() {
        server.then(GOOD, peer -> peer.handshake().ignore());
        BlockChannel channel = fixture.channel(fixture.open(server.uri()));
        var asked = read(channel);
        Awaitility.await().until(() -> server.accepted() == 2);
        NbdClientFixture.runOn(channel.loop(), channel::close);
        assertThat(asked.awaitError().kind()).isEqualTo(Kind.DISCONNECTED);
    }

    private static Peer single(Peer peer) throws IOException {
        peer.flags &= ~Nbd.TRANS_CAN_MULTI_CONN;
        return peer.handshake();
    }

    private static NbdClientTestRequest read(BlockChannel channel) {
        return NbdClientTestRequest.read(0, BLOCK).on(channel);
    }
}
