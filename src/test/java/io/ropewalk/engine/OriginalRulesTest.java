package io.ropewalk.engine;

import static io.ropewalk.engine.GeomState.BROKEN;
import static io.ropewalk.engine.GeomState.DEGRADED;
import static io.ropewalk.engine.GeomState.OPTIMAL;
import static io.ropewalk.engine.PathState.ACTIVE;
import static io.ropewalk.engine.PathState.FAIL;
import static io.ropewalk.engine.PathState.LOST;
import static io.ropewalk.engine.PathState.PASSIVE;
import static io.ropewalk.engine.PathState.READ;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.GeomRefusal.Reason;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules and quirks of the original that concern requests and paths, and that no other test names. */
class OriginalRulesTest {

    // ---- state

    @Test
    @DisplayName("R1: a geom says its name, type, mode, size and active path; one without label has no UUID")
    void whatAGeomIs() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_READ, 2);
        GeomReport report = m.geom.report();
        assertThat(report.name()).isEqualTo("m");
        assertThat(report.uuid()).isNull();
        assertThat(report.type()).isEqualTo(GeomType.MANUAL);
        assertThat(report.mode()).isEqualTo(Mode.ACTIVE_READ);
        assertThat(report.sizeBytes()).isEqualTo(GeomFixture.SIZE);
        m.check("md0", OPTIMAL, ACTIVE, READ);
    }

    @Test
    @DisplayName("R2: a path that failed and is on its way out is LOST, with what is in flight still counted")
    void lostWinsOverFail() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        m.geom.fail("md0", "test");
        m.check("md1", DEGRADED, FAIL, ACTIVE);
        m.geom.remove("md0");
        m.loop.run();
        m.check("md1", DEGRADED, LOST, ACTIVE);
        assertThat(m.geom.report().paths().getFirst().inFlight()).isEqualTo(1);
        m.md(0).letGo();
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        m.check("md1", DEGRADED, ACTIVE);
    }

    @Test
    @DisplayName("R3: good are the paths that are neither FAIL nor LOST")
    void goodPaths() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 4);
        m.geom.fail("md1", "test");
        m.md(2).holding();
        m.geom.prefer("md2");
        Ask.read(m.channel, 0, 512);
        m.geom.remove("md2");
        m.loop.run();
        assertThat(m.geom.table().usableCount()).isEqualTo(2);
        assertThat(m.geom.table().attachedCount()).isEqualTo(3);
        m.check("md3", DEGRADED, PASSIVE, FAIL, LOST, ACTIVE);
    }

    // ---- choice

    @Test
    @DisplayName("R10: neither how long nor where a request is has a say in its path")
    void choiceIgnoresSizeAndPlace() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        int[] lengths = {512, 65536, 512, 65536, 65536, 512};
        for (int i = 0; i < lengths.length; i++) {
            Ask.read(m.channel, i * 131072L, lengths[i]);
            m.loop.run();
            assertThat(m.md(0).received.size()).isEqualTo((i + 1) / 2);
        }
        assertThat(m.md(1).received).hasSize(3);
    }

    @Test
    @DisplayName("U6: in Active/Active busy paths are spared until the others are as busy")
    void activeActiveBalances() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 3);
        m.md(0).holding();
        m.md(1).holding();
        m.md(2).holding();
        for (int i = 0; i < 9; i++) {
            Ask.write(m.channel, i * 512L, new byte[512]);
            m.loop.run();
        }
        assertThat(m.devices).allSatisfy(device -> assertThat(device.received).hasSize(3));
        m.md(1).letGo();
        m.loop.run();
        m.md(1).holding();
        for (int i = 0; i < 3; i++) {
            Ask.write(m.channel, 65536 + i * 512L, new byte[512]);
            m.loop.run();
        }
        assertThat(m.md(1).received).hasSize(6);
    }

    @Test
    @DisplayName("U7: in Active/Read every change goes to the active path, and moves with it")
    void activeReadPinsChanges() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_READ, 3);
        for (int i = 0; i < 6; i++) {
            Ask.write(m.channel, i * 512L, new byte[512]);
            Ask.of(m.channel, IoOp.TRIM, i * 512L, 512, 0);
            Ask.read(m.channel, i * 512L, 512);
            m.loop.run();
        }
        assertThat(m.md(0).received).filteredOn(op -> op != IoOp.READ).hasSize(12);
        assertThat(m.md(1).received).containsOnly(IoOp.READ);
        assertThat(m.md(2).received).containsOnly(IoOp.READ);
        m.geom.fail("md0", "test");
        Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        assertThat(m.md(2).received.getLast()).isEqualTo(IoOp.WRITE);
    }

    @Test
    @DisplayName("Q13: an idle count does not run over in any time a path can be passed over")
    void idleCountsDoNotWrap() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        LanePath a = lanePath(m, 0);
        LanePath b = lanePath(m, 1);
        a.idle = Integer.MAX_VALUE;
        assertThat(PathSelector.choose(Mode.ACTIVE_ACTIVE, IoOp.READ, new LanePath[] {b, a}, null, 0))
                .isSameAs(a);
    }

    private static LanePath lanePath(GeomFixture m, int slot) {
        ScriptedDevice device = m.md(slot);
        return new LanePath(null, new IoPath(device, slot), null, device.open(m.loop), 0);
    }

    // ---- requests

    @Test
    @DisplayName(
            "R11, R17: without a usable path a request is answered at once; it waits only where that was asked for")
    void withoutPathAtOnce() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 1);
        m.geom.remove("md0");
        m.loop.run();
        m.check("", BROKEN);
        for (IoOp op : new IoOp[] {IoOp.READ, IoOp.TRIM, IoOp.FLUSH}) {
            Ask ask = Ask.of(m.channel, op, 0, op == IoOp.FLUSH ? 0 : 512, 0);
            m.loop.run();
            assertThat(ask.kind()).as(op.name()).isEqualTo(Kind.NO_PATH);
        }
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("R14: a request has at most one attempt more than there are paths")
    void attemptsAreBounded(Mode mode) {
        for (int paths = 1; paths <= 6; paths++) {
            GeomFixture m = new GeomFixture(mode, paths);
            m.devices.forEach(device -> device.failing(Kind.DISCONNECTED));
            Ask read = Ask.read(m.channel, 0, 512);
            m.loop.run();
            assertThat(read.kind()).isEqualTo(Kind.DISCONNECTED);
            int attempts = m.devices.stream()
                    .mapToInt(device -> device.received.size())
                    .sum();
            assertThat(attempts).isBetween(paths, paths + 1);
        }
    }

    @Test
    @DisplayName(
            "R15: a late error of a path that is FAIL already fails it no second time, its request goes on elsewhere")
    void lateErrors() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED).holding();
        List<Ask> asks = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            asks.add(Ask.read(m.channel, i * 512L, 512));
        }
        m.loop.run();
        m.md(0).letGo();
        m.loop.run();
        assertThat(asks).allMatch(Ask::succeeded);
        assertThat(m.eventsOf("failed")).containsExactly("failed md0 DISCONNECTED");
    }

    @Test
    @DisplayName("Q16: an error of a path on its way out fails nothing and tells nothing")
    void lateErrorsOfALostPath() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(Kind.DISCONNECTED).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> removed = m.geom.remove("md0");
        m.md(0).letGo();
        m.loop.run();
        assertThat(removed).isDone();
        assertThat(read.succeeded()).isTrue();
        assertThat(m.eventsOf("failed")).isEmpty();
        m.check("md1", DEGRADED, ACTIVE);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"TIMEOUT", "PROTOCOL", "UNREACHABLE", "IDENTITY", "GONE", "NOT_PERMITTED", "NO_MEMORY"})
    @DisplayName("U11: whatever breaks a way, the request goes another one and its path is FAIL")
    void otherErrorsOfThePathFailOver(Kind kind) {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(kind);
        Ask write = Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        assertThat(write.succeeded()).isTrue();
        m.check("md1", DEGRADED, FAIL, ACTIVE);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"NO_SPACE", "READ_ONLY", "NOT_SUPPORTED", "INVALID"})
    @DisplayName("U11: what speaks of the request itself goes to the client and harms no path")
    void errorsOfTheRequestDoNot(Kind kind) {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(0).failing(kind);
        Ask write = Ask.write(m.channel, 0, new byte[512]);
        m.loop.run();
        assertThat(write.kind()).isEqualTo(kind);
        m.check("md0", OPTIMAL, ACTIVE, PASSIVE);
    }

    // ---- open, add, remove

    @Test
    @DisplayName("R18, Q3: a geom opens whatever its paths are like, and ends when its last user has gone")
    void openingNeverFails() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 3);
        m.geom.fail("md1", "test");
        m.md(2).failing(Kind.UNREACHABLE);
        BlockChannel second = m.geom.open(m.loop);
        Ask read = Ask.read(second, 0, 512);
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        assertThat(m.geom.report().openChannels()).isEqualTo(2);
        second.close();
        m.channel.close();
        m.loop.run();
        assertThat(m.geom.report().openChannels()).isZero();
    }

    @Test
    @DisplayName("R19: passive and failed paths are opened with the active one, and closed with it")
    void everyPathIsOpened() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 3);
        m.geom.fail("md2", "test");
        m.loop.run();
        assertThat(m.devices)
                .allSatisfy(device -> assertThat(device.openChannels).isEqualTo(1));
        m.geom.stop();
        m.loop.run();
        assertThat(m.devices)
                .allSatisfy(device -> assertThat(device.openChannels).isZero());
    }

    @Test
    @DisplayName("R21: a device that is a path already is refused; one that is new comes first in the order of choice")
    void addingIsAtTheHead() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_ACTIVE, 2);
        assertThatThrownBy(() -> m.geom.add(m.md(1)))
                .isInstanceOfSatisfying(
                        GeomRefusal.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(Reason.PATH_EXISTS));
        m.geom.add(m.newDevice());
        m.check("md2 md1 md0", OPTIMAL, ACTIVE, ACTIVE, ACTIVE);
    }

    @Test
    @DisplayName("R22: a geom of which nothing is known takes its size and sectors from its devices")
    void sizeOfTheFirst() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        assertThat(m.geom.geometry().sizeBytes()).isEqualTo(m.md(0).geometry().sizeBytes());
        assertThat(m.geom.geometry().sectorSize()).isEqualTo(m.md(0).geometry().sectorSize());
    }

    @Test
    @DisplayName("R32, Q34: a path that has drained is gone, its channels closed, and that is told once")
    void removedOnce() throws Exception {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        m.md(1).holding();
        m.geom.prefer("md1");
        Ask.read(m.channel, 0, 512);
        m.geom.remove("md1");
        m.geom.depart("md1", "gone as well");
        m.loop.run();
        assertThat(m.eventsOf("removed")).isEmpty();
        m.md(1).letGo();
        m.loop.run();
        assertThat(m.eventsOf("lost")).containsExactly("lost md1");
        assertThat(m.eventsOf("removed")).containsExactly("removed md1");
        assertThat(m.md(1).openChannels).isZero();
        m.check("md0", DEGRADED, ACTIVE);
    }

    @Test
    @DisplayName("U5, Q15: a path that is removed with requests in flight answers them, or is given up by its deadline")
    void removedWithRequestsInFlight() throws Exception {
        Policies quick = Policies.DEFAULT.withAttemptTimeout(Duration.ofSeconds(1));
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, quick, 2);
        m.md(0).silent();
        Ask read = Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> removed = m.geom.remove("md0");
        m.loop.run();
        assertThat(removed).isNotDone();
        m.loop.runFor(Duration.ofSeconds(2).toNanos());
        assertThat(removed).isDone();
        assertThat(read.succeeded()).isTrue();
        m.check("md1", DEGRADED, ACTIVE);
    }

    @Test
    @DisplayName("U3, Q37: who stops a geom in use learns when the last request is answered, not before")
    void stopWhileOpen() {
        GeomFixture m = new GeomFixture(Mode.ACTIVE_PASSIVE, 2);
        ScriptedDevice active = m.md(0).holding();
        Ask read = Ask.read(m.channel, 0, 512);
        CompletableFuture<Void> stopped = m.geom.stop();
        m.loop.run();
        assertThat(stopped).isNotDone();
        active.letGo();
        m.loop.run();
        assertThat(read.succeeded()).isTrue();
        assertThat(stopped).isDone();
        assertThat(m.devices)
                .allSatisfy(device -> assertThat(device.openChannels).isZero());
    }
}
