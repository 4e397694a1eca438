package io.ropewalk.engine;

import io.ropewalk.engine.PathEntry.Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The state of a geom: its paths, newest first as the original lists them (G1), which one is active, and the mode. An
 * immutable value; every change is a pure function to a new table and the events that tell of it. All rules about
 * path states live here and nowhere else:
 *
 * <pre>
 *              add                    fault (R4)                restore, all-failed restore (R4)
 *   (nothing) ─────► USABLE ────────────────────────► FAIL ─────────────────────────────────────► USABLE, epoch + 1
 *                      │                                │
 *                      └───────────── depart (R31, R46) ┴───────► LOST ───── drained (R32) ─────► (nothing)
 * </pre>
 *
 * The count of usable paths is always derived from the entries, never kept beside them (Q1).
 *
 * @param active the path that R7 and R8 name; one of the usable entries, or null when there is none
 * @param stopping the geom takes no more requests
 */
record PathTable(
        Mode mode, List<PathEntry> newestFirst, @Nullable IoPath active, boolean stopping) {

    /** A new table and what led to it. */
    record Change(PathTable table, List<PathEvent> events) {}

    PathTable {
        newestFirst = List.copyOf(newestFirst);
    }

    static PathTable empty(Mode mode) {
        return new PathTable(mode, List.of(), null, false);
    }

    // ---- questions

    long usableCount() {
        return newestFirst.stream().filter(PathEntry::isUsable).count();
    }

    /** Paths that are not LOST. */
    long attachedCount() {
        return newestFirst.stream().filter(entry -> !entry.isLost()).count();
    }

    Optional<PathEntry> find(IoPath path) {
        return newestFirst.stream().filter(entry -> entry.path() == path).findFirst();
    }

    /** The path that opens the device of that name, LOST ones included. */
    Optional<PathEntry> find(String device) {
        return newestFirst.stream()
                .filter(entry -> entry.path().name().equals(device))
                .findFirst();
    }

    /** R52; and BROKEN when all that is known is that nothing answers: R4 to R6 leave a usable path whatever fails. */
    GeomState state() {
        if (stopping) {
            return GeomState.STOPPING;
        }
        long usable = usableCount();
        if (usable == 0 || newestFirst.stream().noneMatch(PathEntry::answers)) {
            return GeomState.BROKEN;
        }
        return usable == attachedCount() && usable > 1 ? GeomState.OPTIMAL : GeomState.DEGRADED;
    }

    /** R52. */
    PathState stateOf(PathEntry entry) {
        return switch (entry.condition()) {
            case LOST -> PathState.LOST;
            case FAIL -> PathState.FAIL;
            case USABLE -> {
                if (mode == Mode.ACTIVE_ACTIVE || entry.path() == active) {
                    yield PathState.ACTIVE;
                }
                yield mode == Mode.ACTIVE_READ ? PathState.READ : PathState.PASSIVE;
            }
        };
    }

    /** R50: the active path, in Active/Active every usable one, newest first. */
    List<IoPath> activePaths() {
        if (mode != Mode.ACTIVE_ACTIVE) {
            return active == null ? List.of() : List.of(active);
        }
        return newestFirst.stream()
                .filter(PathEntry::isUsable)
                .map(PathEntry::path)
                .toList();
    }

    /** The first slot from {@code from} on, wrapping round, that no path has, LOST ones included. */
    int freeSlot(int from) {
        long taken = 0;
        for (PathEntry entry : newestFirst) {
            taken |= entry.path().bit();
        }
        return (from + Long.numberOfTrailingZeros(Long.rotateRight(~taken, from))) % Long.SIZE;
    }

    // ---- changes

    /** R21, R23, R24: a path joins, clean; it becomes active when none is. */
    Change add(IoPath path, Instant now) {
        List<PathEntry> entries = new ArrayList<>(newestFirst);
        entries.addFirst(PathEntry.added(path, now));
        Draft draft = new Draft(entries);
        draft.tell(new PathEvent.Added(path));
        draft.activateIfNone();
        return draft.change();
    }

    /** R4, R5: an error, a missed deadline or a check put the path out of use. */
    Change fault(IoPath path, Failure failure, Instant now) {
        Draft draft = new Draft(newestFirst);
        draft.replace(path, entry -> entry.failed(failure, now));
        draft.tell(new PathEvent.Failed(path, failure));
        draft.afterFault(path, now);
        return draft.change();
    }

    /**
     * R44, R45: as {@link #fault}, but the event comes after those of the restores it causes (R53).
     *
     * @param draining what it owes is to be flushed there first
     */
    Change failByOperator(IoPath path, String why, boolean draining, Instant now) {
        Failure failure = new Failure(FailReason.OPERATOR, why, null);
        Draft draft = new Draft(newestFirst);
        draft.replace(path, entry -> entry.failed(failure, now).withDraining(draining));
        draft.afterFault(path, now);
        draft.tell(new PathEvent.Failed(path, failure));
        return draft.change();
    }

    /** What a failed path owes is to be flushed there, or that is over. */
    Change withDraining(IoPath path, boolean isNow) {
        Draft draft = new Draft(newestFirst);
        draft.replace(path, entry -> entry.withDraining(isNow));
        return draft.change();
    }

    /** A check has ended; {@code why} is null when it passed. */
    Change checked(IoPath path, @Nullable String why) {
        Draft draft = new Draft(newestFirst);
        draft.replace(path, entry -> entry.withCheckFailure(why));
        return draft.change();
    }

    /** A failed path stays out for another reason. */
    Change keepOut(IoPath path, Failure why) {
        Draft draft = new Draft(newestFirst);
        draft.replace(path, entry -> entry.stillFailed(why));
        draft.tell(new PathEvent.Failed(path, why));
        return draft.change();
    }

    /** R44, and Q1: it becomes active when none is. */
    Change restore(IoPath path, RestoreTrigger trigger, Instant now) {
        Draft draft = new Draft(newestFirst);
        draft.restore(path, trigger, now);
        draft.activateIfNone();
        return draft.change();
    }

    /** R31, R46: the path is on its way out; nothing new is sent there. */
    Change depart(IoPath path, String why, Instant now) {
        Draft draft = new Draft(newestFirst);
        draft.replace(path, entry -> entry.lost(now));
        draft.tell(new PathEvent.Lost(path, why));
        draft.afterFault(path, now);
        return draft.change();
    }

    /** R32: nothing is in flight there any more. */
    Change remove(IoPath path) {
        List<PathEntry> entries = new ArrayList<>(newestFirst);
        entries.removeIf(entry -> entry.path() == path);
        Draft draft = new Draft(entries);
        draft.tell(new PathEvent.Removed(path));
        return draft.change();
    }

    /** R41, in any mode; the path must be usable. */
    Change prefer(IoPath path) {
        Draft draft = new Draft(newestFirst);
        draft.activate(path);
        return draft.change();
    }

    /** R49: the next usable path after the active one in list order, wrapping round. */
    Change rotate() {
        List<IoPath> usable = newestFirst.stream()
                .filter(PathEntry::isUsable)
                .map(PathEntry::path)
                .toList();
        Draft draft = new Draft(newestFirst);
        if (!usable.isEmpty()) {
            draft.activate(usable.get((usable.indexOf(active) + 1) % usable.size()));
        }
        return draft.change();
    }

    /** R43: in-flight requests and the active path stay. */
    PathTable withMode(Mode newMode) {
        return new PathTable(newMode, newestFirst, active, stopping);
    }

    PathTable withStopping() {
        return new PathTable(mode, newestFirst, active, true);
    }

    /** A table in the making. */
    private final class Draft {
        private final List<PathEntry> entries;
        private final List<PathEvent> events = new ArrayList<>();
        private @Nullable IoPath nowActive = active;

        Draft(List<PathEntry> entries) {
            this.entries = new ArrayList<>(entries);
        }

        void tell(PathEvent event) {
            events.add(event);
        }

        void replace(IoPath path, UnaryOperator<PathEntry> change) {
            entries.replaceAll(entry -> entry.path() == path ? change.apply(entry) : entry);
        }

        void restore(IoPath path, RestoreTrigger trigger, Instant now) {
            replace(path, entry -> entry.restored(now));
            tell(new PathEvent.Restored(path, trigger));
        }

        /** What follows when {@code faulted} has just become FAIL or LOST: R4, then R5. */
        void afterFault(IoPath faulted, Instant now) {
            if (entries.stream().noneMatch(PathEntry::isUsable)) {
                restoreTheOthers(faulted, now);
            }
            if (nowActive == faulted) {
                activate(firstUsable());
            }
        }

        /**
         * R4: every failed path but the one just faulted gets another chance; a path that is alone gets it at once. One that
         * was seen to be another disk does not count: to use it is worse than to have none.
         */
        private void restoreTheOthers(IoPath faulted, Instant now) {
            boolean alone = entries.stream()
                            .filter(entry -> !entry.isLost() && !entry.isAnotherDisk())
                            .count()
                    == 1;
            for (PathEntry entry : List.copyOf(entries)) {
                if (entry.isFailed() && !entry.isAnotherDisk() && (alone || entry.path() != faulted)) {
                    restore(entry.path(), RestoreTrigger.ALL_FAILED, now);
                }
            }
        }

        void activateIfNone() {
            if (nowActive == null) {
                activate(firstUsable());
            }
        }

        void activate(@Nullable IoPath path) {
            if (path != nowActive) {
                nowActive = path;
                tell(new PathEvent.ActiveChanged(path));
            }
        }

        private @Nullable IoPath firstUsable() {
            for (PathEntry entry : entries) {
                if (entry.isUsable()) {
                    return entry.path();
                }
            }
            return null;
        }

        Change change() {
            return new Change(new PathTable(mode, entries, nowActive, stopping), List.copyOf(events));
        }
    }
}
