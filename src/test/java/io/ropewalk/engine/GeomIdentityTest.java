package io.ropewalk.engine;

import static io.ropewalk.engine.GeomState.DEGRADED;
import static io.ropewalk.engine.GeomState.OPTIMAL;
import static io.ropewalk.engine.PathState.ACTIVE;
import static io.ropewalk.engine.PathState.FAIL;
import static io.ropewalk.engine.PathState.PASSIVE;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.ScriptedDevice.Disk;
import io.ropewalk.testing.VirtualLoop;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A session that begins after one has ended may lead to another disk, of the same size: nothing is read there. */
class GeomIdentityTest {
    private static final byte MARK = 7;

    private final Disk other = new Disk(GeomFixture.SIZE);
    private GeomFixture m;

    @BeforeEach
    void aGeom() {
        setUp(Mode.ACTIVE_PASSIVE, Policies.DEFAULT);
    }

    private void setUp(Mode mode, Policies policies) {
        m = new GeomFixture(mode, policies, 2);
        Arrays.fill(m.disk.bytes, MARK);
        m.devices.forEach(ScriptedDevice::withSessions);
        m.loop.run();
    }

    @Test
    @DisplayName("An idle path that comes back as another disk is FAIL IDENTITY before anything is read there")
    void anIdlePathComesBackAsAnotherDisk() {
        setUp(Mode.ACTIVE_ACTIVE, Policies.DEFAULT);
        restartOn(other, 1);
        for (int i = 0; i < 8; i++) {
            readsTheDisk();
        }
        assertThat(m.eventsOf("failed")).containsExactly("failed md1 IDENTITY");
    }

    @Test
    @DisplayName("A lane whose first session begins when the other lanes' have ended looks where it leads, too")
    void theFirstSessionOfALaneIsNotBelievedAfterOthersHaveEnded() {
        setUp(Mode.ACTIVE_ACTIVE, Policies.DEFAULT);
        m.md(1).connectingSlowly();
        VirtualLoop beside = new VirtualLoop();
        BlockChannel another = m.geom.open(beside);
        beside.run();
        restartOn(other, 1);
        for (int i = 0; i < 8; i++) {
            Ask read = Ask.read(another, 0, 512);
            beside.run();
            assertThat(read.bytes()).containsOnly(MARK);
        }
        assertThat(m.eventsOf("failed")).containsExactly("failed md1 IDENTITY");
    }

    @Test
    @DisplayName("SHARED: a FLUSH does not go to a path that may be another disk while there are others")
    void aFlushIsNotLeftToAnotherDisk() {
        m = withThreePaths(Cache.SHARED);
        Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        m.md(0).leadingTo(other).renewSessions(m.loop);
        m.md(2).failing(Kind.PROTOCOL);
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
        assertThat(m.md(0).received).doesNotContain(IoOp.FLUSH);
        assertThat(m.md(1).received).contains(IoOp.FLUSH);
    }

    @Test
    @DisplayName("PER_PATH: what a path that is another disk has said of a FLUSH does not count")
    void whatAnotherDiskFlushedDoesNotCount() {
        m = withThreePaths(Cache.PER_PATH);
        // The path's cache has lived through it, for all that can be told.
        VirtualLoop beside = new VirtualLoop();
        m.geom.open(beside);
        beside.run();
        Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        m.md(0).leadingTo(other).renewSessions(m.loop);
        Ask flush = Ask.flush(m.channel);
        for (int i = 0; i < 100; i++) {
            m.loop.run();
            beside.run();
        }
        assertThat(m.md(0).received).contains(IoOp.FLUSH);
        assertThat(flush.kind()).isEqualTo(Kind.IO);
    }

