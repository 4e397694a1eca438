package io.ropewalk.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;

/**
 * What of one OpenAPI document a client that was written for it would miss, or stumble over, in a later one. What
 * somebody sends may become more, what is answered may become more; nothing may become less or be asked for anew. A new
 * word in an answer's enum is no break: the contract says so.
 */
final class ContractDifference {
    private static final Set<String> METHODS = Set.of("get", "put", "post", "patch", "delete");

    private final Map<String, Object> before;
    private final Map<String, Object> after;
    private final List<String> breaks = new ArrayList<>();
    private final Set<String> seen = new LinkedHashSet<>();

    private ContractDifference(Map<String, Object> before, Map<String, Object> after) {
        this.before = before;
        this.after = after;
    }

    /** A sentence for each break. */
    static List<String> breaks(String before, String after) {
        return new ContractDifference(new Yaml().load(before), new Yaml().load(after)).compare();
    }

    static int major(String document) {
        Map<String, Object> whole = new Yaml().load(document);
        String version = String.valueOf(map(whole, "info").get("version"));
        return Integer.parseInt(version.substring(0, version.indexOf('.')));
    }

    private List<String> compare() {
        map(before, "paths")
                .forEach((path, operations) -> asMap(operations).forEach((method, operation) -> {
                    if (METHODS.contains(method)) {
                        Object now = map(map(after, "paths"), path).get(method);
                        String where = method.toUpperCase(Locale.ROOT) + " " + path;
                        if (now == null) {
                            breaks.add(where + " is gone");
                        } else {
                            operation(where, asMap(operation), asMap(now));
                        }
                    }
                }));
        return breaks;
    }

    private void operation(String where, Map<String, Object> was, Map<String, Object> is) {
        if (!Objects.equals(was.get("operationId"), is.get("operationId"))) {
            breaks.add(where + " has another operationId");
        }
        parameters(where, list(was, "parameters"), list(is, "parameters"));
        body(where, map(was, "requestBody"), map(is, "requestBody"));
        map(was, "responses").forEach((status, response) -> {
            if (status.startsWith("2")) {
                Object now = map(is, "responses").get(status);
                if (now == null) {
                    breaks.add(where + " answers " + status + " no more");
                } else {
                    content(where + " " + status, asMap(response), asMap(now), false);
                }
            }
        });
    }

    private void parameters(String where, Collection<?> was, Collection<?> is) {
        for (Object one : was) {
            Map<String, Object> now = same(asMap(one), is);
            if (now == null) {
                breaks.add(where + " does not know " + asMap(one).get("name") + " any more");
            } else {
                schema(where + " " + asMap(one).get("name"), map(asMap(one), "schema"), map(now, "schema"), true);
            }
        }
        for (Object one : is) {
            Map<String, Object> then = same(asMap(one), was);
            boolean wasRequired = then != null && Boolean.TRUE.equals(then.get("required"));
            if (Boolean.TRUE.equals(asMap(one).get("required")) && !wasRequired) {
                breaks.add(where + " asks for " + asMap(one).get("name"));
            }
        }
    }

    private static @Nullable Map<String, Object> same(Map<String, Object> parameter, Collection<?> among) {
        return among.stream()
                .map(ContractDifference::asMap)
                .filter(other -> Objects.equals(other.get("name"), parameter.get("name"))
                        && Objects.equals(other.get("in"), parameter.get("in")))
                .findFirst()
                .orElse(null);
    }

    private void body(String where, Map<String, Object> was, Map<String, Object> is) {
        if (was.isEmpty()) {
            if (Boolean.TRUE.equals(is.get("required"))) {
                breaks.add(where + " asks for a body");
            }
            return;
        }
        content(where + " body", was, is, true);
    }

    private void content(String where, Map<String, Object> was, Map<String, Object> is, boolean sent) {
        map(was, "content").forEach((type, media) -> {
            Object now = map(is, "content").get(type);
            if (now == null) {
                breaks.add(where + " has no " + type + " any more");
            } else {
                schema(where, map(asMap(media), "schema"), map(asMap(now), "schema"), sent);
            }
        });
    }

    /** {@code sent}: by the client, who may go on to send what it always did; else by us. */
    private void schema(String where, Map<String, Object> was, Map<String, Object> is, boolean sent) {
        Object reference = was.getOrDefault("$ref", was.get("anyOf"));
        if (reference != null && !seen.add(reference + (sent ? " sent" : " answered"))) {
            return;
        }
        Map<String, Object> then = resolve(before, was);
        Map<String, Object> now = resolve(after, is);
        Set<Object> types = asSet(then.get("type"));
        Set<Object> newTypes = asSet(now.get("type"));
        if (!types.isEmpty() && (sent ? !newTypes.containsAll(types) : !types.containsAll(newTypes))) {
            breaks.add(where + " is of type " + newTypes + ", not " + types);
        }
        if (sent && now.get("enum") != null && !asSet(now.get("enum")).containsAll(asSet(then.get("enum")))) {
            breaks.add(where + " takes fewer words");
        }
        members(where, then, now, sent);
        if (then.get("items") != null) {
            schema(where + "[]", map(then, "items"), map(now, "items"), sent);
        }
    }

    private void members(String where, Map<String, Object> was, Map<String, Object> is, boolean sent) {
        map(was, "properties").forEach((name, member) -> {
            Object now = map(is, "properties").get(name);
            if (now == null) {
                breaks.add(where + "." + name + " is gone");
            } else {
                schema(where + "." + name, asMap(member), asMap(now), sent);
            }
        });
        Set<Object> required = asSet(was.get("required"));
        Set<Object> newRequired = asSet(is.get("required"));
        Set<Object> more = new LinkedHashSet<>(sent ? newRequired : required);
        more.removeAll(sent ? required : newRequired);
        if (!more.isEmpty()) {
            breaks.add(where + (sent ? " asks for " : " may leave out ") + more);
        }
    }

    private static Map<String, Object> resolve(Map<String, Object> document, Map<String, Object> schema) {
        Object reference = schema.get("$ref");
        if (reference == null) {
            // Something or null.
            return list(schema, "anyOf").stream()
                    .map(ContractDifference::asMap)
                    .filter(either -> either.containsKey("$ref"))
                    .findFirst()
                    .map(either -> resolve(document, either))
                    .orElse(schema);
        }
        String name = reference.toString().substring(reference.toString().lastIndexOf('/') + 1);
        return map(map(map(document, "components"), "schemas"), name);
    }

    private static Set<Object> asSet(@Nullable Object value) {
        return value == null
                ? Set.of()
                : new LinkedHashSet<>(value instanceof Collection<?> many ? many : List.of(value));
    }

    private static Collection<?> list(Map<String, Object> map, String name) {
        return map.get(name) instanceof Collection<?> list ? list : List.of();
    }

    private static Map<String, Object> map(Map<String, Object> map, String name) {
        return map.get(name) == null ? Map.of() : asMap(map.get(name));
    }

    @SuppressWarnings("unchecked") // YAML has nothing else.
    private static Map<String, Object> asMap(@Nullable Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }
}
