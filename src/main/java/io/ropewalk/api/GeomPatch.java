package io.ropewalk.api;

import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomSettings;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a merge-patch (RFC 7396) may change of a geom. A member set to null goes back to its default. */
@Schema(
        name = "GeomPatch",
        description = "A merge-patch (RFC 7396): what is left out stays, what is null goes back to its default.",
        example = "{\"mode\":\"ACTIVE_ACTIVE\",\"policies\":{\"attemptTimeout\":\"PT1S\"}}")
record GeomPatch(
        @Schema(description = "Which paths serve which requests.") @Nullable Mode mode,

        @Schema(description = "What is left out stays.") @Nullable PoliciesJson policies) {
    private static GeomPatch of(GeomSettings settings) {
        return new GeomPatch(settings.mode(), PoliciesJson.of(settings.policies()));
    }

    /**
     * Applies {@code patch} to {@code settings}.
     *
     * @throws ApiException when the patch is not of this shape, or values are out of their ranges
     */
    static GeomSettings apply(ObjectNode patch, GeomSettings settings, Policies defaults, JsonMapper json) {
        GeomPatch result = MergePatch.apply(patch, of(settings), GeomPatch.class, json);
        return new GeomSettings(
                Objects.requireNonNullElse(result.mode, Mode.ACTIVE_PASSIVE),
                result.policies == null ? defaults : result.policies.toPolicies(otherwise(patch, settings, defaults)));
    }

    /** The one policy that may be null stays so where the patch does not name it, whatever its default has become. */
    private static Policies otherwise(ObjectNode patch, GeomSettings settings, Policies defaults) {
        return patch.path("policies").has("hedgeAfter")
                ? defaults
                : defaults.withHedgeAfter(settings.policies().hedgeAfter());
    }
}
