package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** {@code policies.cache} is changed while something is owed: no debt is forgotten, and none is made up. */
class GeomCacheChangeTest {
    private final GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);

    @Test
    @DisplayName("SHARED to PER_PATH: what a path out of use owes may be lost, and is told once")
    void aFailedPathOwesFromThenOn() throws Exception {
        write();
        m.geom.fail("md0", "test");
        become(Cache.PER_PATH);
        assertFlushFailsOnce();
    }

    @Test
    @DisplayName("SHARED to PER_PATH: a path that came back after it owed may have come back without it")
    void aPathThatCameBackOwesFromThenOn() throws Exception {
        write();
        m.geom.fail("md0", "test");
        m.geom.restore("md0", RestoreTrigger.OPERATOR);
        become(Cache.PER_PATH);
        assertFlushFailsOnce();
    }

    @Test
    @DisplayName("SHARED to PER_PATH: a server that restarted while nothing was asked owes what it had not flushed")
    void anIdleRestartIsOwedFromThenOn() throws Exception {
        withSessions();
        write();
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.loop.run();
        become(Cache.PER_PATH);
        assertFlushFailsOnce();
        assertThat(m.eventsOf("unflushed")).containsExactly("unflushed md0 512 [0+512]");
    }

    @Test
    @DisplayName("SHARED to PER_PATH: a path that was removed takes its debt with it")
    void aRemovedPathOwesFromThenOn() throws Exception {
        write();
        m.geom.remove("md0");
        m.loop.run();
        become(Cache.PER_PATH);
        assertFlushFailsOnce();
    }

    @Test
    @DisplayName("SHARED to PER_PATH: what a FLUSH covered while they were one cache is covered")
    void whatWasCoveredStaysCovered() throws Exception {
        write();
        m.geom.fail("md0", "test");
        m.loop.run();
        assertFlushSucceeds();
        become(Cache.PER_PATH);
        assertFlushSucceeds();
    }

    @Test
    @DisplayName("SHARED to PER_PATH: a path in use that has lived through it owes nothing that a FLUSH does not cover")
    void aPathInUseIsFlushed() throws Exception {
        withSessions();
        write();
        become(Cache.PER_PATH);
        assertFlushSucceeds();
        m.geom.fail("md0", "test");
        m.loop.run();
        assertFlushSucceeds();
    }

    @Test
    @DisplayName("PER_PATH to SHARED: what any path has not flushed is covered by any FLUSH from then on")
    void whatIsOwedIsCoveredByAnyPath() throws Exception {
        become(Cache.PER_PATH);
        write();
        become(Cache.SHARED);
        m.geom.fail("md0", "test");
        m.loop.run();
        assertFlushSucceeds();
    }

    @Test
    @DisplayName("PER_PATH to SHARED: what counted as lost is told all the same, once, and not again on the way back")
    void whatWasLostIsTold() throws Exception {
        become(Cache.PER_PATH);
        write();
        m.geom.fail("md0", "test");
        become(Cache.SHARED);
        assertFlushFailsOnce();
        become(Cache.PER_PATH);
        assertFlushSucceeds();
    }

    @Test
    @DisplayName("A FLUSH that waits for a sign of life is judged by the new rule, and answered")
    void aFlushThatIsCheckedIsJudgedAnew() throws Exception {
        withSessions();
        write();
        m.md(1).holding();
        m.md(0).endSessions();
        m.md(0).beginSessions();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.isAnswered()).isFalse();
        become(Cache.PER_PATH);
        m.md(1).letGo();
        m.loop.run();
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
        assertFlushSucceeds();
    }

    @Test
    @DisplayName(
            "PER_PATH to SHARED: a new session has been vouched for meanwhile, so the old ones may die without a loss")
    void bothProofsAreKeptUp() throws Exception {
        withSessions();
        become(Cache.PER_PATH);
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.loop.run();
        write();
        m.md(1).silent();
        become(Cache.SHARED);
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertFlushSucceeds();
    }

    private void withSessions() {
        m.devices.forEach(ScriptedDevice::withSessions);
        m.loop.run();
    }

    private void become(Cache cache) throws GeomRefusal {
        m.geom.configure(Mode.ACTIVE_PASSIVE, m.geom.policies().withCache(cache));
        m.loop.run();
    }

    private void write() {
        Ask write = Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
    }

    private void assertFlushFailsOnce() {
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
        assertFlushSucceeds();
    }

    private void assertFlushSucceeds() {
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
    }
}
