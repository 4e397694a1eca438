package io.ropewalk.api;

import io.ropewalk.inventory.EventPage;
import io.ropewalk.inventory.EventView;
import io.ropewalk.inventory.Inventory;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * The open streams of events, each fed by a virtual thread of its own that waits in the inventory. Ends them before the
 * web server waits for its requests at shutdown. Any thread.
 */
@Component
class EventStreams implements SmartLifecycle {
    /** How many may be open at once. */
    static final int MOST = 100;

    private static final Logger LOG = LoggerFactory.getLogger(EventStreams.class);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final int BATCH = 100;
    private static final long NO_TIMEOUT = 0;

    private final Inventory inventory;
    private final Semaphore free = new Semaphore(MOST);
    private final Set<Thread> feeders = ConcurrentHashMap.newKeySet();
    private final EventStreamLimit limit;
    /** How many of each client are open. */
    private final Map<String, Integer> clients = new ConcurrentHashMap<>();

    private volatile boolean running;

    EventStreams(Inventory inventory, EventStreamLimit limit) {
        this.inventory = inventory;
        this.limit = limit;
    }

    /** 410 when the events after {@code seq} are not known any more; 0 asks for the oldest there are. */
    static void requireKnown(long seq, EventPage page) {
        if (page.compacted() && seq > 0) {
            throw new ApiException(
                    ProblemCode.EVENTS_COMPACTED,
                    "Events after " + seq + " are no longer known, or " + seq + " never was; the newest is "
                            + page.lastSeq() + ".",
                    "Read the geoms and devices anew, then read on with after=" + page.lastSeq() + ".");
        }
    }

    /** A stream of what comes after {@code seq}, for {@code client}. */
    SseEmitter open(long seq, String client) {
        requireKnown(seq, inventory.eventsAfter(seq, 1));
        if (!running) {
            throw new ApiException(
                    ProblemCode.BUSY, "The service is about to stop.", "Try again when it has started anew.");
        }
        if (!free.tryAcquire()) {
            throw new ApiException(
                    ProblemCode.BUSY,
                    "No more than " + MOST + " event streams can be open at once.",
                    "Close one, or read events page by page.");
        }
        enter(client);
        SseEmitter emitter = new SseEmitter(NO_TIMEOUT);
        Thread feeder = Thread.ofVirtual().name("events").unstarted(() -> feed(emitter, seq, client));
        feeders.add(feeder);
        emitter.onCompletion(feeder::interrupt);
        emitter.onError(gone -> feeder.interrupt());
        feeder.start();
        return emitter;
    }

    private void enter(String client) {
        if (clients.merge(client, 1, Integer::sum) > limit.perClient()) {
            leave(client);
            throw new ApiException(
                    ProblemCode.TOO_MANY_REQUESTS,
                    "No more than " + limit.perClient() + " event streams of one client can be open at once.",
                    "Close one, or read events page by page.");
        }
    }

    private void leave(String client) {
        free.release();
        clients.computeIfPresent(client, (key, open) -> open == 1 ? null : open - 1);
    }

    private void feed(SseEmitter emitter, long seq, String client) {
        try {
            emitter.send(SseEmitter.event().comment("from " + seq));
            long last = seq;
            while (running && last >= 0) {
                last = feedOnce(emitter, last);
            }
            emitter.complete();
        } catch (InterruptedException closing) {
            emitter.complete();
        } catch (IOException | IllegalStateException gone) {
            LOG.debug("An event stream ended: {}", gone.toString());
        } finally {
            feeders.remove(Thread.currentThread());
            leave(client);
        }
    }

    /** The seq of the last event that was sent, or -1 when the client was too slow to be told all. */
    private long feedOnce(SseEmitter emitter, long after) throws IOException, InterruptedException {
        EventPage page = inventory.awaitEventsAfter(after, BATCH, HEARTBEAT);
        if (page.compacted() && after > 0) {
            return -1;
        }
        if (page.items().isEmpty()) {
            emitter.send(SseEmitter.event().comment("nothing new"));
        }
        long last = after;
        for (EventView event : page.items()) {
            emitter.send(SseEmitter.event()
                    .id(Long.toString(event.seq()))
                    .name(event.type())
                    .data(EventJson.of(event), MediaType.APPLICATION_JSON));
            last = event.seq();
        }
        return last;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        feeders.forEach(Thread::interrupt);
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
