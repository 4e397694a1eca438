package io.ropewalk.engine;

import static io.ropewalk.engine.GeomState.BROKEN;
import static io.ropewalk.engine.GeomState.DEGRADED;
import static io.ropewalk.engine.GeomState.OPTIMAL;
import static io.ropewalk.engine.GeomState.STOPPING;
import static io.ropewalk.engine.PathState.ACTIVE;
import static io.ropewalk.engine.PathState.FAIL;
import static io.ropewalk.engine.PathState.LOST;
import static io.ropewalk.engine.PathState.PASSIVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.GeomRefusal.Reason;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeomTest {

    // ---- requests and faults

    @ParameterizedTest
    @EnumSource(Mode.class)
    void whatIsWrittenIsReadInEveryMode(Mode mode) {
        GeomFixture m = new GeomFixture(mode, 3);
        byte[] data = {1, 2, 3, 4};
        Ask write = Ask.write(m.channel, 512, data);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        for (int i = 0; i < 3; i++) {
            Ask read = Ask.read(m.channel, 512, 4);
            m.loop.run();
            assertThat(read.bytes()).isEqualTo(data);
        }
    }

    @Test
    @DisplayName("Who begins to listen to a geom that is stopping hears that it is closed")
    void whoListensLateHearsOfTheEnd() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        List<BlockDevice> closed = new ArrayList<>();
        m.geom.stop();
        m.geom.addListener(new DeviceListener() {
            @Override
            public void onClosed(BlockDevice device) {
                closed.add(device);
            }
        });
        assertThat(closed).containsExactly(m.geom);
    }

    @Test
    @DisplayName("R12: an error that no other path would answer otherwise goes to the client and harms no path")
    void requestErrorsDoNotFailOver() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.NO_SPACE);
        Ask write = Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        assertThat(write.kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(m.md(1).received).isEmpty();
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    @ParameterizedTest
    @CsvSource({"NO_SPACE,IO", "IO,NO_SPACE", "NO_SPACE,DISCONNECTED", "DISCONNECTED,NO_SPACE"})
    @DisplayName("Q10: a FLUSH that one path has no space for says so, whatever went wrong on the others")
    void aFlushTellsOfWantOfSpace(Kind first, Kind second) throws Exception {
        GeomFixture m = bothDirty();
        m.md(0).failing(first);
        m.md(1).failing(second);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(m.eventsOf("failed").filter(event -> event.endsWith("IO_ERROR")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFlushThatOnePathHasNoSpaceForFailsThoughTheOtherCouldDoIt(int full) throws Exception {
        GeomFixture m = bothDirty();
        m.md(full).failing(Kind.NO_SPACE);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.kind()).isEqualTo(Kind.NO_SPACE);
        assertThat(m.eventsOf("failed")).isEmpty();
    }

    private static GeomFixture bothDirty() throws GeomRefusal {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        m.geom.prefer("md1");
        Ask.write(m.channel, 512, new byte[512]);
        m.loop.run();
        assertThat(m.geom.stats().paths()).allMatch(path -> path.unflushedBytes() == 512);
        return m;
    }

    @Test
    @DisplayName("R13: a broken path is FAIL before its request chooses again")
    void pathIsFaultedBeforeTheRetry() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED);
        m.md(1).failingWhere(request -> {
            m.check("md1", DEGRADED, FAIL, ACTIVE);
            return null;
        });
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
    }

    @Test
    @DisplayName("R16: every request in flight fails over on its own")
    void requestsInFlightFailOverOneByOne() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED);
        List<Ask> asks = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            asks.add(Ask.read(m.channel, i * 512L, 512));
        }
        m.loop.run();
        assertThat(asks).allMatch(Ask::succeeded);
        assertThat(m.eventsOf("failed")).containsExactly("failed md0 DISCONNECTED");
        assertThat(m.geom.stats().retries()).isEqualTo(64);
    }

    @Test
    @DisplayName("Q4: an error from before the restore does not fail the path again")
    void staleErrorsAreIgnored() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        m.geom.fail("md0", "test");
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.md(0).letGo();
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    @DisplayName("Q5: when every path answers the same error, the client gets it and the paths stay as they were")
    void mediumErrorHarmsNoPath() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 3);
        m.geom.fail("md2", "test");
        m.events.clear();
        for (int i = 0; i < 3; i++) {
            m.md(i).failing(Kind.IO);
        }
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.kind()).isEqualTo(Kind.IO);
        assertThat(m.events).isEmpty();
        m.check("md0", DEGRADED, ACTIVE, PASSIVE, FAIL);
        for (int i = 0; i < 3; i++) {
            assertThat(m.md(i).received).containsExactly(IoOp.READ);
        }
    }

    @Test
    @DisplayName("Q7: each usable path is tried once")
    void eachUsablePathIsTriedOnce() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 5);
        for (int i = 0; i < 4; i++) {
            m.md(i).failing(i % 2 == 0 ? Kind.DISCONNECTED : Kind.IO);
        }
        m.md(4).failing(Kind.TIMEOUT);
        m.md(1).working();
        for (int i = 0; i < 5; i++) {
            Ask read = Ask.read(m.channel, 0, 512);
            m.loop.run();
            assertThat(read.succeeded()).isTrue();
        }
        for (int i = 0; i < 5; i++) {
            if (i != 1) {
                assertThat(m.md(i).received.size()).isLessThanOrEqualTo(1);
            }
        }
        m.check("md1", DEGRADED, FAIL, ACTIVE, FAIL, FAIL, FAIL);
    }

    @Test
    @DisplayName("A path that comes back while the other dies serves the request that saw both fail")
    void secondChanceAfterAllFailedRestore() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED);
        m.md(1).failingWhere(request -> {
            m.md(0).working();
            return IoError.of(Kind.DISCONNECTED, "died");
        });
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    @Test
    @DisplayName("Q10: what a device answered tells more than how a way broke")
    void deviceErrorWinsOverBrokenPath() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.IO);
        m.md(1).failing(Kind.DISCONNECTED);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.kind()).isEqualTo(Kind.IO);
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    @Test
    void failoverIsMeasured() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED);
        m.md(1).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.runFor(7_000_000);
        m.md(1).letGo();
        assertThat(read.succeeded()).isTrue();
        LatencyHistogram.Snapshot failover = m.geom.stats().failovers().get(FailReason.DISCONNECTED);
        assertThat(failover.count()).isOne();
        assertThat(failover.sumNanos()).isEqualTo(7_000_000);
    }

    // ---- deadlines

    @Test
    @DisplayName("Q9: a path that does not answer in time is FAIL TIMEOUT and its requests are decided elsewhere")
    void silentPathTimesOut() {
        GeomFixture m =
                new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withAttemptTimeout(Duration.ofSeconds(2)), 2);
        m.md(0).silent();
        List<Ask> asks = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            asks.add(Ask.write(m.channel, i * 512L, new byte[512]));
        }
        m.loop.runFor(1_999_000_000L);
        assertThat(asks).noneMatch(Ask::isAnswered);
        m.loop.runFor(27_000_000L);
        assertThat(asks).allMatch(Ask::succeeded);
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        assertThat(m.geom.report().paths().getFirst().reason()).isEqualTo(FailReason.TIMEOUT);
    }

    @Test
    void anAnswerInTimeIsNoTimeout() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        for (int i = 0; i < 10; i++) {
            m.md(0).holding();
            Ask read = Ask.read(m.channel, 0, 512);
            m.loop.runFor(1_900_000_000L);
            m.md(0).letGo();
            assertThat(read.succeeded()).isTrue();
        }
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    // ---- flush

    @Test
    @DisplayName("Q12: FLUSH reaches every usable path written since its last flush, and answers when all have")
    void flushFansOut() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 3);
        for (int i = 0; i < 3; i++) {
            Ask.write(m.channel, i * 512L, new byte[512]);
            m.loop.run();
        }
        m.md(1).holding();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.isAnswered()).isFalse();
        m.md(1).letGo();
        assertThat(flush.succeeded()).isTrue();
        for (int i = 0; i < 3; i++) {
            assertThat(m.md(i).received).containsExactly(IoOp.WRITE, IoOp.FLUSH);
        }
    }

    @Test
    @DisplayName("Q12: a FLUSH with nothing to flush goes to one path")
    void cleanFlushGoesToOnePath() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 3);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
        assertThat(m.devices.stream().mapToInt(device -> device.received.size()).sum())
                .isOne();
    }

    @Test
    void flushSucceedsThroughTheOthersWhenOnePathDies() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        Ask.write(m.channel, 0, new byte[512]);
        Ask.write(m.channel, 512, new byte[512]);
        m.loop.run();
        m.md(0).failing(Kind.DISCONNECTED);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    void flushFailsWhenNoPathFlushes() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.IO);
        m.md(1).failing(Kind.IO);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.kind()).isEqualTo(Kind.IO);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    // ---- add and remove

    @Test
    @DisplayName("R40: another size or sector size is refused with both numbers")
    void misfitsAreRefused() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        refused(Reason.SIZE_MISMATCH, "524288", m, device -> device.with(Geometry.of(512 << 10, 1)));
        refused(Reason.SECTOR_SIZE_MISMATCH, "4096", m, device -> device.with(Geometry.of(1 << 20, 4096)));
        refused(
                Reason.CAPABILITY_MISMATCH,
                "TRIM",
                m,
                device -> device.with(device.capabilities().without(Capability.TRIM)));
        refused(Reason.CAPABILITY_MISMATCH, "4096", m, device -> device.with(new Geometry(1 << 20, 1, 4096, 4096)));
        m.check("md0", DEGRADED, ACTIVE);
    }

    private static void refused(
            Reason reason, String text, GeomFixture m, java.util.function.Consumer<ScriptedDevice> change) {
        ScriptedDevice device = new ScriptedDevice("other", m.disk);
        change.accept(device);
        assertThatThrownBy(() -> m.geom.add(device)).isInstanceOfSatisfying(GeomRefusal.class, refusal -> {
            assertThat(refusal.reason()).isEqualTo(reason);
            assertThat(refusal).hasMessageContaining(text);
        });
    }

    @Test
    void aPathIsAddedOnce() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        assertThatThrownBy(() -> m.geom.add(m.md(0)))
                .isInstanceOfSatisfying(
                        GeomRefusal.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(Reason.PATH_EXISTS));
    }

    @Test
    void sixtyFourPathsAreTheMost() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 64);
        assertThatThrownBy(() -> m.geom.add(m.newDevice()))
                .isInstanceOfSatisfying(
                        GeomRefusal.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(Reason.TOO_MANY_PATHS));
        for (int i = 0; i < 128; i++) {
            Ask.read(m.channel, 0, 512);
            m.loop.run();
        }
        assertThat(m.devices.subList(0, 64))
                .allSatisfy(device -> assertThat(device.received).hasSize(2));
    }

    @Test
    @DisplayName("What the geom shows is the least that every path can do")
    void shapeIsTheLeast() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 0 + 1);
        ScriptedDevice all = new ScriptedDevice("all", m.disk);
        ScriptedDevice less = new ScriptedDevice("less", m.disk)
                .with(new Geometry(1 << 20, 512, 4096, 1 << 20))
                .with(Capabilities.of(Capability.WRITE, Capability.FLUSH));
        Geom geom = create(m, List.of(all, less));
        assertThat(geom.geometry()).isEqualTo(new Geometry(1 << 20, 512, 4096, 1 << 20));
        assertThat(geom.capabilities().asSet()).containsExactly(Capability.WRITE, Capability.FLUSH);
    }

    @Test
    @DisplayName("R31, R46: removing waits for what is in flight, and the path is LOST meanwhile (R33)")
    void removeWaitsForWhatIsInFlight() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> removed = m.geom.remove("md0");
        m.loop.run();
        assertThat(removed).isNotDone();
        m.check("md1", DEGRADED, LOST, ACTIVE);
        m.md(0).letGo();
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        assertThat(removed).isDone();
        assertThat(m.md(0).openChannels).isZero();
        m.check("md1", DEGRADED, ACTIVE);
        assertThat(m.eventsOf("removed")).containsExactly("removed md0");
    }

    @Test
    void removingTwiceIsRemovingOnce() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 3);
        m.md(0).holding();
        Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> first = m.geom.remove("md0");
        assertThat(m.geom.remove("md0")).isSameAs(first);
        m.md(0).letGo();
        m.loop.run();
        assertThat(first).isDone();
        m.check("md2", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    void aRemovedPathMayComeBack() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.remove("md0");
        m.loop.run();
        m.geom.add(m.md(0));
        m.check("md1", OPTIMAL, ACTIVE, PASSIVE);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
    }

    @Test
    void withoutPathsTheGeomIsBrokenAndSaysSo() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        m.geom.remove("md0");
        m.loop.run();
        m.check("", BROKEN);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.kind()).isEqualTo(Kind.NO_PATH);
    }

    @Test
    void aGeomOfAnEarlierLifeStartsWithoutPaths() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        Geom geom = Geom.create(
                "g",
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_PASSIVE,
                Policies.DEFAULT,
                m.geom.shape(),
                List.of(),
                m.loop,
                () -> Instant.EPOCH,
                EngineObserver.NONE);
        assertThat(geom.report().state()).isEqualTo(BROKEN);
        geom.add(new ScriptedDevice("late", m.disk));
        assertThat(geom.report().state()).isEqualTo(DEGRADED);
    }

    // ---- verbs

    @Test
    @DisplayName("R41: prefer refuses a path that is not usable")
    void preferNeedsAUsablePath() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md1", "test");
        assertThatThrownBy(() -> m.geom.prefer("md1"))
                .isInstanceOfSatisfying(
                        GeomRefusal.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(Reason.PATH_NOT_USABLE));
    }

    @Test
    @DisplayName("R44: fail and restore of what is so already succeed and do nothing")
    void failAndRestoreAreIdempotent() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.restore("md1", RestoreTrigger.OPERATOR);
        m.geom.fail("md1", "test");
        m.geom.fail("md1", "test");
        assertThat(m.eventsOf("failed")).hasSize(1);
        assertThat(m.eventsOf("restored")).isEmpty();
    }

    @Test
    @DisplayName("R43: configure changes the mode for what comes; the active path stays")
    void configureKeepsTheActivePath() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.prefer("md1");
        m.geom.configure(Mode.ACTIVE_ACTIVE, Policies.DEFAULT);
        m.check("md1 md0", OPTIMAL, ACTIVE, ACTIVE);
        m.geom.configure(Mode.ACTIVE_PASSIVE, Policies.DEFAULT);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    void unknownPathsAreNamed() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        assertThatThrownBy(() -> m.geom.fail("md9", "test")).hasMessageContaining("md9");
        assertThatThrownBy(() -> m.geom.remove("md9")).hasMessageContaining("md9");
    }

    // ---- checks

    @Test
    @DisplayName("Q8: a failed path that passes a check is restored, and says who did it")
    void checkRestores() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED);
        Ask.read(m.channel, 0, 512);
        m.loop.run();
        CompletableFuture<IoError> sick = m.geom.check("md0");
        m.loop.run();
        assertThat(sick.join().kind()).isEqualTo(Kind.DISCONNECTED);
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        m.md(0).working();
        CompletableFuture<IoError> well = m.geom.check("md0");
        m.loop.run();
        assertThat(well.join()).isNull();
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
        assertThat(m.eventsOf("restored")).containsExactly("restored md0 CHECKER");
    }

    @Test
    @DisplayName("Q6: a check never restores what an operator failed")
    void checkLeavesOperatorFailedAlone() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md0", "test");
        m.geom.check("md0");
        m.loop.run();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    void checkFindsASickStandby() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(1).silent();
        m.geom.check("md1");
        m.loop.runFor(3_000_000_000L);
        m.check("md0", DEGRADED, ACTIVE, FAIL);
        assertThat(m.geom.report().paths().getLast().reason()).isEqualTo(FailReason.CHECKER);
    }

    @Test
    void checkNeverTakesTheLastUsablePath() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        m.md(0).failing(Kind.DISCONNECTED);
        m.geom.check("md0");
        m.loop.run();
        m.check("md0", GeomState.BROKEN, ACTIVE);
        assertThat(m.eventsOf("failed")).isEmpty();
    }

    @Test
    void manualRestorePolicyKeepsAFailedPathOut() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withRestore(Policies.Restore.MANUAL), 2);
        m.md(0).failing(Kind.DISCONNECTED);
        Ask.read(m.channel, 0, 512);
        m.loop.run();
        m.md(0).working();
        m.geom.check("md0");
        m.loop.run();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    void aPathIsIdleWhenWhatWasInFlightIsAnsweredAndNothingNewGoesThere() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        Ask inFlight = Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> idle = m.geom.drain("md0", "");
        m.loop.runFor(TimeUnit.MILLISECONDS.toNanos(50));
        Ask next = Ask.read(m.channel, 0, 512);
        m.loop.runFor(TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(next.succeeded()).isTrue();
        assertThat(idle).isNotDone();
        m.md(0).letGo();
        m.loop.runFor(TimeUnit.MILLISECONDS.toNanos(50));
        assertThat(inFlight.succeeded()).isTrue();
        assertThat(idle).isDone();
        assertThat(m.geom.report().paths().getFirst().inFlight()).isZero();
    }

    @Test
    void aPathThatNeverAnswersIsIdleWhenItsDeadlinePasses() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        Ask inFlight = Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> idle = m.geom.drain("md0", "");
        m.loop.runFor(TimeUnit.SECONDS.toNanos(5));
        assertThat(inFlight.succeeded()).isTrue();
        assertThat(idle).isDone();
    }

    // ---- stop and channels

    @Test
    @DisplayName("R34, Q2: stop finishes what is in flight, refuses what comes, and is idempotent")
    void stopDrains() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        List<String> told = new ArrayList<>();
        m.geom.addListener(new DeviceListener() {
            @Override
            public void onClosed(BlockDevice device) {
                told.add(device.name());
            }
        });
        m.md(0).holding();
        Ask inFlight = Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> stopped = m.geom.stop();
        m.loop.run();
        assertThat(m.geom.report().state()).isEqualTo(STOPPING);
        assertThat(stopped).isNotDone();
        Ask late = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(late.kind()).isEqualTo(Kind.SHUTTING_DOWN);
        m.md(0).letGo();
        m.loop.run();
        assertThat(inFlight.succeeded()).isTrue();
        assertThat(stopped).isDone();
        assertThat(m.geom.stop()).isSameAs(stopped);
        assertThat(told).containsExactly("m");
        assertThat(m.devices).allMatch(device -> device.openChannels == 0);
    }

    @Test
    void closingAChannelAnswersItsRequestsAndTheirBuffersAreDropped() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        BlockChannel other = m.geom.open(m.loop);
        m.md(0).holding();
        Ask mine = Ask.read(m.channel, 0, 512);
        Ask others = Ask.read(other, 0, 512);
        m.channel.close();
        assertThat(mine.kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(others.isAnswered()).isFalse();
        m.md(0).letGo();
        assertThat(others.succeeded()).isTrue();
        assertThat(Ask.read(m.channel, 0, 512).kind()).isEqualTo(Kind.SHUTTING_DOWN);
        assertThat(m.geom.report().openChannels()).isOne();
    }

    @Test
    void aGeomCanBeAPathOfAGeom() throws Exception {
        GeomFixture lower = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        Geom upper = create(lower, List.of(lower.geom));
        BlockChannel channel = upper.open(lower.loop);
        lower.loop.run();
        byte[] data = new byte[512];
        Arrays.fill(data, (byte) 7);
        Ask write = Ask.write(channel, 0, data);
        lower.loop.run();
        assertThat(write.succeeded()).isTrue();
        Ask read = Ask.read(channel, 0, 512);
        lower.loop.run();
        assertThat(read.bytes()).isEqualTo(data);
    }

    private static Geom create(GeomFixture m, List<BlockDevice> devices) throws GeomRefusal {
        return Geom.create(
                "g",
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_PASSIVE,
                Policies.DEFAULT,
                null,
                devices,
                m.loop,
                () -> Instant.EPOCH,
                EngineObserver.NONE);
    }
}
