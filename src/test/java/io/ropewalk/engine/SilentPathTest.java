package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoOp;
import io.ropewalk.testing.Ask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A path that says nothing while the others answer: what waits there does not wait for its deadline (ADR 23). md0 is it. */
class SilentPathTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    @DisplayName("READs that wait on a silent path are answered by another within 50 ms, long before the deadline")
    void readsGoElsewhere() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        List<Ask> stuck = fallSilent(m, IoOp.READ);
        m.readOneByOne(100);
        assertThat(stuck).noneMatch(Ask::isAnswered);
        m.loop.runFor(50 * MILLISECOND);
        assertThat(stuck).allMatch(Ask::succeeded);
        assertThat(m.geom.stats().hedges()).isEqualTo(4);
        m.check("md1 md0", GeomState.OPTIMAL, PathState.ACTIVE, PathState.ACTIVE);
    }

    @Test
    @DisplayName("While it says nothing it gets nothing more; at its deadline it fails, and nobody asks twice")
    void itRestsUntilItsDeadline() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        List<Ask> stuck = fallSilent(m, IoOp.READ);
        m.readOneByOne(100);
        m.loop.runFor(50 * MILLISECOND);
        int before = m.md(0).received.size();
        for (int i = 0; i < 15; i++) {
            m.readOneByOne(10);
            m.loop.runFor(100 * MILLISECOND);
        }
        assertThat(m.md(0).received).hasSize(before);
        m.loop.runFor(Policies.DEFAULT.attemptTimeout().toNanos());
        assertThat(stuck).allMatch(Ask::succeeded);
        assertThat(m.eventsOf("failed")).containsExactly("failed md0 TIMEOUT");
        assertThat(m.geom.stats().hedges()).isEqualTo(4);
    }

    @Test
    @DisplayName("Where the others have not answered either, it is the disk that takes long: nothing is sent twice")
    void aSlowDiskIsNotASilentPath() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        m.md(1).holding();
        List<Ask> slow = fallSilent(m, IoOp.READ);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(slow).noneMatch(Ask::isAnswered);
        assertThat(m.geom.stats().hedges()).isZero();
        m.md(0).letGo();
        m.md(1).letGo();
        m.loop.run();
        assertThat(slow).allMatch(Ask::succeeded);
    }

    @Test
    @DisplayName(
            "A path that falls silent while the other rests has all that is in flight: the other takes the READs over")
    void thatTheOtherRestsDoesNotHoldThemUp() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        makeMd1Rest(m);
        int before = m.md(1).received.size();
        List<Ask> stuck = fallSilent(m, IoOp.READ);
        assertThat(stuck).hasSize(8);
        assertThat(m.md(1).received).hasSize(before);
        m.loop.runFor(50 * MILLISECOND);
        assertThat(stuck).allMatch(Ask::succeeded);
        assertThat(m.md(1).received).hasSize(before + 8);
        m.readOneByOne(10);
        assertThat(m.md(1).received).hasSize(before + 18);
    }

    @Test
    @DisplayName("One READ alone is not sent twice, for at depth 1 there is nothing to compare with")
    void atDepthOneNothingIsSentTwice() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        m.md(0).holding();
        m.md(1).holding();
        Ask slow = Ask.read(m.channel, 0, 4096);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(slow.isAnswered()).isFalse();
        assertThat(m.geom.stats().hedges()).isZero();
    }

    @Test
    @DisplayName("Active/Passive: what waits on the active path waits for hedgeAfter or its deadline")
    void aPassivePathIsLeftAlone() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.readOneByOne(200);
        List<Ask> stuck = fallSilent(m, IoOp.READ);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(stuck).hasSize(8).noneMatch(Ask::isAnswered);
        assertThat(m.md(1).received).isEmpty();
    }

    @Test
    @DisplayName("A READ that takes 19 ms is not sent twice, whatever the others have done")
    void aHiccupIsNotSilence() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        m.loop.runFor(100 * MILLISECOND);
        List<Ask> slow = fallSilent(m, IoOp.READ);
        m.readOneByOne(100);
        m.loop.runFor(19 * MILLISECOND);
        m.md(0).letGo();
        m.loop.runFor(100 * MILLISECOND);
        assertThat(slow).allMatch(Ask::succeeded);
        assertThat(m.geom.stats().hedges()).isZero();
    }

    @Test
    @DisplayName("Of the READs one in twenty at most is sent twice")
    void sentTwiceIsBounded() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        List<Ask> stuck = fallSilent(m, IoOp.READ);
        m.readOneByOne(50);
        m.loop.runFor(50 * MILLISECOND);
        assertThat(m.geom.stats().hedges()).isEqualTo(2);
        assertThat(stuck.stream().filter(Ask::succeeded)).hasSize(2);
    }

    @Test
    @DisplayName("hedgeAfter counts as well, and sooner where it is shorter")
    void hedgeAfterHolds() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, Policies.DEFAULT.withHedgeAfter(Duration.ofMillis(5)), 2);
        m.readOneByOne(200);
        List<Ask> stuck = fallSilent(m, IoOp.READ);
        m.loop.runFor(10 * MILLISECOND);
        assertThat(stuck).allMatch(Ask::succeeded);
        assertThat(m.geom.stats().hedges()).isEqualTo(4);
    }

    /** One READ on md1 takes 20 ms, while md0 serves a hundred. */
    private static void makeMd1Rest(GeomFixture m) {
        m.md(1).holding();
        Ask slow = Ask.read(m.channel, 0, 4096);
        Ask.read(m.channel, 0, 4096);
        m.loop.run();
        m.readOneByOne(100);
        m.loop.runFor(15 * MILLISECOND);
        m.md(1).letGo();
        m.loop.run();
        assertThat(slow.succeeded()).isTrue();
    }

    /** From now on md0 answers nothing; where none rests, four of eight requests are sent there. */
    private static List<Ask> fallSilent(GeomFixture m, IoOp op) {
        m.md(0).holding();
        List<Ask> sent = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            sent.add(op == IoOp.READ ? Ask.read(m.channel, 0, 4096) : Ask.write(m.channel, 0, new byte[4096]));
        }
        m.loop.run();
        return sent.stream().filter(ask -> !ask.isAnswered()).toList();
    }
}
