package io.ropewalk.engine;

import static io.ropewalk.engine.GeomState.DEGRADED;
import static io.ropewalk.engine.GeomState.OPTIMAL;
import static io.ropewalk.engine.PathState.ACTIVE;
import static io.ropewalk.engine.PathState.FAIL;
import static io.ropewalk.engine.PathState.PASSIVE;
import static io.ropewalk.engine.PathState.READ;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.testing.Ask;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The original's own cases, by their numbers in the specification. T4 and T7 concern devices, not the engine. */
class OriginalCasesTest {

    @Test
    @DisplayName("T1 add: a path that is added is passive")
    void t1_add() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
        m.geom.add(m.newDevice());
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE, PASSIVE);
    }

    @Test
    @DisplayName("T2 create_A: every path is active, named newest first")
    void t2_createActiveActive() {
        new GeomFixture(Mode.ACTIVE_ACTIVE, 2).check("md1 md0", OPTIMAL, ACTIVE, ACTIVE);
    }

    @Test
    @DisplayName("T3 create_R: the first path is active, the other reads")
    void t3_createActiveRead() {
        new GeomFixture(Mode.ACTIVE_READ, 2).check("md0", OPTIMAL, ACTIVE, READ);
    }

    @Test
    @DisplayName("T5 fail: the other path takes over")
    void t5_fail() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
        m.geom.fail("md0", "test");
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    @DisplayName("T6 fail_on_error: a write succeeds through the other path and the first is FAIL")
    void t6_failOnError() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.IO);
        Ask write = Ask.write(m.channel, 0, new byte[4096]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @Test
    @DisplayName("T8 prefer: the named path becomes active")
    void t8_prefer() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 3);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE, PASSIVE);
        m.geom.prefer("md2");
        m.check("md2", OPTIMAL, PASSIVE, PASSIVE, ACTIVE);
    }

    @Test
    @DisplayName("T9 restore: a restored path stays passive, there is no failback")
    void t9_restore() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md0", "test");
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE);
    }

    @Test
    @DisplayName("T10 restore_on_error: a path failed by hand comes back when the last other one fails")
    void t10_restoreOnError() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md0", "test");
        m.md(1).failing(Kind.IO);
        Ask write = Ask.write(m.channel, 0, new byte[4096]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    @Test
    @DisplayName("T10 as well when the last other path is dead rather than answering errors")
    void t10_restoreOnDeadPath() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.geom.fail("md0", "test");
        m.md(1).failing(Kind.DISCONNECTED);
        Ask write = Ask.write(m.channel, 0, new byte[4096]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        m.check("md0", DEGRADED, ACTIVE, FAIL);
    }

    @Test
    @DisplayName("T11 rotate: newest first, md0 to md2 to md1 to md0")
    void t11_rotate() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 3);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE, PASSIVE);
        m.geom.rotate();
        m.check("md2", OPTIMAL, PASSIVE, PASSIVE, ACTIVE);
        m.geom.rotate();
        m.check("md1", OPTIMAL, PASSIVE, ACTIVE, PASSIVE);
        m.geom.rotate();
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE, PASSIVE);
    }

    @Test
    @DisplayName("T12 failloop: when every path fails the write fails, with two restores at most")
    void t12_failLoop() {
        for (Kind kind : new Kind[] {Kind.IO, Kind.DISCONNECTED, Kind.UNREACHABLE}) {
            GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
            m.md(0).failing(kind);
            m.md(1).failing(kind);
            Ask write = Ask.write(m.channel, 0, new byte[4096]);
            m.loop.run();
            assertThat(write.isAnswered()).isTrue();
            assertThat(write.kind()).isEqualTo(kind);
            assertThat(m.eventsOf("restored")).hasSizeLessThanOrEqualTo(2);
            assertThat(m.md(0).received.size() + m.md(1).received.size()).isLessThanOrEqualTo(3);
        }
    }
}
