package io.ropewalk.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of a Kubernetes API server, on loopback, as Helm needs to install this chart, over and over: it says which kinds it
 * knows, keeps and patches resources, hands them out by name, and admits everything. It remembers no release, so that each
 * installation takes over what the one before left, as an upgrade does.
 */
final class FakeCluster implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern RESOURCE =
            Pattern.compile("(/api/v1|/apis/[^/]+/[^/]+)/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?");

    /** By group and version: plural and kind of what it knows. */
    private static final Map<String, Map<String, String>> KINDS = Map.of(
            "v1",
            Map.of(
                    "configmaps", "ConfigMap",
                    "secrets", "Secret",
                    "serviceaccounts", "ServiceAccount",
                    "services", "Service",
                    "pods", "Pod"),
            "apps/v1",
            Map.of("statefulsets", "StatefulSet", "daemonsets", "DaemonSet"),
            "networking.k8s.io/v1",
            Map.of("networkpolicies", "NetworkPolicy"),
            "policy/v1",
            Map.of("poddisruptionbudgets", "PodDisruptionBudget"));

    private final Map<String, JsonNode> kept = new ConcurrentSkipListMap<>();
    private final HttpServer server;

    FakeCluster() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::answer);
        server.start();
    }

    /** A configuration that leads here. */
    String kubeConfig() {
        return """
            apiVersion: v1
            kind: Config
            clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
            users: [{name: nobody, user: {}}]
            contexts: [{name: fake, context: {cluster: fake, user: nobody, namespace: storage}}]
            current-context: fake
            """.formatted(server.getAddress().getPort());
    }

    /** What is kept under this plural and name in namespace {@code storage} of the core group. */
    Optional<JsonNode> core(String plural, String name) {
        return Optional.ofNullable(kept.get("/api/v1/namespaces/storage/" + plural + "/" + name));
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        Matcher resource = RESOURCE.matcher(path);
        if (!isJson(exchange)) {
            echo(exchange);
        } else if (resource.matches()) {
            answerResource(exchange, path, resource);
        } else {
            Optional<ObjectNode> discovery = discovery(path);
            send(exchange, discovery.isPresent() ? 200 : 404, discovery.orElseGet(() -> missing(path)));
        }
    }

    /** Helm's own records of releases are sent as protobuf: taken, and not kept. */
    private static void echo(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] bytes = exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders()
                    .set("Content-Type", exchange.getRequestHeaders().getFirst("Content-Type"));
            exchange.sendResponseHeaders(exchange.getRequestMethod().equals("POST") ? 201 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static boolean isJson(HttpExchange exchange) {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        return type == null || type.contains("json");
    }

    private void answerResource(HttpExchange exchange, String path, Matcher resource) throws IOException {
        boolean named = resource.group(4) != null;
        switch (exchange.getRequestMethod()) {
            case "POST" -> {
                JsonNode posted = JSON.readTree(exchange.getRequestBody());
                kept.put(path + "/" + posted.at("/metadata/name").asText(), posted);
                send(exchange, 201, posted);
            }
            case "PUT" -> {
                JsonNode put = JSON.readTree(exchange.getRequestBody());
                kept.put(path, put);
                send(exchange, 200, put);
            }
            case "PATCH" -> {
                JsonNode patched = merged(
                        kept.getOrDefault(path, JSON.createObjectNode()), JSON.readTree(exchange.getRequestBody()));
                kept.put(path, patched);
                send(exchange, 200, patched);
            }
            case "GET" -> {
                boolean byLabels = exchange.getRequestURI().getQuery() != null
                        && exchange.getRequestURI().getQuery().contains("labelSelector");
                JsonNode found = named ? kept.get(path) : list(resource, byLabels ? "nothing" : path + "/");
                send(exchange, found == null ? 404 : 200, found == null ? missing(path) : found);
            }
            default -> send(exchange, 405, missing(path));
        }
    }

    /** RFC 7396, which is as much of a strategic merge as labels and data of a Secret need. */
    private static JsonNode merged(JsonNode target, JsonNode patch) {
        if (!patch.isObject() || !target.isObject()) {
            return patch;
        }
        ObjectNode result = target.deepCopy();
        patch.properties().forEach(field -> {
            if (field.getValue().isNull()) {
                result.remove(field.getKey());
            } else {
                result.set(field.getKey(), merged(result.path(field.getKey()), field.getValue()));
            }
        });
        return result;
    }

    /** Nothing is ever found by labels: only Helm's records of releases are looked for that way. */
    private ObjectNode list(Matcher resource, String prefix) {
        String version = resource.group(1).replaceFirst("^/apis?/", "");
        ObjectNode list = JSON.createObjectNode()
                .put("apiVersion", version)
                .put("kind", KINDS.getOrDefault(version, Map.of()).get(resource.group(3)) + "List");
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        kept.forEach((path, each) -> {
            if (path.startsWith(prefix)) {
                items.add(each);
            }
        });
        return list;
    }

    private static Optional<ObjectNode> discovery(String path) {
        if (path.equals("/version")) {
            return Optional.of(
                    JSON.createObjectNode().put("major", "1").put("minor", "33").put("gitVersion", "v1.33.0"));
        }
        if (path.equals("/api")) {
            ObjectNode versions = JSON.createObjectNode().put("kind", "APIVersions");
            versions.putArray("versions").add("v1");
            return Optional.of(versions);
        }
        if (path.equals("/apis")) {
            return Optional.of(groups());
        }
        String version = path.replaceFirst("^/apis?/", "");
        return Optional.ofNullable(KINDS.get(version)).map(kinds -> resources(version, kinds));
    }

    private static ObjectNode groups() {
        ObjectNode list = JSON.createObjectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = list.putArray("groups");
        for (String groupVersion : KINDS.keySet()) {
            String[] parts = groupVersion.split("/", 2);
            if (parts.length == 2) {
                ObjectNode group = groups.addObject().put("name", parts[0]);
                ObjectNode version = JSON.createObjectNode()
                        .put("groupVersion", groupVersion)
                        .put("version", parts[1]);
                group.putArray("versions").add(version);
                group.set("preferredVersion", version);
            }
        }
        return list;
    }

    private static ObjectNode resources(String version, Map<String, String> kinds) {
        ObjectNode list = JSON.createObjectNode()
                .put("kind", "APIResourceList")
                .put("apiVersion", "v1")
                .put("groupVersion", version);
        ArrayNode resources = list.putArray("resources");
        kinds.forEach((plural, kind) -> resources
                .addObject()
                .put("name", plural)
                .put("singularName", "")
                .put("namespaced", true)
                .put("kind", kind)
                .putArray("verbs")
                .add("create")
                .add("get")
                .add("list")
                .add("update")
                .add("patch"));
        return list;
    }

    private static ObjectNode missing(String path) {
        return JSON.createObjectNode()
                .put("kind", "Status")
                .put("apiVersion", "v1")
                .put("status", "Failure")
                .put("reason", "NotFound")
                .put("message", path + " not found")
                .put("code", 404);
    }

    private static void send(HttpExchange exchange, int status, JsonNode body) throws IOException {
        try (exchange) {
            byte[] bytes = JSON.writeValueAsBytes(body);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
