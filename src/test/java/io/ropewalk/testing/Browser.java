package io.ropewalk.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A headless Chromium with one page, driven by the DevTools protocol. For one thread. */
public final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Replies replies = new Replies();
    private final AtomicInteger lastId = new AtomicInteger();
    private final WebSocket socket;

    private Browser(Process process, Path profile) throws IOException, InterruptedException {
        this.process = process;
        this.socket = http.newWebSocketBuilder()
                .buildAsync(page(debuggingPort(profile)), replies)
                .join();
        command("Runtime.enable", Map.of());
        command("Page.enable", Map.of());
    }

    /** @param folder where the profile and the log go; best an empty one */
    public static Browser open(Path folder) throws IOException, InterruptedException {
        Path profile = Files.createDirectories(folder.resolve("profile"));
        Process process = new ProcessBuilder(
                        Tools.require("chromium").toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--no-first-run",
                        "--window-size=1200,2200",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("chromium.log").toFile())
                .start();
        try {
            return new Browser(process, profile);
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            end(process);
            throw e;
        }
    }

    /** Chromium writes where it listens into a file of its profile. */
    private int debuggingPort(Path profile) throws IOException {
        Path told = profile.resolve("DevToolsActivePort");
        Awaitility.await("chromium listens")
                .atMost(PATIENCE)
                .failFast("chromium has ended", () -> !process.isAlive())
                .until(() -> Files.exists(told) && Files.readAllLines(told).size() > 1);
        return Integer.parseInt(Files.readAllLines(told).getFirst());
    }

    private URI page(int port) throws IOException, InterruptedException {
        HttpRequest open = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/new?about:blank"))
                .PUT(BodyPublishers.noBody())
                .build();
        String opened = http.send(open, BodyHandlers.ofString()).body();
        return URI.create(JSON.readTree(opened).get("webSocketDebuggerUrl").asString());
    }

    // ---- what one does with a page

    public void go(URI page) {
        command("Page.navigate", Map.of("url", page.toString()));
    }

    /** The value of a JavaScript expression; a promise is waited for. */
    public JsonNode eval(String expression) {
        JsonNode answer = command(
                "Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
        }
        return answer.get("result").path("value");
    }

    /** Whether there is an element that the CSS selector finds. */
    public boolean has(String selector) {
        return eval("document.querySelector(" + quoted(selector) + ") !== null").asBoolean();
    }

    public void await(String selector) {
        Awaitility.await(selector).atMost(PATIENCE).until(() -> has(selector));
    }

    public void awaitGone(String selector) {
        Awaitility.await("no " + selector).atMost(PATIENCE).until(() -> !has(selector));
    }

    public void click(String selector) {
        await(selector);
        eval("document.querySelector(" + quoted(selector) + ").click()");
    }

    /** Types into a field, as from the keyboard. */
    public void type(String selector, String text) {
        await(selector);
        eval("document.querySelector(" + quoted(selector) + ").focus()");
        command("Input.insertText", Map.of("text", text));
    }

    public String text(String selector) {
        await(selector);
        return eval("document.querySelector(" + quoted(selector) + ").innerText")
                .asString();
    }

    /** What scripts of the page did not catch. */
    public List<String> exceptions() {
        return List.copyOf(replies.exceptions);
    }

    /** Keeps what the window shows as a PNG, with the element that the CSS selector finds at its top. */
    public void screenshot(Path file, String selector) throws IOException {
        eval("document.querySelector(" + quoted(selector) + ").scrollIntoView()");
        JsonNode shot = command("Page.captureScreenshot", Map.of("format", "png"));
        Files.createDirectories(file.getParent());
        Files.write(file, Base64.getDecoder().decode(shot.get("data").asString()));
    }

    private static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    // ---- the protocol

    private JsonNode command(String method, Map<String, Object> parameters) {
        int id = lastId.incrementAndGet();
        CompletableFuture<JsonNode> reply = replies.expect(id);
        socket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters)), true)
                .join();
        JsonNode answer =
                reply.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        if (answer.has("error")) {
            throw new AssertionError(method + ": " + answer.get("error"));
        }
        return answer.get("result");
    }

    /** Takes the answers to commands apart from what happens by itself. */
    private static final class Replies implements WebSocket.Listener {
        private final Map<Integer, CompletableFuture<JsonNode>> expected = new ConcurrentHashMap<>();
        private final ConcurrentLinkedQueue<String> exceptions = new ConcurrentLinkedQueue<>();
        private final StringBuilder text = new StringBuilder();

        CompletableFuture<JsonNode> expect(int id) {
            return expected.computeIfAbsent(id, absent -> new CompletableFuture<>());
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                take(JSON.readTree(text.toString()));
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        private void take(JsonNode message) {
            if (message.has("id")) {
                expected.remove(message.get("id").asInt()).complete(message);
            } else if ("Runtime.exceptionThrown".equals(message.path("method").asString())) {
                exceptions.add(message.get("params").toString());
            }
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            expected.values().forEach(reply -> reply.completeExceptionally(error));
        }
    }

    @Override
    public void close() {
        end(process);
        socket.abort();
        http.close();
    }

    /** Its helpers end with it. */
    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
