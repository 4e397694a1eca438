package io.ropewalk.inventory;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.inventory.PathDecision.Kind;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The latest decisions about each path of one geom, those included that are not there now. Bounded in paths and in
 * decisions of each. Guarded by the {@link GeomWatch} that has it.
 */
final class PathHistory {
    /** Decisions kept of one path. */
    static final int MOST_DECISIONS = 32;

    private static final int MOST_PATHS = 128;

    private final Supplier<Instant> clock;
    private final Map<String, ArrayDeque<PathDecision>> paths = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, ArrayDeque<PathDecision>> eldest) {
            return size() > MOST_PATHS;
        }
    };
    private @Nullable String active;
    /** What happened last, and so why the active path changes if it does next. */
    private String latest = "there was none";

    PathHistory(Supplier<Instant> clock) {
        this.clock = clock;
    }

    List<PathDecision> of(String path) {
        ArrayDeque<PathDecision> decisions = paths.get(path);
        return decisions == null ? List.of() : List.copyOf(decisions);
    }

    void added(String path) {
        note(path, Kind.ADDED, "Its device is there and fits" + askedFor() + ".");
        latest = path + " was added";
    }

    void lost(String path, String why) {
        note(path, Kind.LOST, "It takes no more requests, because of this: " + why + askedFor() + ".");
        latest = path + " was lost: " + why;
    }

    void removed(String path) {
        note(path, Kind.REMOVED, "Nothing is in flight on it any more.");
    }

    void failed(String path, FailReason reason, String detail) {
        boolean heldBack = reason == FailReason.FLAPPING;
        note(path, heldBack ? Kind.HELD_BACK : Kind.FAILED, reason + ": " + detail + askedFor() + ".");
        latest = path + " failed: " + reason;
    }

    void restored(String path, RestoreTrigger trigger) {
        String why = switch (trigger) {
            case OPERATOR -> "It was restored by hand";
            case CHECKER -> "It passed its check";
            case ALL_FAILED -> "Every other path is out of use, so that it gets another chance whatever failed it";
        };
        note(path, Kind.RESTORED, why + askedFor() + ".");
        latest = path + " was restored";
    }

    /** @param path null when no usable one is left */
    void activeChanged(@Nullable String path) {
        String former = active;
        active = path;
        String asked = askedFor();
        String because = asked.isEmpty() ? ", as " + latest : asked;
        if (path != null) {
            note(path, Kind.CHOSEN, "It became the active path" + because + ".");
        }
        if (former != null && !former.equals(path)) {
            String other = path == null ? "No path is usable now" : path + " became the active path";
            note(former, Kind.STOOD_DOWN, other + because + ".");
        }
    }

    /** Its device could not join, or joins no more. Said once while it stays so. */
    void heldBack(String path, String why) {
        PathDecision last = last(path);
        String sentence = Refusals.sentence(why);
        if (last == null || last.kind() != Kind.HELD_BACK || !last.why().equals(sentence)) {
            note(path, Kind.HELD_BACK, sentence);
        }
    }

    private @Nullable PathDecision last(String path) {
        ArrayDeque<PathDecision> decisions = paths.get(path);
        return decisions == null ? null : decisions.peekLast();
    }

    /** The verb that runs now, if one does; what it did is said before this. */
    private static String askedFor() {
        VerbContext context = VerbContext.current();
        if (context.actor() == null) {
            return "";
        }
        String why = Objects.requireNonNullElse(context.why(), "");
        return ", as asked for by " + context.actor() + (why.isEmpty() ? "" : " (" + why + ")");
    }

    private void note(String path, Kind kind, String why) {
        ArrayDeque<PathDecision> decisions = paths.computeIfAbsent(path, key -> new ArrayDeque<>());
        if (decisions.size() == MOST_DECISIONS) {
            decisions.removeFirst();
        }
        decisions.addLast(new PathDecision(clock.get(), kind, why));
    }
}
