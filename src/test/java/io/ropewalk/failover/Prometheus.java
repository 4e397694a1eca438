package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus with the project's alerts, which scrapes one target every second. */
final class Prometheus implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** One value as it was scraped. */
    record Sample(Instant at, double value) {}

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(20)).build();
    private final int port = ServiceProcess.freePort();
    private final Process process;

    Prometheus(Path folder, URI target) throws IOException {
        Path rules = Files.copy(Path.of("helm/ropewalk/files/alerts.yaml"), folder.resolve("alerts.yaml"));
        Path configuration = Files.writeString(folder.resolve("prometheus.yml"), """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: ropewalk
                    metrics_path: %s
                    static_configs: [{targets: ["%s"]}]
                """.formatted(
                        rules.getFileName(), target.getPath(), target.getAuthority()));
        process = new ProcessBuilder(
                        Tools.require("prometheus").toString(),
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + folder.resolve("tsdb"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--log.level=warn")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("prometheus.log").toFile())
                .start();
        Awaitility.await("Prometheus scrapes").atMost(Duration.ofSeconds(90)).until(this::isScraping);
    }

    private boolean isScraping() {
        assertThat(process.isAlive()).as("Prometheus lives").isTrue();
        try {
            return !query("up{job=\"ropewalk\"} == 1").isEmpty();
        } catch (IllegalStateException notYet) {
            return false;
        }
    }

    /** The series that {@code expression} gives now. */
    List<JsonNode> query(String expression) {
        return results("/api/v1/query?query=" + encoded(expression));
    }

    /** The series that {@code expression} has given since {@code begin}, one value a second. */
    List<JsonNode> queryRange(String expression, Instant begin) {
        return results("/api/v1/query_range?step=1&start=" + begin.getEpochSecond() + "&end="
                + Instant.now().getEpochSecond() + "&query=" + encoded(expression));
    }

    /** The values that a dashboard's variable can have. */
    List<String> labelValues(String label, String selector) {
        List<String> values = new ArrayList<>();
        get("/api/v1/label/" + label + "/values?match[]=" + encoded(selector))
                .path("data")
                .forEach(value -> values.add(value.asString()));
        return values;
    }

    /** What was scraped of one series within the last two minutes, in order. */
    List<Sample> samples(String selector) {
        List<Sample> samples = new ArrayList<>();
        for (JsonNode series : query(selector + "[2m]")) {
            for (JsonNode value : series.path("values")) {
                samples.add(new Sample(
                        Instant.ofEpochMilli(Math.round(value.get(0).asDouble() * 1000)),
                        Double.parseDouble(value.get(1).asString())));
            }
        }
        return samples;
    }

    /** State of the alert {@code name} for a geom: "inactive", "pending" or "firing". */
    String alert(String name, String geom) {
        for (JsonNode alert : get("/api/v1/alerts").at("/data/alerts")) {
            JsonNode labels = alert.path("labels");
            if (labels.path("alertname").asString("").equals(name)
                    && labels.path("geom").asString("").equals(geom)) {
                return alert.path("state").asString();
            }
        }
        return "inactive";
    }

    private List<JsonNode> results(String path) {
        List<JsonNode> results = new ArrayList<>();
        get(path).at("/data/result").forEach(results::add);
        return results;
    }

    private JsonNode get(String path) {
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port
                                    + path.replace("[", "%5B").replace("]", "%5D")))
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    BodyHandlers.ofString());
            if (answer.statusCode() == 503) {
                throw new IllegalStateException("Prometheus is not ready");
            }
            assertThat(answer.statusCode()).as(path + answer.body()).isEqualTo(200);
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException("Prometheus does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        http.close();
    }
}
