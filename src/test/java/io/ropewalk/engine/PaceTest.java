package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.testing.Ask;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A path that is much slower than the others rests (ADR 22). In all of these md0 is the slow one. */
class PaceTest {
    private static final long MILLISECOND = 1_000_000;

    @Test
    @DisplayName("A path that answers 10 ms later than the other is left to rest for eight times as long")
    void aSlowPathRests() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        lag(m, 100);
        assertThat(rests(m)).isOne();
        assertThat(sharesOfTwoReads(m)).as("md0, md1").containsExactly(0, 2);
        m.loop.runFor(78 * MILLISECOND);
        assertThat(sharesOfTwoReads(m)).as("md0, md1").containsExactly(0, 2);
        m.loop.runFor(3 * MILLISECOND);
        assertThat(sharesOfTwoReads(m)).as("md0, md1").containsExactly(1, 1);
    }

    @Test
    @DisplayName("After its rest it gets one request at a time, and rests again when that is late as well")
    void itIsTriedWithOneRequest() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        lag(m, 100);
        m.loop.runFor(100 * MILLISECOND);
        m.md(0).holding();
        int before = m.md(0).received.size();
        readOneByOne(m, 50);
        assertThat(m.md(0).received).hasSize(before + 1);
        m.loop.runFor(10 * MILLISECOND);
        m.md(0).letGo();
        m.loop.run();
        assertThat(rests(m)).isEqualTo(2);
        assertThat(sharesOfTwoReads(m)).as("md0, md1").containsExactly(0, 2);
    }

    @Test
    @DisplayName("When that one is in time, requests spread by R9 again")
    void itComesBack() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        lag(m, 100);
        m.loop.runFor(100 * MILLISECOND);
        assertThat(sharesOfTwoReads(m)).as("md0, md1").containsExactly(1, 1);
        assertThat(shares(m, 8)).as("md0, md1").containsExactly(4, 4);
        assertThat(rests(m)).isOne();
    }

    @Test
    @DisplayName("Seven times as slow is not slow, nor is what took less than 1 ms")
    void aLittleSlowerIsNotSlow() {
        GeomFixture seven = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        lag(seven, 7);
        assertThat(rests(seven)).isZero();
        GeomFixture quick = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        quick.md(0).holding();
        readOneByOne(quick, 100);
        quick.md(0).letGo();
        quick.loop.run();
        assertThat(rests(quick)).isZero();
    }

    @Test
    @DisplayName("A long request is not a slow path: bytes are compared, and one kind of operation with its like")
    void onlyLikeIsCompared() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.md(0).holding();
        Ask idle = Ask.read(m.channel, 0, 4096);
        Ask slow = Ask.read(m.channel, 0, 1 << 19);
        readOneByOne(m, 100);
        for (int i = 0; i < 2000; i++) {
            Ask.write(m.channel, 0, new byte[4096]);
            m.loop.run();
        }
        m.loop.runFor(10 * MILLISECOND);
        m.md(0).letGo();
        m.loop.run();
        assertThat(idle.succeeded() && slow.succeeded()).isTrue();
        assertThat(rests(m)).isZero();
    }

    @Test
    @DisplayName("A TRIM weighs no more for being long: one that is answered later than another is not late")
    void aLongTrimIsNotManyTurns() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.md(0).holding();
        Ask first = Ask.of(m.channel, IoOp.TRIM, 0, 1 << 19, 0);
        Ask second = Ask.of(m.channel, IoOp.TRIM, 1 << 19, 1 << 19, 0);
        m.loop.runFor(10 * MILLISECOND);
        m.md(0).letGo();
        m.loop.run();
        assertThat(first.succeeded() && second.succeeded()).isTrue();
        assertThat(rests(m)).isZero();
    }

    @Test
    @DisplayName("At depth 1 no path is slow: they take turns (R9)")
    void atDepthOneTheyTakeTurns() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        for (int i = 0; i < 100; i++) {
            m.md(0).holding();
            Ask.read(m.channel, 0, 4096);
            m.loop.runFor(10 * MILLISECOND);
            m.md(0).letGo();
            m.loop.run();
        }
        assertThat(m.md(0).received).hasSize(50);
        assertThat(rests(m)).isZero();
    }

    @Test
    @DisplayName("A path that rests serves what no other can")
    void aRestingPathIsStillAPath() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        lag(m, 100);
        m.md(1).failing(Kind.DISCONNECTED);
        Ask read = Ask.read(m.channel, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        assertThat(m.md(0).received).endsWith(IoOp.READ);
    }

    /** One READ on md0 takes 10 ms, while md1 serves {@code turns} (R9 begins with md1, the newest). */
    private static void lag(GeomFixture m, int turns) {
        m.md(0).holding();
        Ask.read(m.channel, 0, 4096);
        Ask slow = Ask.read(m.channel, 0, 4096);
        m.loop.run();
        readOneByOne(m, turns - 1);
        m.loop.runFor(10 * MILLISECOND);
        m.md(0).letGo();
        m.loop.run();
        assertThat(slow.succeeded()).isTrue();
    }

    private static void readOneByOne(GeomFixture m, int reads) {
        for (int i = 0; i < reads; i++) {
            Ask.read(m.channel, 0, 4096);
            m.loop.run();
        }
    }

    private static List<Integer> sharesOfTwoReads(GeomFixture m) {
        return shares(m, 2);
    }

    /** How many of so many READs at once go to md0 and md1. */
    private static List<Integer> shares(GeomFixture m, int reads) {
        List<Integer> before = received(m);
        List<Ask> asks = new ArrayList<>();
        for (int i = 0; i < reads; i++) {
            asks.add(Ask.read(m.channel, 0, 4096));
        }
        m.loop.run();
        assertThat(asks).allMatch(Ask::succeeded);
        List<Integer> now = received(m);
        return List.of(now.get(0) - before.get(0), now.get(1) - before.get(1));
    }

    private static List<Integer> received(GeomFixture m) {
        return List.of(m.md(0).received.size(), m.md(1).received.size());
    }

    private static long rests(GeomFixture m) {
        return m.geom.stats().paths().stream()
                .mapToLong(GeomStats.PathStats::rests)
                .sum();
    }
}
