package io.ropewalk.api;

import static io.ropewalk.api.ProblemCode.BUSY;
import static io.ropewalk.api.ProblemCode.EVENTS_COMPACTED;

import io.ropewalk.inventory.EventPage;
import io.ropewalk.inventory.Inventory;
import io.swagger.v3.oas.annotations.Hidden;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** What happened and what happens: as pages, or as a stream. */
@RestController
@RequestMapping(Api.BASE + "/events")
@Tag(name = Api.EVENTS_TAG)
class EventsController {
    private static final String LAST_EVENT_ID = "Last-Event-ID";

    private final Inventory inventory;
    private final EventStreams streams;

    EventsController(Inventory inventory, EventStreams streams) {
        this.inventory = inventory;
        this.streams = streams;
    }

    /** Without {@code produces}, so that it is what a client gets that accepts anything. */
    @GetMapping
    @Operation(
            operationId = "listEvents",
            summary = "Events, the oldest first; or as they happen",
            description =
                    "As JSON: one page. With `Accept: text/event-stream`: a stream that goes on, each event with its"
                            + " seq as `id`; it begins after `Last-Event-ID`, else after `after`, else with what comes from now"
                            + " on, and sends a comment when nothing happens for 15 s.")
    @ApiResponse(
            responseCode = "200",
            description = "The events.",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON_VALUE,
                        schema = @Schema(implementation = EventJson.Listing.class)),
                @Content(
                        mediaType = MediaType.TEXT_EVENT_STREAM_VALUE,
                        schema = @Schema(type = "string"),
                        examples =
                                @ExampleObject(
                                        "id:42\nevent:path.failed\ndata:{\"seq\":42,\"type\":\"path.failed\",\"geom\":\"demo\"}\n\n"))
            })
    @Refusals({EVENTS_COMPACTED, BUSY})
    EventJson.Listing list(
            @Parameter(description = "Only events after this seq; the oldest there are when left out.")
                    @RequestParam(required = false)
                    @Min(value = 0, message = "must not be negative") @Nullable Long after,
            @Parameter(
                            description =
                                    "Only the newest so many, the oldest of them first; not with `after` or `pageToken`.")
                    @RequestParam(required = false)
                    @Min(value = 1, message = "must be 1 or more") @Nullable Integer last,
            @Parameter(description = Docs.PAGE_SIZE)
                    @RequestParam(defaultValue = "" + Page.USUAL_SIZE)
                    @Min(value = 1, message = "must be 1 to 1000") @Max(value = Page.LARGEST_SIZE, message = "must be 1 to 1000") int pageSize,
            @Parameter(description = Docs.PAGE_TOKEN) @RequestParam(required = false) @Nullable String pageToken) {
        EventPage page = last != null
                ? newest(last, after == null && pageToken == null, pageSize)
                : page(pageToken != null ? seq("pageToken", pageToken) : after != null ? after : 0, pageSize);
        List<EventJson> items = page.items().stream().map(EventJson::of).toList();
        boolean more = !items.isEmpty() && items.getLast().seq() < page.lastSeq();
        return new EventJson.Listing(items, more ? Long.toString(items.getLast().seq()) : null, page.lastSeq());
    }

    private EventPage page(long after, int pageSize) {
        EventPage page = inventory.eventsAfter(after, pageSize);
        EventStreams.requireKnown(after, page);
        return page;
    }

    private EventPage newest(int count, boolean alone, int pageSize) {
        if (!alone) {
            throw ApiException.parameter("last", "must not come with after or pageToken");
        }
        // Where fewer are known, it is those.
        return inventory.eventsAfter(Math.max(1, inventory.eventsAfter(0, 1).lastSeq() - count), pageSize);
    }

    @Hidden
    @GetMapping(produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    SseEmitter stream(
            @RequestParam(required = false) @Min(value = 0, message = "must not be negative") @Nullable Long after,
            @RequestHeader(name = LAST_EVENT_ID, required = false) @Nullable String lastEventId,
            HttpServletRequest request) {
        long begin = lastEventId != null
                ? seq(LAST_EVENT_ID, lastEventId)
                : after != null ? after : inventory.eventsAfter(0, 1).lastSeq();
        return HttpMethod.HEAD.matches(request.getMethod()) ? nothing() : streams.open(begin, client(request));
    }

    /** A stream has no end, and a HEAD without one would leave nobody else the connection. */
    private static SseEmitter nothing() {
        SseEmitter emitter = new SseEmitter();
        emitter.complete();
        return emitter;
    }

    private static String client(HttpServletRequest request) {
        return Objects.requireNonNullElseGet(
                request.getRemoteUser(), () -> RequestRates.network(request.getRemoteAddr()));
    }

    private static long seq(String name, String value) {
        try {
            long seq = Long.parseLong(value);
            if (seq >= 0) {
                return seq;
            }
        } catch (NumberFormatException notOne) {
            // Said below.
        }
        throw ApiException.parameter(name, "must be the seq of an event");
    }
}
