package io.ropewalk.api;

import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomSettings;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What a merge-patch (RFC 7396) may change of a geom. A member set to null goes back to its default. */
@Schema(
        name = "GeomPatch",
        description = "A merge-patch (RFC 7396): what is left out stays, what is null goes back to its default.",
        example = "{\"mode\":\"ACTIVE_ACTIVE\",\"policies\":{\"attemptTimeout\":\"PT1S\"}}")
record GeomPatch(
        @Schema(description = "Which paths serve which requests.") @Nullable Mode mode,

        @Nullable PoliciesJson policies) {
    private static GeomPatch of(GeomSettings settings) {
        return new GeomPatch(settings.mode(), PoliciesJson.of(settings.policies()));
    }

    /**
     * Applies {@code patch} to {@code settings}.
     *
     * @throws ApiException when the patch is not of this shape
     * @throws IllegalArgumentException when a value is out of its range
     */
    static GeomSettings apply(ObjectNode patch, GeomSettings settings, Policies defaults, JsonMapper json) {
        JsonNode merged = merge(json.valueToTree(of(settings)), patch);
        GeomPatch result = read(merged, json);
        return new GeomSettings(
                Objects.requireNonNullElse(result.mode, Mode.ACTIVE_PASSIVE),
                result.policies == null ? defaults : result.policies.toPolicies(defaults));
    }

    private static GeomPatch read(JsonNode merged, JsonMapper json) {
        try {
            return json.treeToValue(merged, GeomPatch.class);
        } catch (JacksonException e) {
            throw BodyViolations.describe(e);
        }
    }

    /** RFC 7396, section 2. */
    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes)) {
            return patch;
        }
        ObjectNode result = target instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        changes.forEachEntry((name, change) -> {
            if (change.isNull()) {
                result.putNull(name);
            } else {
                JsonNode before = result.get(name);
                result.set(name, merge(before == null ? JsonNodeFactory.instance.nullNode() : before, change));
            }
        });
        return result;
    }
}
