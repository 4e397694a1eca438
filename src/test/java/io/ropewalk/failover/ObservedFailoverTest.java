package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.testing.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is seen of a failover: two nbdkit over one file, the service as a process, fio with verification as its client, and
 * a real Prometheus that scrapes it every second. The server of the active path is killed, later started again.
 */
@Timeout(900)
class ObservedFailoverTest {
    private static final Duration SOON = Duration.ofSeconds(120);
    private static final int LOAD_SECONDS = 30;
    private static final Path DASHBOARDS = Path.of("helm/ropewalk/files/dashboards");

    /** Shown once a client has got an error, and here none may. */
    private static final String ONLY_AFTER_ERRORS = "multipath_geom_io_errors_total";

    @TempDir
    Path folder;

    private List<Backend> backends = List.of();
    private ServiceProcess service;
    private Prometheus prometheus;
    private EventTape events;
    private Instant begun;

    @BeforeEach
    void setUp() throws Exception {
        Tools.require("prometheus");
        backends = Rig.twoPaths(folder, Rig.store(folder, 64 << 20));
        service = new ServiceProcess(folder, backends, certificate());
        service.awaitOptimal();
        prometheus = new Prometheus(folder, service.management("/actuator/prometheus"));
        events = EventTape.of(service);
    }

    @AfterEach
    void tearDown() throws Exception {
        for (AutoCloseable part : new AutoCloseable[] {prometheus, service}) {
            if (part != null) {
                part.close();
            }
        }
        for (Backend backend : backends) {
            backend.close();
        }
    }

