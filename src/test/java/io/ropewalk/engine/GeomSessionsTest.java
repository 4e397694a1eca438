package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.Policies.Cache;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Sessions that end while nothing is asked: what was not flushed may be gone, and the next FLUSH says so, once. */
class GeomSessionsTest {

    @Test
    @DisplayName("PER_PATH: a server that restarts while nothing is asked owes what it had not flushed")
    void anIdleRestartIsTold() {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m);
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.loop.run();
        m.check("md0", GeomState.OPTIMAL, PathState.ACTIVE, PathState.PASSIVE);
        flushFailsOnce(m);
        assertThat(m.eventsOf("unflushed")).containsExactly("unflushed md0 512 [0+512]");
    }

    @Test
    @DisplayName("PER_PATH: what was flushed is not owed")
    void nothingIsOwedAfterAFlush() {
        GeomFixture m = geom(Cache.PER_PATH, 2);
        put(m);
        flushSucceeds(m);
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.loop.run();
        flushSucceeds(m);
    }

    @Test
    @DisplayName("SHARED: when every session has ended, the disk may have lost power")
    void whenAllSessionsEndTheCacheMayBeLost() {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m);
        endAll(m);
        flushFailsOnce(m);
        assertThat(m.eventsOf("unflushed")).containsExactly("unflushed md0 512 [0+512]");
    }

    @Test
    @DisplayName("SHARED: a session that has lived on proves that the disk has")
    void oneSessionThatLivesOnVouchesForTheDisk() {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m);
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.loop.run();
        m.md(1).endSessions();
        m.md(1).beginSessions();
        m.loop.run();
        flushSucceeds(m);
    }

    @Test
    @DisplayName("SHARED: a FLUSH that only a new session has answered waits for a sign of life of an old one")
    void aFlushWaitsForAWitness() {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m);
        m.md(1).holding();
        m.md(0).endSessions();
        m.md(0).beginSessions();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        assertThat(flush.isAnswered()).isFalse();
        m.md(1).letGo();
        m.loop.run();
        assertThat(flush.succeeded()).isTrue();
    }

    @Test
    @DisplayName("SHARED: where the old one gives no sign of life, that FLUSH fails")
    void aFlushWithoutWitnessFails() {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m);
        m.md(1).silent();
        m.md(0).endSessions();
        m.md(0).beginSessions();
        Ask flush = Ask.flush(m.channel);
        m.loop.runFor(2 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(flush.error()).isEqualTo(Flushing.LOSS);
        m.md(1).working();
        flushSucceeds(m);
    }

    @Test
    @DisplayName("SHARED: a path that is removed leaves its debt to the others")
    void theDebtOfARemovedPathIsRemembered() throws Exception {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m);
        m.geom.remove("md0");
        m.loop.run();
        m.md(1).endSessions();
        m.md(1).beginSessions();
        m.loop.run();
        flushFailsOnce(m);
    }

    @Test
    void aClientThatGoesAwayWhileItsFlushWaitsIsForgotten() {
        GeomFixture m = geom(Cache.SHARED, 2);
        put(m);
        m.md(1).holding();
        m.md(0).endSessions();
        m.md(0).beginSessions();
        Ask flush = Ask.flush(m.channel);
        m.loop.run();
        m.channel.close();
        assertThat(flush.kind()).isEqualTo(Kind.DISCONNECTED);
        m.md(1).letGo();
        m.loop.run();
        assertThat(m.geom.stop()).isNotDone();
        m.loop.run();
        assertThat(m.geom.stop()).isDone();
    }

    @Test
    @DisplayName("Two new sessions cost one sign of life, not one for ever")
    void vouchingEnds() {
        GeomFixture m = geom(Cache.SHARED, 3);
        put(m);
        m.md(0).endSessions();
        m.md(0).beginSessions();
        m.md(2).endSessions();
        m.md(2).beginSessions();
        m.loop.run();
        int heard = m.md(1).received.size();
        assertThat(m.md(1).received).contains(IoOp.READ);
        m.loop.runFor(10 * m.geom.policies().attemptTimeout().toNanos());
        assertThat(m.md(1).received).hasSize(heard);
        flushSucceeds(m);
    }

    @Test
    @DisplayName("SHARED: a path without sessions that works all the time proves that the disk has lived on")
    void aPathWithoutSessionsVouches() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(Cache.SHARED), 2);
        m.md(1).withSessions();
        m.loop.run();
        put(m);
        m.md(1).endSessions();
        m.md(1).beginSessions();
        m.loop.run();
        flushSucceeds(m);
    }

    private static GeomFixture geom(Cache cache, int paths) {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, Policies.DEFAULT.withCache(cache), paths);
        m.devices.forEach(ScriptedDevice::withSessions);
        m.loop.run();
        return m;
    }

    private static void endAll(GeomFixture m) {
        m.devices.forEach(ScriptedDevice::endSessions);
        m.devices.forEach(ScriptedDevice::beginSessions);
        m.loop.run();
    }

    private static void put(GeomFixture m) {
        Ask write = Ask.write(m.channel, 0, new byte[512]);
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
        assertThat(flush.succeeded()).isTrue();
    }
}