    @Test
    @DisplayName(
            "PER_PATH: a FLUSH waits for the look at a path of which one session has ended, and counts when it is the disk")
    void aFlushWaitsForTheLook() {
        m = withThreePaths(Cache.PER_PATH);
        VirtualLoop beside = new VirtualLoop();
        m.geom.open(beside);
        beside.run();
        Ask.write(m.channel, 512, new byte[512]);
        m.loop.run();
        m.md(0).renewSessions(m.loop);
        Ask flush = Ask.flush(m.channel);
        for (int i = 0; i < 100; i++) {
            m.loop.run();
            beside.run();
        }
        assertThat(flush.succeeded()).isTrue();
        assertThat(m.md(0).received).contains(IoOp.FLUSH);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE, PASSIVE);
    }

    private GeomFixture withThreePaths(Cache cache) {
        GeomFixture three = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(cache), 3);
        Arrays.fill(three.disk.bytes, MARK);
        three.devices.forEach(ScriptedDevice::withSessions);
        three.loop.run();
        return three;
    }

    @Test
    @DisplayName("The active path, too")
    void theActivePathComesBackAsAnotherDisk() {
        restartOn(other, 0);
        readsTheDisk();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    @DisplayName("A path that comes back as the same disk is used again when that was seen")
    void theSameDiskIsUsedAgain() {
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.md(1).received.clear();
        readsTheDisk();
        assertThat(m.md(1).received).isNotEmpty();
        m.loop.run();
        m.md(1).received.clear();
        readsTheDisk();
        assertThat(m.md(1).received).isEmpty();
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    @Test
    @DisplayName(
            "A failed path that comes back as another disk is not restored by checks, even when it is the disk again")
    void aFailedPathComesBackAsAnotherDisk() throws Exception {
        fail(0);
        restartOn(other, 0);
        check(0);
        check(0);
        assertThat(m.geom.report().paths().getFirst().reason()).isEqualTo(FailReason.IDENTITY);
        assertThat(m.eventsOf("failed")).containsExactly("failed md0 DISCONNECTED", "failed md0 IDENTITY");
        restartOn(m.disk, 0);
        check(0);
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.loop.run();
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
        m.geom.prefer("md0");
        readsTheDisk();
    }

    @Test
    @DisplayName("A failed path that comes back as the same disk is restored by a check")
    void aFailedPathComesBack() throws Exception {
        fail(0);
        restartOn(m.disk, 0);
        check(0);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    @DisplayName("Restored by hand while it is another disk it is looked at first, and FAIL IDENTITY again")
    void restoringByHandLooksFirst() throws Exception {
        setUp(Mode.ACTIVE_ACTIVE, Policies.DEFAULT);
        fail(0);
        restartOn(other, 0);
        check(0);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        for (int i = 0; i < 4; i++) {
            readsTheDisk();
        }
        assertThat(m.geom.report().paths().getFirst().reason()).isEqualTo(FailReason.IDENTITY);
    }

    @Test
    @DisplayName("R4: the all-failed restore does not bring back what was seen to be another disk")
    void anotherDiskIsNotBroughtBackInNeed() throws Exception {
        restartOn(other, 1);
        m.loop.run();
        m.md(0).failing(Kind.DISCONNECTED);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.kind()).isEqualTo(Kind.DISCONNECTED);
        m.md(0).working();
        m.loop.run();
        readsTheDisk();
        assertThat(m.eventsOf("restored")).containsOnly("restored md0 ALL_FAILED");
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    @Test
    @DisplayName("A request that no trusted path can do waits until it is known where the other leads")
    void aRequestWaitsForTheLook() {
        m.md(0).failingWhere(request -> request.offset() == 1024 ? IoError.of(Kind.IO, "bad sector") : null);
        m.md(1).leadingTo(other).endSessions();
        m.md(1).beginSessions();
        Ask read = Ask.read(m.channel, 1024, 512);
        m.loop.run();
        assertThat(read.kind()).isEqualTo(Kind.IO);

        m.md(1).leadingTo(m.disk);
        restartOn(m.disk, 1);
        restoreByHand(1);
        Ask again = Ask.read(m.channel, 1024, 512);
        m.loop.run();
        assertThat(again.bytes()).containsOnly(MARK);
    }

    @Test
    @DisplayName("A trusted path that cannot read vouches for nobody: the next one is asked")
    void aTrustedPathThatCannotReadTellsNothing() {
        m = new GeomFixture(Mode.ACTIVE_ACTIVE, 3);
        Arrays.fill(m.disk.bytes, MARK);
        m.devices.forEach(ScriptedDevice::withSessions);
        m.loop.run();
        m.md(2).failing(Kind.NO_MEMORY);
        restartOn(other, 1);
        for (int i = 0; i < 8; i++) {
            readsTheDisk();
        }
        assertThat(m.eventsOf("failed")).contains("failed md1 IDENTITY");
    }

    @Test
    @DisplayName("What was seen to differ once, and then could not be read again, is not taken for the same")
    void aDifferenceThatCannotBeConfirmedIsNotTheSame() {
        m.md(1).received.clear();
        m.md(0).failingWhere(request -> m.md(1).received.isEmpty() ? null : IoError.of(Kind.NO_MEMORY, "no memory"));
        m.md(1).leadingTo(other).endSessions();
        m.md(1).beginSessions();
        m.loop.run();
        m.md(0).working();
        readsTheDisk();
        m.loop.runFor(m.geom.policies().attemptTimeout().toNanos());
        assertThat(m.eventsOf("failed")).containsExactly("failed md1 IDENTITY");
    }

    @Test
    @DisplayName("What clients write meanwhile is not taken for another disk")
    void changesAreNotAnotherDisk() {
        m.md(0).failingWhere(request -> {
            if (request.op() == IoOp.READ) {
                m.disk.bytes[(int) request.offset()]++;
            }
            return null;
        });
        restartOn(m.disk, 1);
        m.loop.runFor(m.geom.policies().attemptTimeout().toNanos());
        assertThat(m.eventsOf("failed")).isEmpty();
    }

    @Test
    @DisplayName("PER_PATH: what one cache has and the other has not is not another disk; once flushed, it would be")
    void unflushedBytesAreNotAnotherDisk() {
        setUp(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.PER_PATH));
        Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        restartOn(other, 1);
        m.loop.runFor(m.geom.policies().attemptTimeout().toNanos());
        assertThat(m.eventsOf("failed")).isEmpty();
        readsTheDiskAt(4096);
        Ask.flush(m.channel);
        m.loop.runFor(m.geom.policies().attemptTimeout().toNanos());
        assertThat(m.eventsOf("failed")).containsExactly("failed md1 IDENTITY");
    }

    @Test
    @DisplayName("Where there is no other path there is nothing to compare with")
    void theOnlyPathIsBelieved() throws Exception {
        m.geom.remove("md1");
        m.loop.run();
        restartOn(m.disk, 0);
        readsTheDisk();
    }

    @Test
    @DisplayName("A path that is dead behind its ended session is found out by the look, without a request")
    void aDeadIdlePathIsFoundOut() {
        m.md(1).failing(Kind.UNREACHABLE).endSessions();
        m.loop.run();
        assertThat(m.eventsOf("failed")).containsExactly("failed md1 DISCONNECTED");
    }

    @Test
    @DisplayName("A geom that is stopped while a path is looked at ends")
    void aStopDoesNotWaitForALook() {
        m.md(1).holding().endSessions();
        m.md(1).beginSessions();
        m.loop.run();
        m.geom.stop();
        m.loop.run();
        assertThat(m.geom.stop()).isDone();
        assertThat(m.md(0).openChannels + m.md(1).openChannels).isZero();
    }

    private void restartOn(Disk disk, int path) {
        m.md(path).working().leadingTo(disk).endSessions();
        m.md(path).beginSessions();
    }

    private void fail(int path) {
        m.md(path).failing(Kind.DISCONNECTED);
        Ask.read(m.channel, 0, 512);
        m.loop.run();
        m.md(path).working();
    }

    private void check(int path) throws GeomRefusal {
        m.geom.check("md" + path);
        m.loop.run();
    }

    private void restoreByHand(int path) {
        try {
            m.geom.restore("md" + path, RestoreTrigger.OPERATOR);
        } catch (GeomRefusal e) {
            throw new AssertionError(e);
        }
        m.loop.run();
    }

    private void readsTheDisk() {
        readsTheDiskAt(0);
    }

    private void readsTheDiskAt(long offset) {
        Ask read = Ask.read(m.channel, offset, 512);
        m.loop.run();
        assertThat(read.bytes()).containsOnly(MARK);
    }
}
