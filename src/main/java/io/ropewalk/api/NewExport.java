package io.ropewalk.api;

import io.ropewalk.inventory.ExportSettings;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotNull;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An export as it should be. */
@Schema(
        name = "NewExport",
        description = "An export as it should be; what is left out has its default.",
        example = "{\"geom\":\"demo\",\"readOnly\":true,\"allowedClients\":[\"127.0.0.0/8\"]}")
record NewExport(
        @Schema(
                description = "The geom that it serves; it must run.",
                example = "demo",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @NotNull(message = "is missing") String geom,

        @Schema(description = "Whether clients may only read; false when left out.", example = "true") @Nullable Boolean readOnly,

        @Schema(description = AllowedClientsJson.DESCRIPTION, example = "[\"127.0.0.0/8\"]") @Nullable List<@NotNull(message = "must not be null") String> allowedClients) {
    ExportSettings settings() {
        return AllowedClientsJson.settings(Objects.requireNonNullElse(readOnly, false), allowedClients);
    }
}
