package io.ropewalk.engine;

import org.jspecify.annotations.Nullable;

/** What a change of a {@link PathTable} did, in the order in which observers hear of it (R53). */
sealed interface PathEvent {
    record Added(IoPath path) implements PathEvent {}

    record Lost(IoPath path, String why) implements PathEvent {}

    record Removed(IoPath path) implements PathEvent {}

    record Failed(IoPath path, PathEntry.Failure failure) implements PathEvent {}

    record Restored(IoPath path, RestoreTrigger trigger) implements PathEvent {}

    record ActiveChanged(@Nullable IoPath path) implements PathEvent {}
}
