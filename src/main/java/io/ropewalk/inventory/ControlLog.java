package io.ropewalk.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.slf4j.event.Level;

/**
 * Writes events to the log, on a thread of its own, so that a slow log holds up nothing. Events of one type on one
 * path that repeat are written {@value #BURST} times in {@value #WINDOW_SECONDS} s, then counted (Q39).
 */
final class ControlLog implements AutoCloseable {
    static final int BURST = 5;
    static final int WINDOW_SECONDS = 10;

    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    private static final Duration WINDOW = Duration.ofSeconds(WINDOW_SECONDS);
    private static final Duration TURN = Duration.ofSeconds(1);
    private static final int PAGE = 256;
    /** What somebody sent must not begin a line of its own. */
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    private static final int MOST_RUNS = 10_000;
    private static final Set<String> WARNINGS = Set.of(
            "path.failed",
            "path.lost",
            "path.unflushed-lost",
            "path.unfenced",
            "geom.degraded",
            "geom.broken",
            "device.unreachable",
            "device.vanished",
            "label.refused",
            "label.left",
            "label.missing",
            "geom.not-resized",
            "geom.named-temporarily");

    private final EventLog events;
    private final BiConsumer<Level, String> out;
    /** The oldest first. */
    private final Map<Key, Run> runs = new LinkedHashMap<>();

    private final Thread thread;
    private volatile boolean closing;
    private long seen;

    private record Key(String type, String geom, String path) {}

    /** Like events since {@code start}. */
    private static final class Run {
        final Instant start;
        int count;

        Run(Instant start) {
            this.start = start;
        }
    }

    /** Starts at the next event. */
    ControlLog(EventLog events) {
        this(events, (level, line) -> LOG.atLevel(level).log(line));
    }

    ControlLog(EventLog events, BiConsumer<Level, String> out) {
        this.events = events;
        this.out = out;
        this.seen = events.lastSeq();
        this.thread = Thread.ofPlatform().name("control-log").daemon().start(this::run);
    }

    private void run() {
        try {
            while (!closing || seen < events.lastSeq()) {
                EventPage page = events.awaitAfter(seen, PAGE, closing ? Duration.ZERO : TURN);
                write(page);
            }
            endRuns(Instant.MAX);
        } catch (InterruptedException e) {
            // We were asked to end at once.
        }
    }

    private void write(EventPage page) {
        if (page.compacted()) {
            out.accept(Level.WARN, "Some events came too fast to be logged");
        }
        for (EventView event : page.items()) {
            write(event);
            seen = event.seq();
        }
        if (page.items().isEmpty()) {
            seen = page.lastSeq();
            endRuns(events.now().minus(WINDOW));
        }
    }

    private void write(EventView event) {
        endRuns(event.time().minus(WINDOW));
        Run run = runs.computeIfAbsent(keyOf(event), key -> new Run(event.time()));
        run.count++;
        if (run.count <= BURST) {
            writeTraced(event);
        }
    }

    private void writeTraced(EventView event) {
        String trace = event.detail().get(VerbContext.TRACE);
        if (trace != null) {
            MDC.put(VerbContext.LOGGED_TRACE, trace);
        }
        out.accept(levelOf(event), lineOf(event));
        MDC.remove(VerbContext.LOGGED_TRACE);
    }

    /** Forgets the runs that began before {@code limit}, and says how much of them was not written. */
    private void endRuns(Instant limit) {
        Iterator<Map.Entry<Key, Run>> oldestFirst = runs.entrySet().iterator();
        while (oldestFirst.hasNext()) {
            Map.Entry<Key, Run> oldest = oldestFirst.next();
            if (runs.size() <= MOST_RUNS && !oldest.getValue().start.isBefore(limit)) {
                return;
            }
            oldestFirst.remove();
            tellSuppressed(oldest.getKey(), oldest.getValue().count - BURST);
        }
    }

    private void tellSuppressed(Key key, int suppressed) {
        if (suppressed > 0) {
            String about = about(key.geom(), key.path());
            out.accept(
                    Level.INFO, key.type() + about + ": " + suppressed + " more like it in " + WINDOW_SECONDS + " s");
        }
    }

    private static Key keyOf(EventView event) {
        return new Key(event.type(), orEmpty(event.geom()), orEmpty(event.path()));
    }

    private static Level levelOf(EventView event) {
        return WARNINGS.contains(event.type()) ? Level.WARN : Level.INFO;
    }

    private static String lineOf(EventView event) {
        String about = about(orEmpty(event.geom()), orEmpty(event.path()));
        String line = event.type() + about + (event.detail().isEmpty() ? "" : " " + event.detail());
        return CONTROL.matcher(line).replaceAll("?");
    }

    private static String about(String geom, String path) {
        return (geom.isEmpty() ? "" : " geom=" + geom) + (path.isEmpty() ? "" : " path=" + path);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** Writes what there is, then ends; waits for it, bounded. */
    @Override
    public void close() {
        closing = true;
        events.end();
        try {
            if (!thread.join(Duration.ofSeconds(2))) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
