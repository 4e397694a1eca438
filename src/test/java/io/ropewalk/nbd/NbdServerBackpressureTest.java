package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ropewalk.block.Geometry;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bounds: a client that asks for too much at once waits, and nobody fails for it. */
@SuppressWarnings("NullAway.Init") // each test starts its own server
class NbdServerBackpressureTest {
    private static final int MIB = 1 << 20;
    private static final long TOTAL = 64L * MIB;
    private static final Duration QUITE_SOME_TIME = Duration.ofHours(1);

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(64 * MIB, 512)).withHeadroom(40);
    private final MemoryDevice other = new MemoryDevice("other", Geometry.of(64 * MIB, 512));
    private NbdServerFixture fixture;

    private void serve(int maxRequests, long maxBytes, Duration stallTimeout) throws IOException {
        serve(Transport.best(), maxRequests, maxBytes, stallTimeout);
    }

    private void serve(Transport transport, int maxRequests, long maxBytes, Duration stallTimeout) throws IOException {
        fixture = NbdServerFixture.serving(
                transport,
                null,
                o -> o.withBounds(maxRequests, maxBytes, TOTAL).withTimeouts(Duration.ofSeconds(20), stallTimeout),
                disk,
                other);
    }

    @AfterEach
    void stop() {
        disk.letGo();
        fixture.close();
    }

    /** Lets pass what could still be on its way: another session's requests are served meanwhile. */
    private void meanwhile() throws IOException {
        try (RawNbdClient client = RawNbdClient.open(fixture.address(), "other", NbdReplyFormat.SIMPLE)) {
            for (int i = 0; i < 50; i++) {
                client.request(Nbd.CMD_READ, 0, i, 0, 512);
                assertThat(client.reply(512).errno()).isZero();
            }
        }
    }

    private static void expectReplies(RawNbdClient client, int count, int dataLength) throws IOException {
        Set<Long> cookies = new HashSet<>();
        for (int i = 0; i < count; i++) {
            RawNbdClient.Reply reply = client.reply(dataLength);
            assertThat(reply.errno()).as(reply.text()).isZero();
            assertThat(reply.payload()).hasSize(dataLength);
            cookies.add(reply.cookie());
        }
        assertThat(cookies).hasSize(count);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void requestsBeyondTheBound_waitAndAreServedLater(Transport transport) throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(transport.isAvailable());
        serve(transport, 4, TOTAL, QUITE_SOME_TIME);
        disk.holdBack();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.STRUCTURED)) {
            for (int i = 0; i < 100; i++) {
                client.request(Nbd.CMD_READ, 0, i, 512L * i, 512);
            }
            fixture.awaitHeldBack(disk, 4);
            meanwhile();
            assertThat(disk.journal()).hasSize(4);
            // Only below half of the bound is it read from again.
            disk.letGo(1);
            expectReplies(client, 1, 512);
            meanwhile();
            assertThat(disk.journal()).hasSize(4);
            disk.letGo(1);
            expectReplies(client, 1, 512);
            fixture.awaitHeldBack(disk, 4);
            disk.letGo();
            expectReplies(client, 98, 512);
        }
    }

    @Test
    void oneRequestAtATime_isEnoughToGetOn() throws IOException {
        serve(1, 1, QUITE_SOME_TIME);
        try (RawNbdClient client = fixture.open(NbdReplyFormat.EXTENDED)) {
            for (int i = 0; i < 20; i++) {
                client.write(0, 2L * i, 0, new byte[3 * MIB]);
                client.request(Nbd.CMD_READ, 0, 2L * i + 1, 0, 512);
            }
            for (int i = 0; i < 40; i++) {
                assertThat(client.reply(512).errno()).isZero();
            }
        }
    }

    @Test
    void readsBeyondTheBytesOfASession_wait() throws IOException {
        serve(1024, 4 * MIB, QUITE_SOME_TIME);
        disk.holdBack();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            for (int i = 0; i < 20; i++) {
                client.request(Nbd.CMD_READ, 0, i, 0, MIB);
            }
            fixture.awaitHeldBack(disk, 4);
            meanwhile();
            assertThat(disk.heldBack()).isEqualTo(4);
            disk.letGo();
            expectReplies(client, 20, MIB);
        }
    }

    @Test
    void writesBeyondTheBytesOfASession_wait() throws Exception {
        serve(1024, 4 * MIB, QUITE_SOME_TIME);
        disk.holdBack();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 30; i++) {
                        client.write(0, i, 0, new byte[MIB]);
                    }
                } catch (IOException broken) {
                    throw new AssertionError(broken);
                }
            });
            // The receive buffers of 1 MiB writes are a little longer: four of them are beyond the bound.
            await().atMost(NbdServerFixture.PATIENCE).until(() -> disk.heldBack() >= 3);
            meanwhile();
            assertThat(disk.heldBack()).isBetween(3, 4);
            assertThat(fixture.server.memoryBytes()).isLessThan(6 * MIB);
            disk.letGo();
            for (int i = 0; i < 30; i++) {
                assertThat(client.reply().errno()).isZero();
            }
            writer.join();
        }
    }

    @Test
    void smallWrites_countWithTheBuffersTheyPin() throws IOException {
        serve(1024, MIB, QUITE_SOME_TIME);
        disk.holdBack();
        try (RawNbdClient client = fixture.open(NbdReplyFormat.SIMPLE)) {
            for (int i = 0; i < 600; i++) {
                client.write(0, i, 0, new byte[4096]);
            }
            await().atMost(NbdServerFixture.PATIENCE).until(() -> disk.heldBack() >= 100);
            meanwhile();
            assertThat(disk.heldBack()).isLessThan(600);
            assertThat(fixture.server.memoryBytes()).isBetween((long) MIB, 2L * MIB);
            disk.letGo();
            for (int i = 0; i < 600; i++) {
                assertThat(client.reply().errno()).isZero();
            }
        }
    }

    @Test
    void theTotalOfAllSessions_isSharedFirstComeFirstServed() throws IOException {
        serve(1024, TOTAL, QUITE_SOME_TIME);
        disk.holdBack();
        int length = 32 * MIB;
        try (RawNbdClient first = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient second = fixture.open(NbdReplyFormat.SIMPLE)) {
            first.request(Nbd.CMD_READ, 0, 1, 0, length).request(Nbd.CMD_READ, 0, 2, 0, length);
            fixture.awaitHeldBack(disk, 2);
            assertThat(fixture.server.memoryBytes()).isEqualTo(TOTAL);
            second.request(Nbd.CMD_READ, 0, 3, 0, length);
            await().atMost(NbdServerFixture.PATIENCE).until(fixture.server.budget()::isContended);
            assertThat(disk.heldBack()).isEqualTo(2);
            disk.letGo(2);
            expectReplies(first, 2, length);
            fixture.awaitHeldBack(disk, 1);
            disk.letGo();
            expectReplies(second, 1, length);
        }
        fixture.awaitNoSessions();
        assertThat(fixture.server.memoryBytes()).isZero();
    }

    @Test
    void clientThatTakesNoAnswers_isNotServedForeverAndDisturbsNobody() throws IOException {
        serve(1024, 32L * MIB, QUITE_SOME_TIME);
        try (RawNbdClient lazy = fixture.open(NbdReplyFormat.SIMPLE)) {
            int count = 500;
            for (int i = 0; i < count; i++) {
                lazy.request(Nbd.CMD_READ, 0, i, 0, MIB);
            }
            await().atMost(NbdServerFixture.PATIENCE)
                    .until(() -> fixture.server.sessions().getFirst().requests() > 4);
            meanwhile();
            assertThat(fixture.server.sessions().getFirst().requests()).isLessThan(count);
            assertThat(fixture.server.memoryBytes()).isLessThan(34L * MIB);
            expectReplies(lazy, count, MIB);
            await().atMost(NbdServerFixture.PATIENCE).until(() -> fixture.server.memoryBytes() == 0);
        }
    }

    @Test
    void illegalRequestsOfAClientThatTakesNoAnswers_doNotPileUp() throws Exception {
        serve(1024, TOTAL, QUITE_SOME_TIME);
        try (RawNbdClient lazy = fixture.open(NbdReplyFormat.EXTENDED)) {
            // More than the socket's buffers and the water mark hold.
            int count = 300_000;
            byte[] payload = new byte[1];
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        lazy.header(Nbd.CMD_TRIM, Nbd.CMD_FLAG_PAYLOAD_LEN, i, 0, 1)
                                .append(payload);
                    }
                    lazy.send(new byte[0]);
                } catch (IOException broken) {
                    throw new AssertionError(broken);
                }
            });
            awaitStandstill();
            assertThat(fixture.server.sessions().getFirst().requests()).isLessThan(count);
            int invalid = 0;
            for (int i = 0; i < count; i++) {
                invalid += lazy.reply().errno() == Nbd.EINVAL ? 1 : 0;
            }
            assertThat(invalid).isEqualTo(count);
            sender.join();
        }
    }

    private void awaitStandstill() {
        await().atMost(NbdServerFixture.PATIENCE)
                .pollInterval(Duration.ofMillis(300))
                .until(new java.util.concurrent.Callable<>() {
                    private long before;

                    @Override
                    public Boolean call() {
                        long now = fixture.server.sessions().getFirst().requests();
                        boolean still = now > 0 && now == before;
                        before = now;
                        return still;
                    }
                });
    }

    @Test
    void clientThatStallsWhileOthersWaitForMemory_isClosed() throws IOException {
        serve(1024, TOTAL, Duration.ofMillis(200));
        int length = 32 * MIB;
        try (RawNbdClient takesNothing = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient stopsWithin = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient waits = fixture.open(NbdReplyFormat.SIMPLE)) {
            takesNothing.request(Nbd.CMD_READ, 0, 1, 0, length);
            stopsWithin.header(Nbd.CMD_WRITE, 0, 2, 0, length).send(new byte[1000]);
            await().atMost(NbdServerFixture.PATIENCE).until(() -> fixture.server.memoryBytes() > 33L * MIB);
            waits.request(Nbd.CMD_READ, 0, 3, 0, length).request(Nbd.CMD_READ, 0, 4, 0, length);
            expectReplies(waits, 2, length);
            await().atMost(NbdServerFixture.PATIENCE)
                    .until(() ->
                            fixture.heard.contains("closed disk: the client has stalled while others wait for memory"));
        }
    }

    @Test
    void clientsThatDripWhileOthersWaitForMemory_areClosed() throws Exception {
        serve(1024, TOTAL, Duration.ofMillis(200));
        int length = 32 * MIB;
        try (RawNbdClient first = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient second = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient waits = fixture.open(NbdReplyFormat.SIMPLE)) {
            first.header(Nbd.CMD_WRITE, 0, 1, 0, length).send(new byte[1]);
            second.header(Nbd.CMD_WRITE, 0, 2, 0, length).send(new byte[1]);
            await().atMost(NbdServerFixture.PATIENCE).until(() -> fixture.server.memoryBytes() >= 2L * length);
            waits.request(Nbd.CMD_READ, 0, 3, 0, length);
            Thread dripping = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        first.send(new byte[1]);
                        second.send(new byte[1]);
                        Thread.sleep(50);
                    }
                } catch (IOException | InterruptedException closed) {
                    // As it should be.
                }
            });
            expectReplies(waits, 1, length);
            dripping.interrupt();
            dripping.join();
        }
    }

    @Test
    void clientThatOnlyWaitsForTheDevice_isNeverClosed() throws IOException {
        serve(1024, TOTAL, Duration.ofSeconds(2));
        disk.holdBack();
        int length = 32 * MIB;
        try (RawNbdClient first = fixture.open(NbdReplyFormat.SIMPLE);
                RawNbdClient second = fixture.open(NbdReplyFormat.SIMPLE)) {
            first.request(Nbd.CMD_READ, 0, 1, 0, length).request(Nbd.CMD_READ, 0, 2, 0, length);
            fixture.awaitHeldBack(disk, 2);
            second.request(Nbd.CMD_READ, 0, 3, 0, length);
            assertThat(second.hasInput(4000)).isFalse();
            disk.letGo();
            expectReplies(first, 2, length);
            expectReplies(second, 1, length);
        }
    }

    @Test
    void sessionThatEndsWhileItWaits_leavesNothingBehind() throws IOException {
        serve(1024, TOTAL, QUITE_SOME_TIME);
        disk.holdBack();
        int length = 32 * MIB;
        try (RawNbdClient first = fixture.open(NbdReplyFormat.SIMPLE)) {
            first.request(Nbd.CMD_READ, 0, 1, 0, length).request(Nbd.CMD_READ, 0, 2, 0, length);
            fixture.awaitHeldBack(disk, 2);
            try (RawNbdClient second = fixture.open(NbdReplyFormat.SIMPLE)) {
                second.request(Nbd.CMD_READ, 0, 3, 0, length);
                await().atMost(NbdServerFixture.PATIENCE).until(fixture.server.budget()::isContended);
                fixture.server.disconnect(fixture.server.sessions().getLast().id());
                second.awaitClosed();
            }
            disk.letGo();
            expectReplies(first, 2, length);
        }
        await().atMost(NbdServerFixture.PATIENCE).until(() -> fixture.server.memoryBytes() == 0);
        assertThat(fixture.server.budget().isContended()).isFalse();
    }
}
