package io.ropewalk.engine;

import static io.ropewalk.engine.GeomState.DEGRADED;
import static io.ropewalk.engine.GeomState.OPTIMAL;
import static io.ropewalk.engine.PathState.ACTIVE;
import static io.ropewalk.engine.PathState.FAIL;
import static io.ropewalk.engine.PathState.PASSIVE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.Capability;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.VirtualLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A path is drained: out of choice at once, and flushed before it is said to be out, so that nobody sees an error. */
class GeomDrainTest {
    private static final long MOMENT = TimeUnit.MILLISECONDS.toNanos(50);

    // ---- what goes well

    @ParameterizedTest
    @EnumSource(Cache.class)
    void aDrainedPathIsFlushedAndOwesNothing(Cache cache) throws Exception {
        GeomFixture m = geom(cache, 2);
        put(m, 0);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "cable");
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        m.loop.runFor(MOMENT);
        assertThat(drained.join()).isEqualTo(Drained.NOTHING);
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE, IoOp.FLUSH);
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        flushSucceeds(m);
        m.geom.remove("md0");
        m.loop.run();
        flushSucceeds(m);
        assertThat(m.eventsOf("unflushed")).isEmpty();
        assertThat(m.geom.debts().losses()).isZero();
    }

    @Test
    @DisplayName("A FLUSH that fails on a draining path which is in use again by then has not covered what it owed")
    void aPathThatIsBackBeforeItsFlushFails() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        m.geom.drain("md0", "cable");
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.md(0).giveUp(IoError.of(Kind.TIMEOUT, "no answer"));
        m.loop.runFor(MOMENT);
        assertThat(flush.kind()).isEqualTo(Kind.IO);
        m.md(0).working();
        flushSucceeds(m);
        assertThat(m.md(0).received.getLast()).isEqualTo(IoOp.FLUSH);
    }

    @Test
    @DisplayName(
            "A second drain, after a restore, tells of the debt although a request from before the restore fails first")
    void aSecondDrainTellsOfTheDebt() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).silent();
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        CompletableFuture<Drained> first = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.loop.runFor(MOMENT);
        assertThat(first).isDone();
        CompletableFuture<Drained> second = m.geom.drain("md0", "");
        m.loop.runFor(2 * Policies.DEFAULT.attemptTimeout().toNanos() + 4 * MOMENT);
        assertThat(read.succeeded()).isTrue();
        assertThat(second.join().lost()).isTrue();
    }

    @Test
    void aPathThatOwesNothingIsNotAskedToFlush() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        flushSucceeds(m);
        m.md(0).received.clear();
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(drained).isCompletedWithValue(Drained.NOTHING);
        assertThat(m.md(0).received).isEmpty();
    }

    @Test
    @DisplayName("A device that knows no FLUSH is drained as before")
    void aDeviceWithoutFlushIsNotAsked() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, perPath(), 2);
        m.md(0).with(m.md(0).capabilities().without(Capability.FLUSH));
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(drained.join().error()).isNull();
        assertThat(m.md(0).received).isEmpty();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    void whatIsUnderWayWhenTheDrainBeginsIsFlushedAsWell() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        m.md(0).holding();
        Ask write = Ask.write(m.channel, 0, new byte[512]);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(drained).isNotDone();
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE);
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        assertThat(write.succeeded()).isTrue();
        assertThat(drained).isCompletedWithValue(Drained.NOTHING);
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE, IoOp.FLUSH);
        flushSucceeds(m);
    }

    @Test
    void whatIsAcknowledgedWhileItIsFlushedIsFlushedAgain() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(m.md(0).received).endsWith(IoOp.FLUSH);
        // The other path refuses every change, so the one that drains is the last resort.
        m.md(1).failingWhere(request -> request.op() == IoOp.WRITE ? IoError.of(Kind.IO, "bad sector") : null);
        m.md(0).letGo();
        Ask write = Ask.write(m.channel, 512, new byte[512]);
        m.loop.runFor(MOMENT);
        assertThat(write.succeeded()).isTrue();
        assertThat(drained.join().lost()).isFalse();
        flushSucceeds(m);
        assertThat(m.geom.debts().losses()).isZero();
    }

    @Test
    void changesOfEveryLaneAreFlushedOnce() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        VirtualLoop otherLoop = new VirtualLoop();
        BlockChannel other = m.geom.open(otherLoop);
        otherLoop.run();
        put(m, 0);
        Ask theirs = Ask.write(other, 4096, new byte[512]);
        otherLoop.run();
        assertThat(theirs.succeeded()).isTrue();
        m.md(0).holding();
        Ask underWay = Ask.write(other, 8192, new byte[512]);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        runBoth(m, otherLoop);
        assertThat(drained).isNotDone();
        assertThat(m.md(0).received).doesNotContain(IoOp.FLUSH);
        m.md(0).letGo();
        runBoth(m, otherLoop);
        assertThat(underWay.succeeded()).isTrue();
        assertThat(drained).isCompletedWithValue(Drained.NOTHING);
        assertThat(m.md(0).received).containsOnlyOnce(IoOp.FLUSH);
        Ask flush = Ask.flush(other);
        runBoth(m, otherLoop);
        assertThat(flush.succeeded()).isTrue();
        flushSucceeds(m);
    }

    @Test
    @DisplayName("A lane whose session began anew does not speak for what an older session had")
    void theOldestSessionIsAsked() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        VirtualLoop otherLoop = new VirtualLoop();
        BlockChannel other = m.geom.open(otherLoop);
        otherLoop.run();
        Ask theirs = Ask.write(other, 4096, new byte[512]);
        otherLoop.run();
        assertThat(theirs.succeeded()).isTrue();
        m.md(0).endSessions();
        m.md(0).beginSessions();
        runBoth(m, otherLoop);
        // Both are new: what was written is lost already, and nobody can say otherwise.
        assertThat(m.geom.debts().losses()).isOne();
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        runBoth(m, otherLoop);
        assertThat(drained.join().lost()).isFalse();
        Ask flush = Ask.flush(other);
        runBoth(m, otherLoop);
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
    }

    // ---- clients meanwhile

    @Test
    void aFlushOfAClientReachesThePathThatDrains() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        Ask flush = Ask.flush(m.channel);
        m.loop.runFor(MOMENT);
        assertThat(flush.isAnswered()).isFalse();
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE, IoOp.READ, IoOp.FLUSH);
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        assertThat(read.succeeded()).isTrue();
        assertThat(flush.succeeded()).isTrue();
        assertThat(drained).isCompletedWithValue(Drained.NOTHING);
        assertThat(m.md(0).received).containsOnlyOnce(IoOp.FLUSH);
    }

    @Test
    void aFlushOfAClientDoesNotSucceedWithoutThePathThatDrains() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.md(0).silent();
        Ask flush = Ask.flush(m.channel);
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
        assertThat(drained.join().lost()).isTrue();
        flushSucceeds(m);
    }

    @Test
    @DisplayName(
            "A FLUSH does not go where it could not be told to which disk the path leads now; its debt is told instead")
    void aSessionInDoubtDoesNotSpeakForAPathThatDrains() throws Exception {
        GeomFixture m = drainingUnderARead(Cache.PER_PATH);
        VirtualLoop otherLoop = new VirtualLoop();
        BlockChannel other = m.geom.open(otherLoop);
        otherLoop.run();
        m.md(0).renewSessions(otherLoop);
        otherLoop.run();
        assertThat(m.geom.debts().losses()).isZero();
        Ask flush = Ask.flush(other);
        runBoth(m, otherLoop);
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        assertThat(m.md(0).received).doesNotContain(IoOp.FLUSH);
    }

    @Test
    @DisplayName("What was acknowledged after the path had failed is not forgotten when it is drained then")
    void whatCameLateIsToldToAFlushThatIsUnderWay() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        m.md(0).holding();
        Ask late = Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        m.geom.fail("md0", "");
        m.md(0).letGo();
        m.loop.run();
        assertThat(late.succeeded()).isTrue();
        m.md(0).holding();
        m.md(1).holding();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        m.md(1).letGo();
        m.loop.run();
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
    }

    // ---- what does not

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"IO", "DISCONNECTED"})
    void aPathThatCannotFlushStaysOutAndItsDebtIsTold(Kind kind) throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        put(m, 4096);
        m.md(0).failingWhere(request -> request.op() == IoOp.FLUSH ? IoError.of(kind, "cannot flush") : null);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(drained.join()).isEqualTo(new Drained(true, 1024, IoError.of(kind, "cannot flush")));
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        assertThat(m.eventsOf("unflushed")).containsExactly("unflushed md0 1024 [0+512, 4096+512]");
        assertThat(m.geom.debts().losses()).isOne();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
        flushSucceeds(m);
    }

    @Test
    void aSilentPathIsGivenUpAfterAnAttemptsTime() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).silent();
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(drained.join().lost()).isTrue();
        assertThat(drained.join().error().kind()).isEqualTo(Kind.TIMEOUT);
        flushFailsOnce(m);
    }

    @Test
    @DisplayName("SHARED: what one path could not flush any other can")
    void underSharedAFailedFlushIsNoLoss() throws Exception {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m, 0);
        m.md(0).failing(Kind.IO);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(drained.join().lost()).isFalse();
        assertThat(m.eventsOf("unflushed")).containsExactly("unflushed md0 512 [0+512]");
        flushSucceeds(m);
    }

    @Test
    void whatDiesWithItsServerWhileItDrainsIsLost() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        m.md(0).working().endSessions();
        m.md(0).beginSessions();
        m.loop.runFor(MOMENT);
        assertThat(drained.join().lost()).isTrue();
        flushFailsOnce(m);
    }

    @Test
    void aDrainThatFailedCanBeAskedForAgain() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).failing(Kind.IO);
        m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        m.md(0).working();
        CompletableFuture<Drained> again = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(again).isCompletedWithValue(Drained.NOTHING);
        assertThat(m.eventsOf("failed")).hasSize(1);
        flushFailsOnce(m);
    }

    @Test
    @DisplayName("A path that failed by itself is told of as before, and not asked")
    void aPathThatFailedByItselfIsNotAsked() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).failing(Kind.DISCONNECTED);
        put(m, 512);
        m.md(0).received.clear();
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(drained).isCompletedWithValue(Drained.NOTHING);
        assertThat(m.md(0).received).isEmpty();
        flushFailsOnce(m);
    }

    @Test
    @DisplayName("fail and remove take a path out at once, as the original does; what it owes is told")
    void thePlainVerbsDoNotFlush() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 3);
        put(m, 0);
        m.geom.fail("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE);
        flushFailsOnce(m);
    }

    @Test
    void failWhileItDrainsLetsItGoOn() throws Exception {
        GeomFixture m = drainingUnderARead(Cache.PER_PATH);
        m.geom.fail("md0", "");
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        assertThat(m.md(0).received).endsWith(IoOp.FLUSH);
        flushSucceeds(m);
    }

    // ---- the drain is called off

    @Test
    void aPathThatIsRestoredWhileItDrainsIsInUseWithWhatItOwes() throws Exception {
        GeomFixture m = drainingUnderARead(Cache.PER_PATH);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
        assertThat(m.md(0).received).doesNotContain(IoOp.FLUSH);
        flushSucceeds(m);
        assertThat(m.md(0).received).endsWith(IoOp.FLUSH);
    }

    @Test
    @DisplayName("R4: a path that drains comes back when all others fail, with what it owes")
    void aPathThatDrainsComesBackInNeed() throws Exception {
        GeomFixture m = drainingUnderARead(Cache.PER_PATH);
        m.md(1).failing(Kind.DISCONNECTED);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        assertThat(read.succeeded()).isTrue();
        m.check("md0", DEGRADED, ACTIVE, FAIL);
        flushSucceeds(m);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPathThatIsRemovedWhileItDrainsTakesItsDebtAlong(boolean answered) throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        m.geom.remove("md0");
        if (answered) {
            m.md(0).letGo();
        }
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(drained.join().lost()).isTrue();
        assertThat(m.geom.report().paths()).hasSize(1);
        flushFailsOnce(m);
    }

    @Test
    void aGeomThatStopsMeanwhileEndsTheDrain() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        Ask.read(m.channel, 0, 512);
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        CompletableFuture<Void> stopped = m.geom.stop();
        m.loop.runFor(MOMENT);
        assertThat(stopped).isNotDone();
        m.md(0).letGo();
        m.loop.runFor(MOMENT);
        assertThat(stopped).isDone();
        assertThat(drained.join().lost()).isFalse();
        assertThat(m.devices).allMatch(device -> device.openChannels == 0);
    }

    @Test
    void aGeomThatStopsWhileThePathIsFlushedEndsTheDrain() throws Exception {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m, 0);
        m.md(0).holding();
        CompletableFuture<Drained> drained = m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        assertThat(m.md(0).received).endsWith(IoOp.FLUSH);
        CompletableFuture<Void> stopped = m.geom.stop();
        m.loop.runFor(MOMENT);
        assertThat(stopped).isDone();
        assertThat(drained.join().lost()).isFalse();
    }

    // ---- inside

    private static GeomFixture geom(Cache cache, int paths) {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(cache), paths);
        m.devices.forEach(ScriptedDevice::withSessions);
        m.loop.run();
        // Not of interest: the sessions' sign of life.
        m.devices.forEach(device -> device.received.clear());
        return m;
    }

    private static Policies perPath() {
        return Policies.DEFAULT.withCache(Cache.PER_PATH);
    }

    /** md0 owes a change, and drains for as long as a read there is not answered. */
    private static GeomFixture drainingUnderARead(Cache cache) throws GeomRefusal {
        GeomFixture m = geom(cache, 2);
        put(m, 0);
        m.md(0).holding();
        Ask.read(m.channel, 0, 512);
        m.geom.drain("md0", "");
        m.loop.runFor(MOMENT);
        return m;
    }

    private static void runBoth(GeomFixture m, VirtualLoop other) {
        for (int i = 0; i < 4; i++) {
            m.loop.runFor(MOMENT);
            other.runFor(MOMENT);
        }
    }

    private static void put(GeomFixture m, long offset) {
        Ask write = Ask.write(m.channel, offset, new byte[512]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
    }

    private static void flushFailsOnce(GeomFixture m) {
        Ask first = Ask.flush(m.channel);
        m.loop.run();
        assertThat(first.error()).isEqualTo(Flushing.LOSS);
        flushSucceeds(m);
    }

    private static void flushSucceeds(GeomFixture m) {
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.error()).isNull();
        assertThat(flush.isAnswered()).isTrue();
    }
}
