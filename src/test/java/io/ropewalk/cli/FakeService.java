package io.ropewalk.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An HTTP server that answers what it was told to. A request it was not told of is answered with 404
 * {@code not-told}. Several answers to one request are given in turn, the last one for ever.
 */
final class FakeService implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, Deque<Reply>> replies = new ConcurrentHashMap<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<String> headers = Collections.synchronizedList(new ArrayList<>());

    private record Reply(int status, String body, String header, String value) {}

    FakeService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Requests so far, as {@code METHOD /path?query body}, without the API's prefix. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** Headers of the last request, as {@code name: value}, that begin with {@code prefix}. */
    List<String> lastHeaders(String prefix) {
        synchronized (headers) {
            return headers.stream().filter(header -> header.startsWith(prefix)).toList();
        }
    }

    FakeService on(String request, int status, String body) {
        return on(request, status, body, "X-None", "");
    }

    FakeService on(String request, int status, String body, String header, String value) {
        replies.computeIfAbsent(request, key -> new ArrayDeque<>()).add(new Reply(status, body, header, value));
        return this;
    }

    FakeService refuse(String request, int status, String code, String detail, String correction, String resource) {
        return on(request, status, """
                {"type":"/problems/%s","title":"No","status":%d,"detail":"%s","code":"%s","correction":"%s",
                 "resource":"%s","violations":[]}""".formatted(code, status, detail, code, correction, resource));
    }

    private void answer(HttpExchange exchange) throws IOException {
        String request = exchange.getRequestMethod() + " "
                + exchange.getRequestURI().toString().replaceFirst("^/api/v1", "");
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add((request + " " + body).strip());
        remember(exchange);
        Reply reply = next(request);
        byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add(reply.header(), reply.value());
        exchange.sendResponseHeaders(reply.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void remember(HttpExchange exchange) {
        synchronized (headers) {
            headers.clear();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> values.forEach(value -> headers.add(name + ": " + value)));
        }
    }

    private Reply next(String request) {
        Deque<Reply> told = replies.get(request);
        if (told == null) {
            return new Reply(404, "{\"code\":\"not-told\",\"detail\":\"Not told of " + request + ".\"}", "X-None", "");
        }
        return told.size() > 1 ? told.remove() : told.getFirst();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
