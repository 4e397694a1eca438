package io.ropewalk.api;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** RFC 7396: what is left out stays, what is null is taken away. Pure. */
final class MergePatch {
    private MergePatch() {}

    /**
     * {@code target} with the patch applied; a member that the patch sets to null is null.
     *
     * @throws ApiException when that is not of the target's shape
     */
    static <T> T apply(ObjectNode patch, T target, Class<T> type, JsonMapper json) {
        JsonNode merged = merge(json.valueToTree(target), patch);
        try {
            return json.treeToValue(merged, type);
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
