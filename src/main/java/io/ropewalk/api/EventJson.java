package io.ropewalk.api;

import io.ropewalk.inventory.EventView;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An event. */
@Schema(name = "Event", description = "Something that happened.")
record EventJson(
        @Schema(description = "Increases with every event, over restarts too.", example = "42")
        long seq,

        @Schema(description = "When it happened.") Instant time,

        @Schema(description = "What happened.", example = "path.failed")
        String type,

        @Schema(description = "The geom that it is about; null when it is about none.", example = "demo") @Nullable String geom,

        @Schema(
                description = "The path, or the device, that it is about; null when it is about neither.",
                example = "demo-a")
        @Nullable String path,

        @Schema(description = "More words by name.", example = "{\"reason\":\"OPERATOR\"}")
        Map<String, String> detail) {
    static EventJson of(EventView view) {
        return new EventJson(view.seq(), view.time(), view.type(), view.geom(), view.path(), view.detail());
    }

    /** Some events. */
    @Schema(name = "EventList", description = "Events, the oldest first.")
    record Listing(
            List<EventJson> items,

            @Schema(description = Docs.NEXT_PAGE, example = "42") @Nullable String nextPageToken,

            @Schema(description = "The newest event there was; read on with after=lastSeq.", example = "42")
            long lastSeq) {}
}
