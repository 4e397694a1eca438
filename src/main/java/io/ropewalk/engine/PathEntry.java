package io.ropewalk.engine;

import io.ropewalk.block.IoError;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How one path is, as one line of a {@link PathTable}. Immutable.
 *
 * @param draining it is FAIL by an operator's word, and what it owes is still to be flushed there ({@link Drain}): until then
 *     nothing counts as lost, and FLUSHes of clients go there as they go to usable paths
 * @param epoch counts how often the path came (back) into use; an error from an earlier epoch says nothing about this one
 *     (Q4)
 * @param damping how often it failed lately, by itself rather than by an operator
 * @param checkFailure what its latest check met; null when that passed, and before the first one
 * @param since when it came into this condition
 */
record PathEntry(
        IoPath path,
        Condition condition,
        @Nullable Failure failure,
        boolean draining,
        int epoch,
        Damping damping,
        @Nullable String checkFailure,
        Instant since) {

    /** The flags of R2, of which only the gravest shows. */
    enum Condition {
        USABLE,
        FAIL,
        LOST
    }

    /**
     * Why a path is FAIL; {@code error} is what a request or check met, null when none did. {@code detail} is for people.
     */
    record Failure(
            FailReason reason, String detail, @Nullable IoError error) {
        static Failure of(FailReason reason, IoError error) {
            return new Failure(reason, error.message(), error);
        }
    }

    static PathEntry added(IoPath path, Instant now) {
        return new PathEntry(path, Condition.USABLE, null, false, 0, Damping.NONE, null, now);
    }

    boolean isUsable() {
        return condition == Condition.USABLE;
    }

    boolean isFailed() {
        return condition == Condition.FAIL;
    }

    boolean isLost() {
        return condition == Condition.LOST;
    }

    boolean isFailedBy(FailReason reason) {
        return failure != null && failure.reason() == reason;
    }

    /**
     * Whether its bytes were compared and found to be another disk's: nothing but an operator brings it back. What a
     * device says by itself (another size, read-only) comes as an error, and nothing is read as long as it says so.
     */
    boolean isAnotherDisk() {
        return isFailedBy(FailReason.IDENTITY) && failure != null && failure.error() == null;
    }

    /** Whether the disk can be reached this way, as far as checks tell; out of use or not. */
    boolean answers() {
        return !isLost() && !isAnotherDisk() && checkFailure == null;
    }

    PathEntry failed(Failure why, Instant now) {
        Damping after = why.reason() == FailReason.OPERATOR ? damping : damping.failedAt(now);
        return new PathEntry(path, Condition.FAIL, why, false, epoch, after, checkFailure, now);
    }

    /** Another reason for staying out; not a new failure. */
    PathEntry stillFailed(Failure why) {
        return new PathEntry(path, Condition.FAIL, why, false, epoch, damping, checkFailure, since);
    }

    /** The same, while what it owes is flushed, and when that is over. */
    PathEntry withDraining(boolean isNow) {
        return new PathEntry(path, condition, failure, isNow, epoch, damping, checkFailure, since);
    }

    /** The same, after a check; null when it passed. */
    PathEntry withCheckFailure(@Nullable String why) {
        return new PathEntry(path, condition, failure, draining, epoch, damping, why, since);
    }

    PathEntry lost(Instant now) {
        return new PathEntry(path, Condition.LOST, null, false, epoch, damping, checkFailure, now);
    }

    PathEntry restored(Instant now) {
        return new PathEntry(path, Condition.USABLE, null, false, epoch + 1, damping, checkFailure, now);
    }
}
