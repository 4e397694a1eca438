package io.ropewalk.api;

import io.ropewalk.inventory.TasteView;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of tasting a device. */
@Schema(name = "Taste", description = "What came of looking for a label on a device.")
record TasteJson(
        @Schema(description = "The device's name.", example = "spare-a")
        String device,

        @Schema(description = "What was done about it.") TasteView.Outcome outcome,

        @Schema(description = "The geom that it is a path of now; null when of none.") @Nullable String geom,

        @Schema(description = "As read; null when there is none, or it was not read.") @Nullable LabelJson label,

        @Schema(description = "One sentence for people.") String message) {

    @Schema(name = "Tastes", description = "What came of each device, by name.")
    record Listing(List<TasteJson> items) {
        Listing {
            items = List.copyOf(items);
        }
    }

    static TasteJson of(TasteView taste) {
        return new TasteJson(
                taste.device(),
                taste.outcome(),
                taste.geom(),
                taste.label() == null ? null : LabelJson.of(taste.label()),
                taste.message());
    }
}
