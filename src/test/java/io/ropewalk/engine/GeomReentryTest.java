package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.engine.Policies.NoPath;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the simulator found: answers that come at once, clients that ask from within an answer, clients that leave. */
class GeomReentryTest {

    /** A client that reads again as soon as it has an answer, for so many times. */
    private static final class Insistent extends IoRequest {
        private final BlockChannel channel;
        private int again;
        final List<String> answers = new ArrayList<>();

        Insistent(BlockChannel channel, int again) {
            this.channel = channel;
            this.again = again;
        }

        void read() {
            ask(IoOp.READ, 0, 512, 0);
            channel.submit(this);
        }

        @Override
        protected void onAnswer() {
            IoError error = error();
            answers.add(error == null ? "done" : error.kind().name());
            if (error == null) {
                takeData().release();
            }
            if (again > 0) {
                again--;
                read();
            }
        }
    }

    @Test
    @DisplayName("What a client asks while its channel is aborted is not aborted")
    void aClientMayAskAgainFromWithinAnAbort() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        Insistent client = new Insistent(m.channel, 1);
        client.read();
        Ask other = Ask.read(m.channel, 0, 512);
        m.loop.run();
        m.channel.abort(IoError.of(Kind.TIMEOUT, "the client's own"));
        assertThat(client.answers).containsExactly("TIMEOUT");
        assertThat(other.kind()).isEqualTo(Kind.TIMEOUT);
        m.md(0).letGo();
        m.loop.run();
        assertThat(client.answers).containsExactly("TIMEOUT", "done");
    }

    @Test
    @DisplayName("A client may go away while its FLUSH is being sent to several paths")
    void aClientMayLeaveInTheMiddleOfItsFlush() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 3);
        for (int i = 0; i < 3; i++) {
            Ask.write(m.channel, i * 512, new byte[512]);
        }
        m.loop.run();
        m.devices.forEach(device -> device.answeringAtOnce().failingWhere(request -> {
            m.channel.close();
            return null;
        }));
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(m.devices.stream()
                        .flatMap(device -> device.received.stream())
                        .filter(IoOp.FLUSH::equals))
                .hasSize(1);
        CompletableFuture<Void> stopped = m.geom.stop();
        m.loop.run();
        assertThat(stopped).isDone();
    }

    @Test
    @DisplayName("The payload of a client that has gone is kept while a path still reads it, and no longer")
    void aGivenUpPayloadIsKept() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        ByteBuf payload = Unpooled.buffer(512).writeZero(512).setByte(0, 7);
        IoRequest write = new IoRequest() {
            {
                askWrite(0, 0, payload, 0);
            }

            @Override
            protected void onAnswer() {
                payload.release();
            }
        };
        m.channel.submit(write);
        m.channel.close();
        assertThat(payload.refCnt()).isOne();
        m.md(0).letGo();
        m.loop.run();
        assertThat(m.disk.bytes[0]).isEqualTo((byte) 7);
        assertThat(payload.refCnt()).isZero();
    }

    @Test
    @DisplayName("Requests that wait for a path may all be answered from within the first one's answer")
    void aQueueMayEmptyItself() throws Exception {
        Policies queueing = Policies.DEFAULT.withNoPath(new NoPath(Duration.ofSeconds(60), 10, 1 << 20));
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, queueing, 1);
        m.geom.remove("md0");
        m.loop.run();
        Insistent first = new Insistent(m.channel, 3);
        first.read();
        Ask second = Ask.read(m.channel, 0, 512);
        Ask third = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(m.geom.stats().queuedRequests()).isEqualTo(3);
        m.geom.add(m.newDevice().answeringAtOnce());
        m.loop.runFor(1_000_000_000L);
        assertThat(first.answers).containsExactly("done", "done", "done", "done");
        assertThat(second.succeeded()).isTrue();
        assertThat(third.succeeded()).isTrue();
        assertThat(m.geom.stats().queuedRequests()).isZero();
    }

    @Test
    @DisplayName("A client may go away when it hears of a stop, even while another request of its is being retried")
    void aClientMayGoAwayDuringAStop() {
        Policies queueing = Policies.DEFAULT.withNoPath(new NoPath(Duration.ofSeconds(60), 10, 1 << 20));
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, queueing, 1);
        m.md(0).failing(Kind.DISCONNECTED);
        IoRequest waiting = new IoRequest() {
            {
                ask(IoOp.READ, 0, 512, 0);
            }

            @Override
            protected void onAnswer() {
                m.channel.close();
            }
        };
        m.channel.submit(waiting);
        m.loop.run();
        assertThat(m.geom.stats().queuedRequests()).isOne();
        m.md(0).holding();
        Ask retried = Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> stopped = m.geom.stop();
        m.md(0).letGo();
        m.loop.run();
        assertThat(waiting.error().kind()).isEqualTo(Kind.SHUTTING_DOWN);
        assertThat(retried.kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(stopped).isDone();
    }

    /** A request that does something when it is answered. */
    private static IoRequest readThen(Runnable whenAnswered) {
        return new IoRequest() {
            {
                ask(IoOp.READ, 0, 512, 0);
            }

            @Override
            protected void onAnswer() {
                whenAnswered.run();
            }
        };
    }

    @Test
    @DisplayName("noPath.queueFor may be raised while requests whose time is up are answered: the others wait on")
    @Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
    void theQueueMayBeMadeLongerWhileItEmpties() throws Exception {
        Policies brief = Policies.DEFAULT.withNoPath(new NoPath(Duration.ofSeconds(1), 10, 1 << 20));
        Policies patient = brief.withNoPath(new NoPath(Duration.ofSeconds(60), 10, 1 << 20));
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, brief, 1);
        m.geom.remove("md0");
        m.loop.run();
        m.channel.submit(readThen(() -> configure(m, patient)));
        Ask second = Ask.read(m.channel, 0, 512);
        m.loop.runFor(2_000_000_000L);
        assertThat(second.isPending()).isTrue();
        m.geom.add(m.newDevice());
        m.loop.runFor(1_000_000_000L);
        assertThat(second.succeeded()).isTrue();
    }

    private static void configure(GeomFixture m, Policies policies) {
        try {
            m.geom.configure(Mode.ACTIVE_PASSIVE, policies);
        } catch (GeomRefusal e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("As many requests as may wait for a path go ahead, though each is answered at once")
    void aLongQueueMayEmptyItself() throws Exception {
        Policies queueing = Policies.DEFAULT.withNoPath(new NoPath(Duration.ofSeconds(60), 10_000, 1 << 20));
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, queueing, 1);
        m.geom.remove("md0");
        m.loop.run();
        List<Ask> asked = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            asked.add(Ask.read(m.channel, 0, 512));
        }
        m.geom.add(m.newDevice().answeringAtOnce());
        m.loop.runFor(1_000_000_000L);
        assertThat(asked).allMatch(Ask::succeeded);
    }

    @Test
    @DisplayName("A stop ends, though it came while a FLUSH was being sent, and the client of that went away as well")
    void aStopMayComeInTheMiddleOfAFlush() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        List<CompletableFuture<Void>> stopped = new ArrayList<>();
        m.md(0).answeringAtOnce().failingWhere(request -> {
            stopped.add(m.geom.stop());
            m.channel.prepare();
            m.channel.close();
            return null;
        });
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(stopped).hasSize(1).allMatch(CompletableFuture::isDone);
    }

    @Test
    @DisplayName("PER_PATH: a FLUSH fails when the path that could not do it is blamed, and owes changes")
    void aFlushOwedByTheBlamedPathFails() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 2);
        m.geom.fail("md1", "test");
        m.loop.run();
        Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        m.md(0).failing(Kind.IO);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(m.md(1).received).contains(IoOp.FLUSH);
        assertThat(m.events).contains("failed md0 IO_ERROR");
        assertThat(flush.kind()).isEqualTo(Kind.IO);
    }

    @Test
    @DisplayName(
            "No request fails while there is a path it has not tried, though verbs bring the sick one back each time")
    void everyPathIsTriedBeforeARequestFails() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        onlyTheFirstIsUsable(m);
        m.md(0).letGo();
        onlyTheFirstIsUsable(m);
        m.loop.run();
        assertThat(m.md(0).received).hasSize(2);
        assertThat(read.succeeded()).isTrue();
        m.check("md0", GeomState.DEGRADED, PathState.ACTIVE, PathState.FAIL);
    }

    @ParameterizedTest
    @EnumSource(names = {"DISCONNECTED", "IO"})
    @DisplayName("The last path left to a request is tried, though its connection was refused a moment ago")
    void aPathInBackOffIsTried(Kind kind) throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        if (kind == Kind.IO) {
            m.geom.fail("md1", "test");
            m.loop.run();
        }
        ScriptedDevice backingOff = m.md(1);
        int preparedBefore = backingOff.prepared;
        backingOff.failingWhere(request ->
                backingOff.prepared == preparedBefore ? IoError.of(Kind.UNREACHABLE, "refused a while ago") : null);
        m.md(0).failing(kind);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
    }

    /** An operator fails one after the other, so that the first comes back in a new epoch. */
    private static void onlyTheFirstIsUsable(GeomFixture m) throws GeomRefusal {
        m.geom.fail("md0", "test");
        m.geom.fail("md1", "test");
    }
}
