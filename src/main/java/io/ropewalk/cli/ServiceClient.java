package io.ropewalk.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * The REST API of a running service. Blocks; every call either gives what was asked for or throws a
 * {@link CliException}.
 */
final class ServiceClient implements AutoCloseable {
    private static final String API = "/api/v1";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** A verb answers when its effect is visible, and draining a path may take a while. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(5);
    /** More pages than any inventory has. */
    private static final int MAXIMUM_PAGES = 10_000;

    private final JsonMapper json = JsonMapper.builder().build();
    private final HttpClient http;
    private final String base;
    private final @Nullable String token;

    /**
     * @param url where the service is, as {@code http://127.0.0.1:8080}
     * @param token for {@code Authorization: Bearer}; null for none
     * @param tls how TLS is done; null for how the Java runtime does it
     */
    ServiceClient(String url, @Nullable String token, @Nullable SSLContext tls) {
        this.base = checked(url);
        this.token = token;
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT);
        this.http = (tls == null ? builder : builder.sslContext(tls)).build();
    }

    /**
     * What came back.
     *
     * @param body missing when there was none
     * @param etag null when there was none
     */
    record Answer(int status, JsonNode body, @Nullable String etag) {}

    Answer get(String path) {
        return send("GET", path, null, Map.of());
    }

    Answer post(String path, @Nullable Object body) {
        return send("POST", path, body, Map.of("Content-Type", "application/json"));
    }

    Answer put(String path) {
        return send("PUT", path, null, Map.of());
    }

    Answer delete(String path) {
        return send("DELETE", path, null, Map.of());
    }

    /** A merge-patch (RFC 7396), only if the resource is still the one with this tag. */
    Answer patch(String path, Object body, @Nullable String ifMatch) {
        String type = "application/merge-patch+json";
        return send(
                "PATCH",
                path,
                body,
                ifMatch == null ? Map.of("Content-Type", type) : Map.of("Content-Type", type, "If-Match", ifMatch));
    }

    /** All items of a collection, page after page. */
    List<JsonNode> getAll(String path) {
        List<JsonNode> items = new ArrayList<>();
        String pageToken = "";
        for (int page = 0; page < MAXIMUM_PAGES; page++) {
            JsonNode body = get(pageToken.isEmpty() ? path : path + separator(path) + "pageToken=" + encode(pageToken))
                    .body();
            body.path("items").forEach(items::add);
            pageToken = body.path("nextPageToken").asString("");
            if (pageToken.isEmpty()) {
                return items;
            }
        }
        throw new CliException("The service has no end of pages for " + path + ".");
    }

    /** A name as one segment of a path. */
    static String encode(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static char separator(String path) {
        return path.indexOf('?') < 0 ? '?' : '&';
    }

    private Answer send(String method, String path, @Nullable Object body, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + API + path))
                .timeout(ANSWER_TIMEOUT)
                .header("Accept", "application/json, application/problem+json")
                .method(
                        method,
                        body == null
                                ? BodyPublishers.noBody()
                                : BodyPublishers.ofString(json.writeValueAsString(body)));
        headers.forEach(request::header);
        authorize(request);
        return answer(exchange(request.build()), method + " " + API + path);
    }

    private void authorize(HttpRequest.Builder request) {
        if (token == null || token.isBlank()) {
            return;
        }
        try {
            request.header("Authorization", "Bearer " + token);
        } catch (IllegalArgumentException notAHeader) {
            throw new CliException("The token has characters that no token can have.");
        }
    }

    private HttpResponse<String> exchange(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (ConnectException refused) {
            throw new CliException(
                    List.of("No service answers at " + base + ".", "Start Ropewalk, or say where it is with --url."),
                    refused);
        } catch (HttpTimeoutException late) {
            throw new CliException(List.of("The service at " + base + " did not answer in time."), late);
        } catch (SSLException distrust) {
            throw new CliException(
                    List.of(
                            "There is no TLS with the service at " + base + ": " + plain(distrust) + ".",
                            "See that --ca names the CA of its certificate, and --cert and --key what it asks for."),
                    distrust);
        } catch (IOException broken) {
            throw new CliException(
                    List.of("The talk with the service at " + base + " broke off: " + broken.getMessage() + "."),
                    broken);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliException(List.of("Interrupted; whether it was done is not known."), interrupted);
        }
    }

    /** What Java says of it, without the names of its classes. */
    private static String plain(SSLException distrust) {
        return String.valueOf(distrust.getMessage()).replaceAll("[\\w.]+Exception: ", "");
    }

    private Answer answer(HttpResponse<String> response, String what) {
        int status = response.statusCode();
        JsonNode body = parse(response.body());
        if (status == 202) {
            throw new CliException("It was begun but is not finished yet: see "
                    + response.headers().firstValue("Location").orElse("the service") + ".");
        }
        if (status < 200 || status >= 300) {
            throw new RefusedException(status, body, what);
        }
        return new Answer(status, body, response.headers().firstValue("ETag").orElse(null));
    }

    private JsonNode parse(String body) {
        if (body.isBlank()) {
            return MissingNode.getInstance();
        }
        try {
            return json.readTree(body);
        } catch (JacksonException notJson) {
            return MissingNode.getInstance();
        }
    }

    /** As people read it. */
    String pretty(Object value) {
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    }

    private static String checked(String url) {
        try {
            URI uri = URI.create(url);
            boolean isHttp = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (isHttp && uri.getHost() != null && uri.getRawQuery() == null) {
                return url.replaceFirst("/+$", "");
            }
        } catch (IllegalArgumentException unreadable) {
            // said below
        }
        throw new CliException("The URL " + url + " is not one of a service, as http://127.0.0.1:8080 is.");
    }

    @Override
    public void close() {
        http.close();
    }
}
