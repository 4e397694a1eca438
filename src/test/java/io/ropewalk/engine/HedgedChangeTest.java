package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import io.ropewalk.testing.Ask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A change that waits on a silent path is sent to another as well, and nothing else touches its range until both copies are
 * answered (ADR 25). md0 is the silent one; of eight changes of 4 KiB each, one after the other from {@link #FIRST} on, it
 * holds four.
 */
class HedgedChangeTest {
    private static final long MILLISECOND = 1_000_000;
    private static final int FIRST = 1 << 16;
    private static final int LENGTH = 4096;

    @ParameterizedTest
    @EnumSource(names = {"WRITE", "TRIM", "WRITE_ZEROES"})
    @DisplayName("Changes that wait on a silent path are answered by another within 50 ms, long before the deadline")
    void changesGoElsewhere(IoOp op) {
        GeomFixture m = shared();
        List<Ask> stuck = fallSilent(m, op);
        assertThat(stuck).noneMatch(Ask::isAnswered);
        m.loop.runFor(50 * MILLISECOND);
        assertThat(stuck).allMatch(Ask::succeeded);
        assertThat(m.geom.stats().hedges()).isEqualTo(4);
        m.check("md1 md0", GeomState.OPTIMAL, PathState.ACTIVE, PathState.ACTIVE);
    }

    @Test
    @DisplayName("What comes later to the same range waits until the silent path has answered, and stands in the end")
    void laterChangesAreNotUndone() {
        GeomFixture m = shared();
        int range = offset(fallSilent(m, IoOp.WRITE));
        m.loop.runFor(50 * MILLISECOND);
        Ask later = write(m, range - LENGTH / 2, 'b');
        Ask beside = write(m, FIRST + 8 * LENGTH, 'c');
        m.loop.run();
        assertThat(later.isAnswered()).isFalse();
        assertThat(beside.succeeded()).isTrue();
        assertThat(m.geom.stats().heldWrites()).isOne();
        m.md(0).letGo();
        m.loop.run();
        assertThat(later.succeeded()).isTrue();
        assertThat(m.geom.stats().heldWrites()).isZero();
        assertThat(Arrays.copyOfRange(m.disk.bytes, range - LENGTH / 2, range + LENGTH / 2))
                .containsOnly('b');
    }

    @Test
    @DisplayName("It waits as well for the second copy, where the first is answered sooner after all")
    void theSecondCopyIsWaitedFor() {
        GeomFixture m = shared();
        List<Ask> stuck = fallSilent(m, IoOp.WRITE);
        m.md(1).holding();
        m.loop.runFor(50 * MILLISECOND);
        m.md(0).letGo();
        assertThat(stuck).allMatch(Ask::succeeded);
        Ask later = write(m, offset(stuck), 'b');
        m.loop.run();
        m.md(1).working();
        assertThat(later.isAnswered()).isFalse();
        assertThat(m.geom.stats().heldWrites()).isOne();
        m.md(1).letGo();
        m.loop.run();
        assertThat(later.succeeded()).isTrue();
        assertThat(m.disk.bytes[offset(stuck)]).isEqualTo((byte) 'b');
    }

    @Test
    @DisplayName("Where the silent path fails at last, the range stays fenced until nothing of it can land any more")
    void theFenceOfTheFailedPathFollows() {
        GeomFixture m = shared();
        int range = offset(fallSilent(m, IoOp.WRITE));
        m.loop.runFor(50 * MILLISECOND);
        Ask later = write(m, range, 'b');
        Settlement settlement = new Settlement();
        m.md(0).giveUp(IoError.of(Kind.TIMEOUT, "given up").unsettled(settlement));
        m.loop.run();
        m.check("md1", GeomState.DEGRADED, PathState.FAIL, PathState.ACTIVE);
        assertThat(later.isAnswered()).isFalse();
        settlement.settle();
        m.loop.run();
        assertThat(later.succeeded()).isTrue();
        assertThat(m.geom.stats().unfencedWrites()).isZero();
    }

    @Test
    @DisplayName("Both copies fail: the change is sent to a third path, and the client is told when that is done")
    void bothCopiesMayFail() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 3);
        m.readOneByOne(400);
        m.md(0).holding();
        List<Ask> sent = IntStream.range(0, 9)
                .mapToObj(i -> write(m, FIRST + i * LENGTH, 'a'))
                .toList();
        m.loop.run();
        m.readOneByOne(200);
        m.md(1).holding();
        m.md(2).holding();
        m.loop.runFor(50 * MILLISECOND);
        int twice = (int) m.geom.stats().hedges();
        assertThat(twice).isPositive();
        assertThat(m.md(1).held).isNotEmpty();
        assertThat(m.md(1).held.size() + m.md(2).held.size()).isEqualTo(twice);
        m.md(1).working();
        m.md(2).working();
        m.md(1).endSessions();
        m.md(0).endSessions();
        m.md(2).letGo();
        m.loop.run();
        assertThat(sent).allMatch(Ask::succeeded);
        assertThat(m.disk.bytes[FIRST]).isEqualTo((byte) 'a');
        m.check("md2", GeomState.DEGRADED, PathState.FAIL, PathState.FAIL, PathState.ACTIVE);
        Ask later = write(m, FIRST, 'b');
        m.loop.run();
        assertThat(later.succeeded()).isTrue();
    }

    @Test
    @DisplayName("A payload stays while a copy is under way, though the client is told and has let go of it")
    void thePayloadIsKept() {
        GeomFixture m = shared();
        List<OwnedWrite> writes = fallSilentWithOwned(m);
        m.loop.runFor(50 * MILLISECOND);
        assertThat(writes).allMatch(write -> write.answered);
        assertThat(writes.stream().filter(write -> write.payload.refCnt() > 0)).hasSize(4);
        Arrays.fill(m.disk.bytes, (byte) 0);
        m.md(0).letGo();
        assertThat(writes).allMatch(write -> write.payload.refCnt() == 0);
        assertThat(m.disk.bytes).contains('p');
    }

    @Test
    @DisplayName("A client that goes away leaves both copies behind, and their fence with them")
    void aClientMayGoAway() {
        GeomFixture m = shared();
        List<OwnedWrite> writes = fallSilentWithOwned(m);
        m.md(1).holding();
        m.loop.runFor(50 * MILLISECOND);
        assertThat(m.geom.stats().hedges()).isEqualTo(4);
        m.channel.close();
        assertThat(writes).allMatch(write -> write.answered);
        BlockChannel next = m.geom.open(m.loop);
        List<Ask> later = IntStream.range(0, 8)
                .mapToObj(i -> Ask.write(next, FIRST + i * LENGTH, new byte[LENGTH]))
                .toList();
        m.md(1).letGo();
        m.loop.run();
        assertThat(later.stream().filter(Ask::isAnswered)).hasSize(4);
        m.md(0).letGo();
        m.loop.run();
        assertThat(later).allMatch(Ask::succeeded);
        assertThat(writes).allMatch(write -> write.payload.refCnt() == 0);
        assertThat(m.disk.bytes).doesNotContain('p');
        assertThat(m.geom.stop()).satisfies(stopped -> m.loop.run()).isDone();
    }

    @Test
    @DisplayName("With PER_PATH the next FLUSH goes to both: either copy may be the one that lasts")
    void bothPathsAreFlushed() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, Policies.DEFAULT.withCache(Policies.Cache.PER_PATH), 2);
        m.readOneByOne(200);
        fallSilent(m, IoOp.WRITE);
        m.loop.runFor(50 * MILLISECOND);
        m.md(0).letGo();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
        assertThat(m.md(0).received.getLast()).isEqualTo(IoOp.FLUSH);
        assertThat(m.md(1).received.getLast()).isEqualTo(IoOp.FLUSH);
    }

    @Test
    @DisplayName("Without fences (quiesce 0) no change is sent twice")
    void notWithoutFences() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, Policies.DEFAULT.withQuiesce(Duration.ZERO), 2);
        m.readOneByOne(200);
        List<Ask> stuck = fallSilent(m, IoOp.WRITE);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(stuck).noneMatch(Ask::isAnswered);
        assertThat(m.geom.stats().hedges()).isZero();
    }

    @Test
    @DisplayName("Active/Read: changes go to one path only, and wait for it")
    void notWhereOnePathIsForChanges() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_READ, 2);
        m.readOneByOne(200);
        List<Ask> stuck = fallSilent(m, IoOp.WRITE);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(stuck).hasSize(8).noneMatch(Ask::isAnswered);
        assertThat(m.md(1).received).doesNotContain(IoOp.WRITE);
    }

    @Test
    @DisplayName("hedgeAfter is for READs: where the others are as slow, no change is sent twice")
    void hedgeAfterIsForReads() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, Policies.DEFAULT.withHedgeAfter(Duration.ofMillis(5)), 2);
        m.readOneByOne(200);
        m.md(1).holding();
        List<Ask> stuck = fallSilent(m, IoOp.WRITE);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(stuck).hasSize(8).noneMatch(Ask::isAnswered);
        assertThat(m.geom.stats().hedges()).isZero();
    }

    @Test
    @DisplayName("A FLUSH is never sent twice")
    void aFlushWaits() {
        GeomFixture m = shared();
        m.md(0).holding();
        List<Ask> flushes =
                IntStream.range(0, 8).mapToObj(i -> Ask.flush(m.channel)).toList();
        m.loop.run();
        m.readOneByOne(200);
        m.loop.runFor(1000 * MILLISECOND);
        assertThat(flushes.stream().filter(ask -> !ask.isAnswered())).hasSize(4);
        assertThat(m.geom.stats().hedges()).isZero();
    }

    @Test
    @DisplayName("FUA goes with both copies")
    void fuaGoesAlong() {
        GeomFixture m = shared();
        m.md(0).holding();
        List<Integer> flags = new ArrayList<>();
        m.md(1).failingWhere(request -> {
            if (request.op() == IoOp.WRITE_ZEROES) {
                flags.add(request.flags());
            }
            return null;
        });
        List<Ask> sent = IntStream.range(0, 8)
                .mapToObj(i -> Ask.of(m.channel, IoOp.WRITE_ZEROES, FIRST + i * LENGTH, LENGTH, IoFlags.FUA))
                .toList();
        m.loop.run();
        keepBusy(m, IoOp.WRITE_ZEROES);
        m.loop.runFor(50 * MILLISECOND);
        assertThat(sent).allMatch(Ask::succeeded);
        assertThat(flags.stream().filter(flag -> flag == IoFlags.FUA)).hasSize(8);
    }

    /** A geom of two paths that has served enough for a few requests to be sent twice. */
    private static GeomFixture shared() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        m.readOneByOne(200);
        return m;
    }

    /** From now on md0 answers nothing, while md1 goes on; what waits there is given back. */
    private static List<Ask> fallSilent(GeomFixture m, IoOp op) {
        m.md(0).holding();
        List<Ask> sent = IntStream.range(0, 8)
                .mapToObj(i -> op == IoOp.WRITE
                        ? write(m, FIRST + i * LENGTH, 'a')
                        : Ask.of(m.channel, op, FIRST + i * LENGTH, LENGTH, 0))
                .toList();
        m.loop.run();
        List<Ask> stuck = sent.stream().filter(ask -> !ask.isAnswered()).toList();
        keepBusy(m, op);
        return stuck;
    }

    private static List<OwnedWrite> fallSilentWithOwned(GeomFixture m) {
        m.md(0).holding();
        List<OwnedWrite> writes = IntStream.range(0, 8)
                .mapToObj(i -> new OwnedWrite(m.channel, FIRST + i * LENGTH))
                .toList();
        m.loop.run();
        m.readOneByOne(100);
        return writes;
    }

    private static void keepBusy(GeomFixture m, IoOp op) {
        for (int i = 0; i < 100; i++) {
            Ask.of(m.channel, op == IoOp.WRITE ? IoOp.WRITE_ZEROES : op, 0, LENGTH, 0);
            Ask.write(m.channel, 0, new byte[LENGTH]);
            m.loop.run();
        }
    }

    private static int offset(List<Ask> stuck) {
        return (int) stuck.getFirst().offset();
    }

    private static Ask write(GeomFixture m, int offset, char with) {
        byte[] bytes = new byte[LENGTH];
        Arrays.fill(bytes, (byte) with);
        return Ask.write(m.channel, offset, bytes);
    }

    /** A WRITE of a client that lets go of its bytes as soon as it is told. */
    private static final class OwnedWrite extends IoRequest {
        private final ByteBuf payload = Unpooled.buffer(LENGTH);
        private boolean answered;

        OwnedWrite(BlockChannel channel, int offset) {
            for (int i = 0; i < LENGTH; i++) {
                payload.writeByte('p');
            }
            askWrite(offset, 0, payload, 0);
            channel.submit(this);
        }

        @Override
        protected void onAnswer() {
            answered = true;
            payload.release();
        }
    }
}
