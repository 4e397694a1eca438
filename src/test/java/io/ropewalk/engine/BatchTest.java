package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a session sends in one turn goes to one path, up to 16 KiB (ADR 24). Listed newest first, so md1 is chosen before md0. */
class BatchTest {
    private static final int PAGE = 4096;

    private final List<List<Integer>> sent = new ArrayList<>();
    private GeomFixture m;

    @Test
    @DisplayName("Twelve reads of 4 KiB sent at once go four by four to the path with the least in flight")
    void fourByFour() {
        m = holding(Mode.ACTIVE_ACTIVE, 3);
        readAtOnce(m.channel, 0, 12);
        assertThat(pagesSentTo(2)).containsExactly(0, 1, 2, 3);
        assertThat(pagesSentTo(1)).containsExactly(4, 5, 6, 7);
        assertThat(pagesSentTo(0)).containsExactly(8, 9, 10, 11);
    }

    @Test
    @DisplayName("What was sent in another turn chooses for itself")
    void aTurnEndsABatch() {
        m = holding(Mode.ACTIVE_ACTIVE, 2);
        readAtOnce(m.channel, 0, 2);
        m.loop.run();
        readAtOnce(m.channel, 2, 2);
        assertThat(pagesSentTo(1)).containsExactly(0, 1);
        assertThat(pagesSentTo(0)).containsExactly(2, 3);
    }

    @Test
    @DisplayName("Each session has its own batch")
    void sessionsDoNotShareOne() {
        m = holding(Mode.ACTIVE_ACTIVE, 2);
        BlockChannel other = m.geom.open(m.loop);
        readAtOnce(m.channel, 0, 1);
        readAtOnce(other, 1, 1);
        assertThat(pagesSentTo(1)).containsExactly(0);
        assertThat(pagesSentTo(0)).containsExactly(1);
    }

    @Test
    @DisplayName("A request of more than 16 KiB shares with nobody")
    void largeOnesChoose() {
        m = holding(Mode.ACTIVE_ACTIVE, 2);
        Ask.read(m.channel, 0, 5 * PAGE);
        Ask.read(m.channel, 5L * PAGE, 5 * PAGE);
        assertThat(pagesSentTo(1)).containsExactly(0);
        assertThat(pagesSentTo(0)).containsExactly(5);
    }

    @Test
    @DisplayName("At depth 1 R9 holds, also where an answer and the next request fall into one turn")
    void depthOne() {
        m = geom(Mode.ACTIVE_ACTIVE, 2);
        m.devices.forEach(ScriptedDevice::answeringAtOnce);
        for (int i = 0; i < 6; i++) {
            assertThat(readAtOnce(m.channel, i, 1)).allMatch(Ask::succeeded);
        }
        assertThat(pagesSentTo(1)).containsExactly(0, 2, 4);
        assertThat(pagesSentTo(0)).containsExactly(1, 3, 5);
    }

    @Test
    @DisplayName("Active/Read: reads go together, what changes goes to the active path")
    void activeRead() {
        m = holding(Mode.ACTIVE_READ, 2);
        Ask.read(m.channel, 0, PAGE);
        Ask.write(m.channel, PAGE, new byte[PAGE]);
        Ask.read(m.channel, 2L * PAGE, PAGE);
        assertThat(pagesSentTo(1)).containsExactly(0, 2);
        assertThat(m.md(0).received).containsExactly(IoOp.WRITE);
    }

    @Test
    @DisplayName("A path that fails in the middle of a batch gets no more of it")
    void aFailedPathLeavesTheBatch() throws Exception {
        m = holding(Mode.ACTIVE_ACTIVE, 2);
        readAtOnce(m.channel, 0, 2);
        m.geom.fail("md1", "test");
        readAtOnce(m.channel, 2, 1);
        assertThat(pagesSentTo(1)).containsExactly(0, 1);
        assertThat(pagesSentTo(0)).containsExactly(2);
    }

    @Test
    @DisplayName("Each request of a batch fails over by itself")
    void aBatchFailsOver() {
        m = geom(Mode.ACTIVE_ACTIVE, 2);
        m.md(1).failing(Kind.DISCONNECTED);
        List<Ask> asks = readAtOnce(m.channel, 0, 4);
        m.loop.run();
        assertThat(asks).allMatch(Ask::succeeded);
        assertThat(pagesSentTo(0)).containsExactly(0, 1, 2, 3);
    }

    private GeomFixture geom(Mode mode, int paths) {
        GeomFixture geom = new GeomFixture(mode, paths);
        for (ScriptedDevice device : geom.devices) {
            List<Integer> pages = new ArrayList<>();
            sent.add(pages);
            device.failingWhere(request -> {
                pages.add((int) (request.offset() / PAGE));
                return null;
            });
        }
        return geom;
    }

    private GeomFixture holding(Mode mode, int paths) {
        GeomFixture geom = geom(mode, paths);
        geom.devices.forEach(ScriptedDevice::holding);
        return geom;
    }

    private List<Integer> pagesSentTo(int path) {
        return sent.get(path);
    }

    private static List<Ask> readAtOnce(BlockChannel session, int firstPage, int pages) {
        return IntStream.range(firstPage, firstPage + pages)
                .mapToObj(page -> Ask.read(session, (long) page * PAGE, PAGE))
                .toList();
    }
}
