package io.ropewalk.failover;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** All that the event stream of a service says from now on. */
final class EventTape {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final List<JsonNode> events = new CopyOnWriteArrayList<>();

    private EventTape() {}

    static EventTape of(ServiceProcess service) {
        EventTape tape = new EventTape();
        HttpRequest stream = HttpRequest.newBuilder(service.api("/api/v1/events"))
                .header("Accept", "text/event-stream")
                .build();
        service.http()
                .sendAsync(stream, BodyHandlers.ofLines())
                .thenAccept(answer -> answer.body()
                        .filter(line -> line.startsWith("data:"))
                        .forEach(line -> tape.events.add(JSON.readTree(line.substring("data:".length())))));
        return tape;
    }

    /** When the first event of this type happened; waits for it. */
    Instant await(String type) {
        Awaitility.await("event " + type)
                .atMost(Duration.ofSeconds(60))
                .until(() -> first(type).isPresent());
        return first(type).orElseThrow();
    }

    private Optional<Instant> first(String type) {
        return events.stream()
                .filter(event -> event.path("type").asString("").equals(type))
                .map(event -> Instant.parse(event.path("time").asString()))
                .findFirst();
    }
}
