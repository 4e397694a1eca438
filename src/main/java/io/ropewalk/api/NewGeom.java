package io.ropewalk.api;

import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomSpec;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A geom to make. */
@Schema(
        name = "NewGeom",
        description = "A geom to make.",
        example =
                "{\"name\":\"disk1\",\"mode\":\"ACTIVE_PASSIVE\",\"type\":\"MANUAL\",\"paths\":[\"spare-a\",\"spare-b\"]}")
record NewGeom(
        @Schema(description = Docs.NAME, example = "disk1", requiredMode = Schema.RequiredMode.REQUIRED)
        @NotNull(message = "is missing") String name,

        @Schema(description = "Which paths serve which requests; ACTIVE_PASSIVE when left out.") @Nullable Mode mode,

        @Schema(
                description =
                        "MANUAL: nothing is written to the disk. AUTOMATIC: found by its label. MANUAL when left out.")
        @Nullable GeomType type,

        @Schema(
                description = "Names of registered devices, 1 to 64, that lead to the same disk; the first becomes"
                        + " the active path.",
                example = "[\"spare-a\",\"spare-b\"]",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @NotNull(message = "is missing") @Size(min = 1, max = 64, message = "must name 1 to 64 devices") List<@NotNull(message = "must not be null") String> paths,

        @Nullable PoliciesJson policies) {
    GeomSpec spec(Policies defaults) {
        return new GeomSpec(
                name,
                Objects.requireNonNullElse(type, GeomType.MANUAL),
                Objects.requireNonNullElse(mode, Mode.ACTIVE_PASSIVE),
                policies == null ? defaults : policies.toPolicies(defaults),
                paths);
    }
}