    /** A certificate that ends within the fortnight that the alert is about. */
    private String[] certificate() throws Exception {
        Path store = folder.resolve("door.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "door",
                        "-dname",
                        "CN=door",
                        "-validity",
                        "5",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS) && keytool.exitValue() == 0)
                .isTrue();
        String bundle = "--spring.ssl.bundle.jks.door.keystore.";
        return new String[] {bundle + "location=file:" + store, bundle + "password=changeit", bundle + "type=PKCS12"};
    }

    @Test
    void aFailoverUnderLoadIsSeenInStates_histogram_events_alert_andEveryPanel() throws Exception {
        begun = Instant.now();
        Fio fio = Fio.start(folder, service.uri(), LOAD_SECONDS);
        awaitCount("multipath_geom_io_seconds_count{geom=\"disk1\",op=\"write\"}", 100);
        String active = backends.getFirst().name();

        backends.getFirst().kill();

        Instant failed = events.await("path.failed");
        theNextScrapeShows(failed, "multipath_path_state{geom=\"disk1\",path=\"" + active + "\",state=\"fail\"}");
        theNextScrapeShows(failed, "multipath_geom_state{geom=\"disk1\",state=\"degraded\"}");
        awaitCount("multipath_geom_failovers_total{geom=\"disk1\"}", 1);
        theNextScrapeShows(
                Instant.now(), "multipath_geom_failover_seconds_count{geom=\"disk1\",cause=\"disconnected\"}");
        theAlertSees("GeomDegraded");
        assertThat(expression("CertificateExpiresSoon")).isNotEmpty();

        backends.getFirst().start();
        events.await("path.restored");
        Awaitility.await("nothing is degraded any more")
                .atMost(SOON)
                .until(() -> expression("GeomDegraded").isEmpty());

        everyPanelShowsSomething();
        promtoolIsSilent();
        Fio.Result load = fio.await(LOAD_SECONDS + 120);
        assertThat(load.errors()).isEmpty();
        assertThat(load.exitStatus()).isZero();
    }

    @Test
    void aDiskThatNobodyAnswersFor_isBroken_andBackByItself() throws Exception {
        for (Backend backend : backends) {
            backend.kill();
        }

        Instant broken = events.await("geom.broken");
        theNextScrapeShows(broken, "multipath_geom_state{geom=\"disk1\",state=\"broken\"}");
        theAlertSees("GeomBroken");

        for (Backend backend : backends) {
            backend.start();
        }
        service.awaitOptimal();
        Awaitility.await("nothing is broken any more")
                .atMost(SOON)
                .until(() -> expression("GeomBroken").isEmpty());
    }

    private void awaitCount(String series, double least) {
        Awaitility.await(series)
                .atMost(SOON)
                .until(() -> service.scrape()
                        .lines()
                        .filter(line -> line.startsWith(series + " "))
                        .anyMatch(line -> Double.parseDouble(line.substring(series.length() + 1)) >= least));
    }

    /** The first time that Prometheus looks after {@code then}, the series is not zero. */
    private void theNextScrapeShows(Instant then, String series) {
        List<Prometheus.Sample> after = new ArrayList<>();
        Awaitility.await("a scrape after " + then).atMost(SOON).until(() -> {
            after.clear();
            prometheus.samples(series).stream()
                    .filter(sample -> sample.at().isAfter(then))
                    .forEach(after::add);
            return !after.isEmpty();
        });
        assertThat(after.getFirst().value()).as(series).isPositive();
    }

    /** The very expression that {@code alerts.test.yaml} tests; it fires when this has been so for its time. */
    private void theAlertSees(String name) throws Exception {
        Awaitility.await(name).atMost(SOON).until(() -> !expression(name).isEmpty());
        assertThat(expression(name).getFirst().at("/metric/geom").asString()).isEqualTo(ServiceProcess.GEOM);
        Awaitility.await(name + " is pending")
                .atMost(SOON)
                .until(() -> prometheus.alert(name, ServiceProcess.GEOM).equals("pending"));
    }

    private List<JsonNode> expression(String alert) throws Exception {
        Matcher rule = Pattern.compile("- alert: " + alert + "\n +expr: (.+)\n")
                .matcher(Files.readString(Path.of("helm/ropewalk/files/alerts.yaml")));
        assertThat(rule.find()).isTrue();
        return prometheus.query(rule.group(1));
    }

    private void promtoolIsSilent() throws Exception {
        Process promtool = new ProcessBuilder(Tools.require("promtool").toString(), "check", "metrics")
                .redirectErrorStream(true)
                .start();
        try (var input = promtool.outputWriter()) {
            input.write(service.scrape());
        }
        String said = new String(promtool.getInputStream().readAllBytes());

        assertThat(promtool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said).isEmpty();
        assertThat(promtool.exitValue()).isZero();
    }

    // ---- dashboards, panel by panel

    private void everyPanelShowsSomething() throws Exception {
        for (String dashboard : List.of("fleet", "geom")) {
            JsonNode json = JsonMapper.builder()
                    .build()
                    .readTree(DASHBOARDS.resolve(dashboard + ".json").toFile());
            json.at("/templating/list").forEach(this::variableHasValues);
            for (JsonNode panel : json.path("panels")) {
                panel.path("targets").forEach(target -> targetHasValues(dashboard, panel, target));
            }
        }
        assertThat(values("max by (path) ((multipath_path_state{state=\"fail\"} == 1) * 3)"))
                .as("the state timeline has the failure in it")
                .contains(3.0);
    }

    private void variableHasValues(JsonNode variable) {
        Matcher query = Pattern.compile("label_values\\((.+), (\\w+)\\)")
                .matcher(variable.path("definition").asString(""));
        if (query.matches()) {
            assertThat(prometheus.labelValues(query.group(2), concrete(query.group(1))))
                    .as(variable.path("name").asString())
                    .isNotEmpty();
        }
    }

    private void targetHasValues(String dashboard, JsonNode panel, JsonNode target) {
        String expression = target.path("expr").asString();
        String what = dashboard + ": " + panel.path("title").asString() + ": " + expression;
        List<JsonNode> series = prometheus.queryRange(concrete(expression), begun);
        if (expression.contains(ONLY_AFTER_ERRORS)) {
            assertThat(series).as(what).isEmpty();
            return;
        }
        assertThat(series).as(what).isNotEmpty();
        Matcher legend = Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}")
                .matcher(target.path("legendFormat").asString(""));
        while (legend.find()) {
            String label = legend.group(1);
            assertThat(series)
                    .as(what)
                    .allSatisfy(one ->
                            assertThat(one.path("metric").has(label)).as(label).isTrue());
        }
    }

    private TreeSet<Double> values(String expression) {
        TreeSet<Double> values = new TreeSet<>();
        prometheus
                .queryRange(expression, begun)
                .forEach(series -> series.path("values")
                        .forEach(value ->
                                values.add(Double.parseDouble(value.get(1).asString()))));
        return values;
    }

    /** As Grafana would put in, with everything chosen. */
    private String concrete(String expression) {
        return expression
                .replace("$__rate_interval", "5s")
                .replace("=~\"$instance\"", "=~\".+\"")
                .replace("=~\"$geom\"", "=~\".+\"")
                .replace("=~\"$path\"", "=~\".+\"")
                .replace("$geom", ServiceProcess.GEOM)
                .replace("$path", backends.getLast().name());
    }
}
