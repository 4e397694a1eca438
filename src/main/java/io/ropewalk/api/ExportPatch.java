package io.ropewalk.api;

import io.ropewalk.inventory.ClientNetwork;
import io.ropewalk.inventory.ExportSettings;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a merge-patch (RFC 7396) may change of an export. A member set to null goes back to its default. */
@Schema(
        name = "ExportPatch",
        description = "A merge-patch (RFC 7396): what is left out stays, what is null goes back to its default.",
        example = "{\"allowedClients\":[\"127.0.0.0/8\"]}")
record ExportPatch(
        @Schema(description = "Whether clients may only read.", example = "true") @Nullable Boolean readOnly,

        @Schema(description = AllowedClientsJson.DESCRIPTION, example = "[\"127.0.0.0/8\"]") @Nullable List<@Nullable String> allowedClients) {
    private static ExportPatch of(ExportSettings settings) {
        return new ExportPatch(
                settings.readOnly(),
                settings.allowedClients().stream()
                        .<@Nullable String>map(ClientNetwork::toString)
                        .toList());
    }

    /**
     * Applies {@code patch} to {@code settings}.
     *
     * @throws ApiException when the patch is not of this shape, or a value cannot be
     */
    static ExportSettings apply(ObjectNode patch, ExportSettings settings, JsonMapper json) {
        ExportPatch result = MergePatch.apply(patch, of(settings), ExportPatch.class, json);
        return AllowedClientsJson.settings(Objects.requireNonNullElse(result.readOnly, false), result.allowedClients);
    }
}
