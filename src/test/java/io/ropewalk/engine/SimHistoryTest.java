package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.engine.SimHistory.Change;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The checker of the simulator, checked. Moments are small numbers in order. */
class SimHistoryTest {
    private final SimHistory history = new SimHistory(4, 1);

    @Test
    void aNewDiskReadsAsZeroes() {
        allowed(0, 0, 1);
        forbidden(0, 17, 1);
    }

    @Test
    void aReadReturnsTheLatestChangeThatEndedBeforeIt() {
        done(history.beginWrite(0, 2, 1), 2);
        done(history.beginWrite(1, 2, 3), 4);
        allowed(0, 1, 5);
        allowed(1, 2, 5);
        forbidden(1, 1, 5);
        forbidden(0, 0, 5);
        allowed(3, 0, 5);
        forbidden(3, 2, 5);
    }

    @Test
    void aReadMayReturnWhatOverlapsItInTime() {
        done(history.beginWrite(0, 1, 1), 2);
        Change late = history.beginWrite(0, 1, 4);
        allowed(0, 1, 3);
        allowed(0, 2, 3);
        done(late, 6);
        allowed(0, 1, 5);
        forbidden(0, 1, 7);
    }

    @Test
    void changesThatOverlapInTimeMayEndInEitherOrder() {
        Change one = history.beginWrite(0, 1, 1);
        Change other = history.beginWrite(0, 1, 2);
        done(one, 3);
        done(other, 4);
        allowed(0, 1, 5);
        allowed(0, 2, 5);
    }

    @Test
    @DisplayName("A change that failed may have taken effect, until one that began later is done")
    void aFailedChangeMayHaveTakenEffect() {
        done(history.beginWrite(0, 1, 1), 2);
        history.failed(history.beginWrite(0, 1, 3), 4);
        allowed(0, 1, 5);
        allowed(0, 2, 5);
        done(history.beginWrite(0, 1, 6), 7);
        forbidden(0, 2, 8);
    }

    @Test
    void aChangeUnderWayIsSupersededByNothing() {
        history.beginWrite(0, 1, 1);
        done(history.beginWrite(0, 1, 2), 3);
        allowed(0, 1, 4);
        allowed(0, 2, 4);
    }

    @Test
    void zeroesAndTrimsAreToldApart() {
        done(history.beginErasure(SimDisk.TRIMMED, 0, 2, 1), 2);
        allowed(0, SimDisk.TRIMMED, 3);
        forbidden(0, SimDisk.ZEROES, 3);
    }

    @Test
    @DisplayName("What was not flushed may be gone after its cache is lost; what was is not")
    void aLostCacheLosesWhatWasNotFlushed() {
        done(history.beginWrite(0, 1, 1), 2);
        history.flushedAtServer(0, 3);
        history.flushed(3);
        done(history.beginWrite(0, 1, 4), 5);
        history.cacheLost(0, 6);
        history.lossNoted(7);
        history.toldOfLoss();
        allowed(0, 1, 7);
        allowed(0, 2, 7);
        forbidden(0, 0, 7);
    }

    @Test
    void aFlushCoversWhatEndedBeforeItBegan() {
        Change change = history.beginWrite(0, 1, 1);
        done(change, 3);
        history.flushed(2);
        history.cacheLost(0, 4);
        allowed(0, 0, 5);
    }

    @Test
    void aFuaChangeIsDurable() {
        history.succeeded(history.beginWrite(0, 1, 1), 3, 0, true, 2);
        history.cacheLost(0, 4);
        forbidden(0, 0, 5);
    }

    @Test
    @DisplayName("A FLUSH does not succeed over what was lost, before clients were told")
    void aFlushDoesNotHideALoss() {
        SimHistory perPath = new SimHistory(1, 2);
        perPath.succeeded(perPath.beginWrite(0, 1, 1), 3, 1, false, 2);
        perPath.cacheLost(1, 4);
        assertThatThrownBy(() -> perPath.flushed(5)).isInstanceOf(SimViolation.class);
        perPath.lossNoted(5);
        perPath.toldOfLoss();
        assertThatCode(() -> perPath.flushed(6)).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("A FLUSH does not succeed that reached another cache than the change, though none is lost")
    void aFlushReachesTheServer() {
        SimHistory perPath = new SimHistory(1, 2);
        perPath.succeeded(perPath.beginWrite(0, 1, 1), 3, 1, false, 2);
        perPath.flushedAtServer(0, 4);
        assertThatThrownBy(() -> perPath.flushed(5)).isInstanceOf(SimViolation.class);
        perPath.flushedAtServer(1, 6);
        assertThatCode(() -> perPath.flushed(7)).doesNotThrowAnyException();
    }

    @Test
    void whatWasAnsweredOutOfALostCacheIsLost() {
        Change change = history.beginWrite(0, 1, 1);
        history.cacheLost(0, 3);
        history.succeeded(change, 4, 0, false, 2);
        allowed(0, 0, 5);
        assertThatThrownBy(() -> history.flushed(6)).isInstanceOf(SimViolation.class);
    }

    @Test
    void aFlushOfTheServerAfterTheLossDoesNotCoverIt() {
        Change change = history.beginWrite(0, 1, 1);
        history.cacheLost(0, 3);
        history.flushedAtServer(0, 4);
        history.succeeded(change, 5, 0, false, 2);
        allowed(0, 0, 6);
    }

    private void done(Change change, long moment) {
        history.succeeded(change, moment, 0, false, moment);
    }

    private void allowed(int block, long version, long readBegin) {
        assertThatCode(() -> history.checkRead(block, version, readBegin)).doesNotThrowAnyException();
    }

    private void forbidden(int block, long version, long readBegin) {
        assertThatThrownBy(() -> history.checkRead(block, version, readBegin)).isInstanceOf(SimViolation.class);
    }
}
