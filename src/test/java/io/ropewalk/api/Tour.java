package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks a service and holds every answer against the service's own contract: its status, and the code of its problem,
 * must stand there. Remembers which operations did their work, and which codes were met.
 */
final class Tour implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final URI base;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Step> contract = new ArrayList<>();
    private final Set<String> done = new TreeSet<>();
    private final Set<String> codes = new TreeSet<>();
    private @Nullable String token;

    /** An operation of the contract: the codes by status; a success has none. */
    private record Step(String id, String method, Pattern path, Map<Integer, Set<String>> answers) {}

    Tour(URI base) {
        this.base = base;
        JsonNode paths =
                JSON.readTree(raw(request("GET", "/v3/api-docs", null)).body()).get("paths");
        paths.properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(operation ->
                                contract.add(step(path.getKey(), operation.getKey(), operation.getValue()))));
    }

    private static Step step(String path, String method, JsonNode operation) {
        Map<Integer, Set<String>> answers = new TreeMap<>();
        operation.get("responses").properties().forEach(answer -> {
            Set<String> known = new TreeSet<>();
            JsonNode listed = answer.getValue().get(ApiDocs.CODES);
            if (listed != null) {
                listed.forEach(code -> known.add(code.asString()));
            }
            answers.put(Integer.parseInt(answer.getKey()), known);
        });
        Pattern pattern = Pattern.compile(path.replaceAll("\\{[^}]+}", "[^/:]+"));
        return new Step(operation.get("operationId").asString(), method.toUpperCase(Locale.ROOT), pattern, answers);
    }

    /** Sends the token from now on; null for none. */
    void use(@Nullable String newToken) {
        token = newToken;
    }

    Set<String> operations() {
        Set<String> ids = new TreeSet<>();
        contract.forEach(step -> ids.add(step.id()));
        return ids;
    }

    Set<String> done() {
        return done;
    }

    Set<String> codes() {
        return codes;
    }

    // ---- asking

    HttpResponse<String> ask(String method, String path, @Nullable String body, String... headers) {
        return look(method, path, raw(request(method, path, body, headers)));
    }

    CompletableFuture<HttpResponse<String>> askLater(
            String method, String path, @Nullable String body, String... headers) {
        return http.sendAsync(request(method, path, body, headers), BodyHandlers.ofString())
                .thenApply(answer -> look(method, path, answer));
    }

    JsonNode ok(String method, String path, @Nullable String body, String... headers) {
        HttpResponse<String> answer = ask(method, path, body, headers);
        assertThat(answer.statusCode())
                .as("%s %s: %s", method, path, answer.body())
                .isBetween(200, 299);
        return answer.body().startsWith("{") ? JSON.readTree(answer.body()) : JSON.createObjectNode();
    }

    JsonNode get(String path) {
        return ok("GET", path, null);
    }

    JsonNode post(String path, @Nullable String body) {
        return ok("POST", path, body);
    }

    JsonNode put(String path, @Nullable String body) {
        return ok("PUT", path, body);
    }

    JsonNode delete(String path) {
        return ok("DELETE", path, null);
    }

    void refused(ProblemCode code, String method, String path, @Nullable String body, String... headers) {
        refused(code, ask(method, path, body, headers), method + " " + path);
    }

    void refused(ProblemCode code, HttpResponse<String> answer, String what) {
        assertThat(answer.body()).as(what).contains("\"code\":\"" + code.code() + "\"");
        assertThat(answer.statusCode()).as(what).isEqualTo(code.status().value());
    }

    /** It was met in an answer that somebody else has read. */
    void met(ProblemCode code, String answer) {
        assertThat(answer).contains("\"code\":\"" + code.code() + "\"");
        codes.add(code.code());
    }

    URI uri(String path) {
        return base.resolve(path);
    }

    private HttpRequest request(String method, String path, @Nullable String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(Duration.ofMinutes(3))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        if (body != null && !List.of(headers).contains("Content-Type")) {
            request.setHeader(
                    "Content-Type", method.equals("PATCH") ? GeomsController.MERGE_PATCH_JSON : "application/json");
        }
        if (token != null) {
            request.setHeader("Authorization", "Bearer " + token);
        }
        return request.build();
    }

    private HttpResponse<String> raw(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(request.toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** An answer that the contract does not know is a broken promise. */
    private synchronized HttpResponse<String> look(String method, String path, HttpResponse<String> answer) {
        String what = method + " " + path + " answered " + answer.statusCode() + " " + answer.body();
        assertThat(answer.statusCode()).as(what).isNotEqualTo(500);
        String code = answer.statusCode() < 400
                ? null
                : JSON.readTree(answer.body()).get("code").asString();
        if (code != null) {
            codes.add(code);
        }
        contract.stream()
                .filter(step -> step.method().equals(method)
                        && step.path().matcher(uri(path).getPath()).matches())
                .forEach(step -> {
                    assertThat(step.answers()).as(what).containsKey(answer.statusCode());
                    if (code == null) {
                        done.add(step.id());
                    } else {
                        assertThat(step.answers().get(answer.statusCode()))
                                .as(what)
                                .contains(code);
                    }
                });
        return answer;
    }

    @Override
    public void close() {
        http.close();
    }
}
