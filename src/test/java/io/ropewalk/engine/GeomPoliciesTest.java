package io.ropewalk.engine;

import static io.ropewalk.engine.GeomState.BROKEN;
import static io.ropewalk.engine.GeomState.DEGRADED;
import static io.ropewalk.engine.GeomState.OPTIMAL;
import static io.ropewalk.engine.PathState.ACTIVE;
import static io.ropewalk.engine.PathState.FAIL;
import static io.ropewalk.engine.PathState.PASSIVE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.Settlement;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.engine.Policies.NoPath;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What goes beyond the original: fences, flush debt, failback, damping, waiting for a path, {@code hedgeAfter}. */
class GeomPoliciesTest {
    private static final long SECOND = 1_000_000_000L;

    // ---- fences (Q12)

    @Test
    @DisplayName("A lost write is retried and answered at once; what overlaps it waits until it cannot land any more")
    void fencedUntilSettled() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        Settlement settlement = loseWriteOnFirstPath(m);
        Ask same = Ask.write(m.channel, 512, new byte[512]);
        Ask zero = Ask.of(m.channel, IoOp.WRITE_ZEROES, 0, 4096, 0);
        Ask beside = Ask.write(m.channel, 1024, new byte[512]);
        Ask read = Ask.read(m.channel, 512, 512);
        m.loop.run();
        assertThat(beside.succeeded()).isTrue();
        assertThat(read.succeeded()).isTrue();
        assertThat(same.isAnswered()).isFalse();
        assertThat(zero.isAnswered()).isFalse();
        assertThat(m.geom.stats().heldWrites()).isEqualTo(2);
        settlement.settle();
        m.loop.run();
        assertThat(same.succeeded()).isTrue();
        assertThat(zero.succeeded()).isTrue();
        assertThat(m.geom.stats().heldWrites()).isZero();
        assertThat(m.geom.stats().unfencedWrites()).isZero();
        assertThat(m.geom.fencing().fences().isEmpty()).isTrue();
    }

    @Test
    @DisplayName("Without proof the fence falls after quiesce, and the geom says so")
    void unfencedAfterQuiesce() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withQuiesce(Duration.ofSeconds(30)), 2);
        loseWriteOnFirstPath(m);
        Ask same = Ask.write(m.channel, 512, new byte[512]);
        m.loop.runFor(29 * SECOND);
        assertThat(same.isAnswered()).isFalse();
        assertThat(m.geom.stats().unfencedWrites()).isZero();
        m.loop.runFor(2 * SECOND);
        assertThat(same.succeeded()).isTrue();
        assertThat(m.geom.stats().unfencedWrites()).isOne();
        assertThat(m.events).contains("unfenced md0 512+512");
    }

    @Test
    void aFencedWriteEndsWithItsChannelAndWithTheGeom() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        Settlement settlement = loseWriteOnFirstPath(m);
        BlockChannel other = m.geom.open(m.loop);
        Ask mine = Ask.write(m.channel, 512, new byte[512]);
        Ask others = Ask.write(other, 512, new byte[512]);
        m.channel.close();
        assertThat(mine.kind()).isEqualTo(Kind.DISCONNECTED);
        var stopped = m.geom.stop();
        m.loop.run();
        assertThat(others.kind()).isEqualTo(Kind.SHUTTING_DOWN);
        assertThat(stopped).isNotDone();
        settlement.settle();
        m.loop.run();
        assertThat(stopped).isDone();
        assertThat(m.geom.stats().unfencedWrites()).isZero();
    }

    @Test
    @DisplayName("A stop is done when nothing can land any more, or after quiesce, when the geom has said so")
    void aStopWaitsForItsFences() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withQuiesce(Duration.ofSeconds(30)), 2);
        loseWriteOnFirstPath(m);
        var stopped = m.geom.stop();
        List<String> toldBeforeItWasDone = new ArrayList<>();
        stopped.thenRun(() -> toldBeforeItWasDone.addAll(m.events));
        m.loop.runFor(29 * SECOND);
        assertThat(stopped).isNotDone();
        assertThat(m.devices).allMatch(device -> device.openChannels == 0);
        m.loop.runFor(2 * SECOND);
        assertThat(stopped).isDone();
        assertThat(toldBeforeItWasDone).contains("unfenced md0 512+512");
    }

    /** A write of 512+512 is sent on md0, which then breaks; it succeeds on md1. */
    private static Settlement loseWriteOnFirstPath(GeomFixture m) {
        Settlement settlement = new Settlement();
        m.md(0).failingWhere(request -> IoError.of(Kind.DISCONNECTED, "reset").unsettled(settlement));
        Ask write = Ask.write(m.channel, 512, new byte[512]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        return settlement;
    }

    @Test
    @DisplayName("What waits for a path when its client goes is not sent any more, and nobody waits behind it")
    void whatWaitsGoesWithItsClient() {
        NoPath bounds = new NoPath(Duration.ofMinutes(10), 2, 1024);
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withNoPath(bounds), 1);
        m.md(0).failing(Kind.UNREACHABLE);
        List<Ask> waiting =
                List.of(Ask.write(m.channel, 0, new byte[] {1, 1, 1, 1}), Ask.write(m.channel, 512, new byte[512]));
        m.loop.run();
        m.channel.abandon();
        assertThat(waiting).extracting(Ask::kind).containsOnly(Kind.DISCONNECTED);
        BlockChannel back = m.geom.open(m.loop);
        Ask again = Ask.write(back, 0, new byte[1024]);
        m.loop.run();
        assertThat(again.isAnswered()).isFalse();
        assertThat(m.geom.stats().queuedRequests()).isOne();
        m.loop.runFor(SECOND);
        assertThat(again.isAnswered()).isFalse();
        m.md(0).working().received.clear();
        m.loop.runFor(SECOND);
        assertThat(again.succeeded()).isTrue();
        assertThat(m.md(0).received).filteredOn(IoOp.WRITE::equals).hasSize(1);
        assertThat(Ask.read(m.channel, 0, 512).kind()).isEqualTo(Kind.DISCONNECTED);
    }

    @Test
    @DisplayName("What is under way when its client goes is not retried, and others of its range wait until it is over")
    void whatIsUnderWayHoldsOthersUpWhenItsClientGoes() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED).holding();
        Ask left = Ask.write(m.channel, 512, new byte[512]);
        m.loop.run();
        m.channel.abandon();
        BlockChannel back = m.geom.open(m.loop);
        Ask again = Ask.write(back, 512, new byte[512]);
        Ask read = Ask.read(back, 0, 512);
        m.loop.run();
        assertThat(List.of(left, again, read)).noneMatch(Ask::isAnswered);
        assertThat(m.geom.stats().heldWrites()).isOne();
        m.md(0).letGo();
        m.loop.run();
        assertThat(left.kind()).isEqualTo(Kind.DISCONNECTED);
        assertThat(again.succeeded()).isTrue();
        assertThat(m.md(1).received).filteredOn(IoOp.WRITE::equals).hasSize(1);
        assertThat(m.geom.fencing().fences().isEmpty()).isTrue();
        m.channel.close();
    }

    @Test
    @DisplayName("A channel that is aborted with a change under way leaves it fenced")
    void whatAnAbortLeavesUnderWayHoldsOthersUp() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        Ask.write(m.channel, 512, new byte[512]);
        m.channel.close();
        BlockChannel back = m.geom.open(m.loop);
        Ask again = Ask.write(back, 512, new byte[512]);
        m.loop.run();
        assertThat(m.md(0).held).hasSize(1);
        assertThat(m.geom.stats().heldWrites()).isOne();
        m.md(0).working().letGo();
        m.loop.run();
        assertThat(again.succeeded()).isTrue();
    }

    // ---- unflushed changes (Q12)

    @Test
    @DisplayName(
            "SHARED: a path lost with unflushed changes is named with their ranges, and the next FLUSH covers them")
    void sharedCacheNamesTheDebt() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        write(m, 0);
        write(m, 4096);
        assertThat(m.geom.stats().paths().getFirst().unflushedBytes()).isEqualTo(1024);
        m.geom.fail("md0", "test");
        m.loop.run();
        assertThat(m.events).contains("unflushed md0 1024 [0+512, 4096+512]");
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.geom.fail("md0", "test");
        m.loop.run();
        assertThat(m.eventsOf("unflushed")).hasSize(1);
    }

    @Test
    @DisplayName("PER_PATH: after a path was lost with unflushed changes the next FLUSH fails, once for each client")
    void perPathCacheFailsTheNextFlushOnce() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 2);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        m.md(0).failing(Kind.DISCONNECTED);
        write(m, 512);
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
        assertThat(flush(m, other)).isEqualTo(Kind.IO);
        assertThat(flush(m, other)).isNull();
        assertThat(flush(m, m.geom.open(m.loop))).isNull();
    }

    @Test
    @DisplayName("PER_PATH: changes lost while nobody was there are told to the next client")
    void perPathLossWaitsForAClient() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 2);
        write(m, 0);
        m.md(0).failing(Kind.DISCONNECTED);
        write(m, 512);
        m.channel.close();
        assertThat(flush(m, m.geom.open(m.loop))).isEqualTo(Kind.IO);
    }

    @Test
    @DisplayName("PER_PATH: what was flushed or written with FUA is not lost")
    void perPathFlushedIsSafe() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 2);
        write(m, 0);
        assertThat(flush(m, m.channel)).isNull();
        Ask.of(m.channel, IoOp.WRITE_ZEROES, 0, 512, IoFlags.FUA);
        m.loop.run();
        m.md(0).failing(Kind.DISCONNECTED);
        write(m, 512);
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName("PER_PATH: a change done by a failed path is not covered by a FLUSH that was sent before it was back")
    void whatAFailedPathDidIsTold() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 2);
        m.geom.fail("md0", "test");
        m.md(1).holding().failing(Kind.IO);
        Ask write = Ask.write(m.channel, 0, new byte[512]);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.geom.fail("md1", "test");
        m.geom.restore("md1", RestoreTrigger.OPERATOR);
        m.geom.fail("md0", "test");
        m.md(1).working().letGo();
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE);
        m.md(1).holding();
        Ask flush = Ask.flush(m.channel);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.md(1).letGo();
        m.loop.run();
        assertThat(flush.kind()).isEqualTo(Kind.IO);
        assertThat(m.events).contains("unflushed md0 512 [0+512]");
        assertThat(flush(m, m.channel)).isNull();
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE, IoOp.FLUSH);
    }

    @Test
    @DisplayName("A FLUSH that no path could do is told to the others as well: their next one fails, once")
    void aFlushThatFailedIsToldToAll() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        m.devices.forEach(device -> device.failing(Kind.IO));
        assertThat(flush(m, other)).isEqualTo(Kind.IO);
        m.devices.forEach(ScriptedDevice::working);
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
        assertThat(flush(m, other)).isNull();
        assertThat(flush(m, m.geom.open(m.loop))).isNull();
    }

    @Test
    @DisplayName("A FLUSH that found no space tells its own client so, and the others of a loss, each once")
    void aFlushWithoutSpaceIsToldToAll() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        m.md(0).failing(Kind.NO_SPACE);
        assertThat(flush(m, other)).isEqualTo(Kind.NO_SPACE);
        m.md(0).working();
        assertThat(flush(m, other)).isNull();
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName("A FLUSH that one path could do is nobody's loss, whatever the other said")
    void aFlushThatFailedOverIsToldToNobody() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        m.md(0).failing(Kind.IO);
        assertThat(flush(m, other)).isNull();
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName(
            "A change with FUA that no path could do is told to all with their next FLUSH; one for want of space to none")
    void aDurableChangeThatFailedIsToldToAll() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        m.md(0).failing(Kind.NO_SPACE);
        zeroDurably(m, other);
        m.md(0).working();
        assertThat(flush(m, other)).isNull();
        write(m, 0);
        m.md(0).failing(Kind.IO);
        zeroDurably(m, other);
        m.md(0).working();
        assertThat(flush(m, other)).isEqualTo(Kind.IO);
        assertThat(flush(m, other)).isNull();
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName("A FLUSH that failed is told to the others also when one of theirs was answered well meanwhile")
    void aFlushThatFailedLateIsToldToAll() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        m.md(0).failing(Kind.IO);
        m.md(1).holding().failing(Kind.IO);
        Ask failing = Ask.flush(other);
        m.loop.run();
        m.md(0).working();
        assertThat(flush(m, m.channel)).isNull();
        m.md(1).letGo();
        m.loop.run();
        assertThat(failing.kind()).isEqualTo(Kind.IO);
        m.md(1).working();
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName(
            "SHARED: the only device, which knows no sessions, vanished with what was unflushed: a new one covers nothing of it")
    void aVanishedDeviceTakesItsCacheWithIt() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        write(m, 0);
        m.geom.depart("md0", "gone");
        m.loop.run();
        m.geom.add(new ScriptedDevice("md0", m.disk));
        m.loop.run();
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName(
            "SHARED: a device that vanished, or was removed by hand, is no loss where another vouches or nothing was unflushed")
    void aVanishedDeviceIsNoLossWhereAnotherVouches() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        write(m, 0);
        Ask.read(m.channel, 0, 512);
        m.geom.rotate();
        write(m, 512);
        m.geom.depart("md0", "gone");
        m.loop.run();
        assertThat(flush(m, m.channel)).isNull();
        write(m, 0);
        m.geom.remove("md1");
        m.loop.run();
        m.geom.add(m.newDevice());
        m.loop.run();
        assertThat(flush(m, m.channel)).isNull();
    }

    private static void zeroDurably(GeomFixture m, BlockChannel channel) {
        Ask zeroes = Ask.of(channel, IoOp.WRITE_ZEROES, 0, 512, IoFlags.FUA);
        m.loop.run();
        assertThat(zeroes.isAnswered()).isTrue();
    }

    @Test
    @DisplayName("A FLUSH that failed while nothing was to be flushed is nobody else's loss")
    void aFlushThatFailedForNothingIsToldOnce() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        BlockChannel other = m.geom.open(m.loop);
        write(m, 0);
        assertThat(flush(m, m.channel)).isNull();
        m.md(0).failing(Kind.IO);
        assertThat(flush(m, other)).isEqualTo(Kind.IO);
        m.md(0).working();
        assertThat(flush(m, m.channel)).isNull();
    }

    @Test
    @DisplayName("A FLUSH that failed does not swallow an older loss: its client is told of that with the next")
    void aFlushThatFailedTellsOfItselfAlone() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH), 2);
        write(m, 0);
        m.geom.fail("md0", "test");
        m.md(1).failing(Kind.NO_SPACE);
        assertThat(flush(m, m.channel)).isEqualTo(Kind.NO_SPACE);
        m.md(1).working();
        assertThat(flush(m, m.channel)).isEqualTo(Kind.IO);
        assertThat(flush(m, m.channel)).isNull();
    }

    private static void write(GeomFixture m, long offset) {
        Ask write = Ask.write(m.channel, offset, new byte[512]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
    }

    private static Kind flush(GeomFixture m, BlockChannel channel) {
        Ask flush = Ask.flush(channel);
        m.loop.run();
        assertThat(flush.isAnswered()).isTrue();
        return flush.kind();
    }

    // ---- failback

    @Test
    @DisplayName("Failback: the preferred path becomes active again after it was well for so long")
    void failsBackAfterAWhile() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withFailback(Duration.ofSeconds(10)), 3);
        m.geom.prefer("md1");
        m.geom.fail("md1", "test");
        m.geom.restore("md1", RestoreTrigger.OPERATOR);
        m.loop.runFor(9 * SECOND);
        m.check("md2", OPTIMAL, PASSIVE, PASSIVE, ACTIVE);
        m.loop.runFor(2 * SECOND);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE, PASSIVE);
    }

    @Test
    @DisplayName("Failback that is turned on acts for a path that came back before, after as long")
    void failsBackWhenThatIsAskedForLater() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md0", "test");
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.loop.runFor(60 * SECOND);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
        m.geom.configure(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withFailback(Duration.ofSeconds(10)));
        m.loop.runFor(9 * SECOND);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
        m.loop.runFor(2 * SECOND);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    @Test
    @DisplayName("A stop is done when it is done, whoever was to fail back later; and nothing comes of that then")
    void aStopDoesNotWaitForFailback() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withFailback(Duration.ofSeconds(10)), 2);
        m.geom.fail("md0", "test");
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        var stopped = m.geom.stop();
        m.loop.runFor(SECOND);
        assertThat(stopped).isCompleted();
        m.loop.runFor(20 * SECOND);
        assertThat(m.geom.report().paths().getFirst().state()).isEqualTo(PASSIVE);
    }

    @Test
    void aPathThatFailedAgainDoesNotFailBackEarly() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withFailback(Duration.ofSeconds(10)), 2);
        m.geom.fail("md0", "test");
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.loop.runFor(5 * SECOND);
        m.geom.fail("md0", "test");
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.loop.runFor(6 * SECOND);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
        m.loop.runFor(5 * SECOND);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    @Test
    @DisplayName("Failback acts for a path that came back because no other was left, too")
    void failsBackAfterAllFailed() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withFailback(Duration.ofSeconds(10)), 3);
        for (String path : List.of("md0", "md2", "md1")) {
            m.geom.fail(path, "test");
        }
        m.check("md2", DEGRADED, PASSIVE, FAIL, ACTIVE);
        m.loop.runFor(11 * SECOND);
        m.check("md0", DEGRADED, ACTIVE, FAIL, PASSIVE);
    }

    @Test
    @DisplayName("Failback acts for a preferred path that was removed and is added again")
    void failsBackToOneThatWasAway() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withFailback(Duration.ofSeconds(10)), 2);
        m.geom.remove("md0");
        m.loop.run();
        m.geom.add(m.md(0));
        m.loop.runFor(9 * SECOND);
        assertThat(m.geom.report().activePaths()).containsExactly("md1");
        m.loop.runFor(2 * SECOND);
        assertThat(m.geom.report().activePaths()).containsExactly("md0");
    }

    // ---- damping

    @Test
    @DisplayName("A path that fails too often stays out although it passes its checks, until it has calmed down")
    void flappingPathStaysOut() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        flap(m, 7);
        assertThat(m.geom.report().paths().getFirst().reason()).isEqualTo(FailReason.FLAPPING);
        m.loop.runFor(30 * SECOND);
        check(m);
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        m.loop.runFor(60 * SECOND);
        check(m);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    @DisplayName("A flapping path is used when it is the last")
    void flappingPathServesWhenItIsTheLast() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        flap(m, 7);
        m.md(1).failing(Kind.DISCONNECTED);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    private static void flap(GeomFixture m, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            m.geom.prefer("md0");
            m.md(0).failing(Kind.DISCONNECTED);
            Ask.read(m.channel, 0, 512);
            m.loop.run();
            m.md(0).working();
            check(m);
        }
    }

    private static void check(GeomFixture m) throws Exception {
        m.geom.check("md0");
        m.loop.run();
    }

    // ---- another disk

    @Test
    @DisplayName("A failed path that comes back as another disk is out for that, and back when it is the disk again")
    void pathThatComesBackAsAnotherDiskSaysSo() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED);
        Ask.read(m.channel, 0, 512);
        m.loop.run();
        m.md(0).failing(Kind.IDENTITY);
        check(m);
        check(m);
        assertThat(m.geom.report().paths().getFirst().reason()).isEqualTo(FailReason.IDENTITY);
        assertThat(m.eventsOf("failed")).containsExactly("failed md0 DISCONNECTED", "failed md0 IDENTITY");
        m.md(0).working();
        check(m);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    @DisplayName("A path that an operator failed stays the operator's whatever a check finds")
    void operatorsPathStaysTheOperators() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md0", "maintenance");
        m.md(0).failing(Kind.IDENTITY);
        check(m);
        assertThat(m.geom.report().paths().getFirst().reason()).isEqualTo(FailReason.OPERATOR);
    }

    // ---- no path

    @Test
    @DisplayName("While no path works, requests wait for one as long as the policy says, in bounds")
    void requestsWaitForAPath() {
        NoPath bounds = new NoPath(Duration.ofSeconds(10), 3, 1024);
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withNoPath(bounds), 2);
        m.devices.forEach(device -> device.failing(Kind.UNREACHABLE));
        Ask read = Ask.read(m.channel, 0, 512);
        Ask write = Ask.write(m.channel, 0, new byte[1024]);
        m.loop.run();
        Ask tooManyBytes = Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        assertThat(tooManyBytes.kind()).isEqualTo(Kind.UNREACHABLE);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        Ask tooMany = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(tooMany.kind()).isEqualTo(Kind.UNREACHABLE);
        m.loop.runFor(5 * SECOND);
        assertThat(List.of(read, write, flush)).noneMatch(Ask::isAnswered);
        assertThat(m.geom.stats().queuedRequests()).isEqualTo(3);
        m.md(1).working();
        m.loop.runFor(SECOND);
        assertThat(List.of(read, write, flush)).allMatch(Ask::succeeded);
        assertThat(m.geom.stats().queuedRequests()).isZero();
    }

    @Test
    @DisplayName("A request that waits for a path is counted while it tries one, too, and until it is answered")
    void whoTriesAgainStillWaits() {
        NoPath bounds = new NoPath(Duration.ofMinutes(10), 100, 1024);
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withNoPath(bounds), 1);
        m.md(0).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.runFor(10 * SECOND);
        for (int i = 0; i < 100; i++) {
            m.loop.runFor(SECOND / 10);
            assertThat(m.geom.stats().queuedRequests()).isOne();
        }
        m.md(0).working();
        m.loop.runFor(10 * SECOND);
        assertThat(read.succeeded()).isTrue();
        assertThat(m.geom.stats().queuedRequests()).isZero();
    }

    @Test
    @DisplayName(
            "A geom of which no path passes its checks is BROKEN, though one is called active, and says what was met")
    void nothingAnswers() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.devices.forEach(device -> device.failing(Kind.UNREACHABLE));
        checkAll(m);
        assertThat(m.geom.report().state()).isEqualTo(BROKEN);
        assertThat(m.geom.report().activePaths()).hasSize(1);
        assertThat(m.geom.report().paths())
                .allSatisfy(path -> assertThat(path.detail()).isNotNull());
        m.md(0).working();
        checkAll(m);
        assertThat(m.geom.report().state()).isEqualTo(DEGRADED);
        m.md(1).working();
        checkAll(m);
        assertThat(m.geom.report().state()).isEqualTo(OPTIMAL);
        assertThat(m.geom.report().paths())
                .allSatisfy(path -> assertThat(path.detail()).isNull());
    }

    @Test
    @DisplayName("A geom with one path is BROKEN while that path's checks fail")
    void theOnlyPathDoesNotAnswer() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        m.md(0).failing(Kind.UNREACHABLE);
        check(m);
        assertThat(m.geom.report().state()).isEqualTo(BROKEN);
        m.md(0).working();
        check(m);
        assertThat(m.geom.report().state()).isEqualTo(DEGRADED);
    }

    private static void checkAll(GeomFixture m) throws Exception {
        for (String path : List.of("md0", "md1")) {
            m.geom.check(path);
            m.loop.run();
        }
    }

    @Test
    void requestsThatWaitedLongEnoughFail() {
        NoPath bounds = new NoPath(Duration.ofSeconds(10), 100, 1024);
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withNoPath(bounds), 2);
        m.devices.forEach(device -> device.failing(Kind.UNREACHABLE));
        List<Ask> asks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            asks.add(Ask.read(m.channel, 0, 512));
        }
        m.loop.runFor(9 * SECOND);
        assertThat(asks).noneMatch(Ask::isAnswered);
        m.loop.runFor(2 * SECOND);
        assertThat(asks).allMatch(ask -> ask.kind() == Kind.UNREACHABLE);
    }

    @Test
    void stoppingAnswersThoseWhoWait() {
        NoPath bounds = new NoPath(Duration.ofSeconds(10), 100, 1024);
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withNoPath(bounds), 1);
        m.md(0).failing(Kind.UNREACHABLE);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        var stopped = m.geom.stop();
        m.loop.run();
        assertThat(read.kind()).isEqualTo(Kind.SHUTTING_DOWN);
        assertThat(stopped).isDone();
    }

    // ---- hedged reads

    @Test
    @DisplayName("A slow READ is sent to a second path as well; the first good answer wins, at most 5 % more reads")
    void slowReadsAreHedged() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withHedgeAfter(Duration.ofMillis(10)), 2);
        for (int i = 0; i < 40; i++) {
            Ask.read(m.channel, 0, 512);
            m.loop.run();
        }
        m.md(0).holding();
        List<Ask> slow = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            slow.add(Ask.read(m.channel, 0, 512));
        }
        m.loop.runFor(20_000_000);
        assertThat(slow.stream().filter(Ask::succeeded)).hasSize(2);
        assertThat(m.geom.stats().hedges()).isEqualTo(2);
        m.md(0).letGo();
        m.loop.run();
        assertThat(slow).allMatch(Ask::succeeded);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    @Test
    void aHedgeThatFailsLeavesTheFirstAttemptAlone() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withHedgeAfter(Duration.ofMillis(10)), 2);
        for (int i = 0; i < 40; i++) {
            Ask.read(m.channel, 0, 512);
            m.loop.run();
        }
        m.md(0).holding();
        m.md(1).failing(Kind.DISCONNECTED);
        Ask slow = Ask.read(m.channel, 0, 512);
        m.loop.runFor(20_000_000);
        assertThat(slow.isAnswered()).isFalse();
        m.md(0).letGo();
        assertThat(slow.succeeded()).isTrue();
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    // ---- room on a path

    @Test
    @DisplayName("What is in flight on one path is bounded in bytes; more waits, in order, and is done in the end")
    void aPathIsNotGivenMoreThanItsShare() {
        int mebi = 1 << 20;
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        int most = (int) (LanePath.MOST_BYTES / mebi);
        List<Ask> reads = new ArrayList<>();
        for (int i = 0; i < most + 3; i++) {
            reads.add(Ask.read(m.channel, 0, mebi));
        }
        Ask small = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(m.md(0).received).hasSize(most);
        m.md(0).held.removeFirst().run();
        m.loop.run();
        assertThat(m.md(0).received).hasSize(most + 1);
        assertThat(small.isAnswered()).isFalse();
        m.md(0).letGo();
        m.loop.run();
        assertThat(reads).allMatch(Ask::succeeded);
        assertThat(small.succeeded()).isTrue();
    }

    @Test
    void whoWaitsForRoomFailsOverWithTheRest_andLeavesWithItsClient() {
        int mebi = 1 << 20;
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).silent();
        int most = (int) (LanePath.MOST_BYTES / mebi);
        List<Ask> reads = new ArrayList<>();
        for (int i = 0; i < most + 3; i++) {
            reads.add(Ask.read(m.channel, 0, mebi));
        }
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(reads).allMatch(Ask::succeeded);
        m.md(1).silent();
        for (int i = 0; i < most + 3; i++) {
            reads.add(Ask.read(m.channel, 0, mebi));
        }
        m.channel.close();
        assertThat(reads).allMatch(Ask::isAnswered);
        m.geom.stop();
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(m.geom.stop()).isDone();
    }
}
