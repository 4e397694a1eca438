package io.ropewalk.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoError;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.inventory.DeviceState;
import io.ropewalk.inventory.DeviceView;
import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.ExportedDevice;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.PathView;
import io.ropewalk.inventory.RunningGeom;
import io.ropewalk.nbd.NbdPeer;
import io.ropewalk.nbd.NbdSessionView;
import io.ropewalk.testing.Ask;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.VirtualLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A geom over scripted devices, as a scrape shows it. */
class MultipathCollectorTest {
    private static final Instant THEN = Instant.parse("2026-01-02T03:04:05.500Z");

    private final Inventory inventory = mock(Inventory.class);
    private final PathCounters counters = new PathCounters();
    private final ExportTraffic traffic = new ExportTraffic();
    private List<NbdSessionView> listed = List.of();
    private final MultipathCollector collector = new MultipathCollector(inventory, counters, traffic, () -> listed);
    private final VirtualLoop loop = new VirtualLoop();
    private final ScriptedDevice.Disk disk = new ScriptedDevice.Disk(1 << 20);
    private final ScriptedDevice first = new ScriptedDevice("d1", disk);
    private final ScriptedDevice second = new ScriptedDevice("d2", disk);
    private Geom geom;
    private BlockChannel channel;

    @BeforeEach
    void setUp() throws Exception {
        traffic.onExportAppeared(new ExportedDevice("disk1", first, false, List.of()));
        geom = Geom.create(
                "disk1",
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_PASSIVE,
                Policies.DEFAULT,
                null,
                List.of(first, second),
                loop,
                () -> THEN,
                counters);
        channel = geom.open(loop);
        loop.run();
        when(inventory.runningGeoms()).thenReturn(List.of(new RunningGeom(geom, List.of())));
        when(inventory.devices())
                .thenReturn(List.of(
                        device("d1", "nbd://user:secret@192.0.2.7:10810/lun0?x=y"),
                        device("d2", "nbd+unix:///lun0?socket=/run/lun.sock")));
        when(inventory.exports())
                .thenReturn(List.of(new ExportView("disk1", "disk1", false, List.of(), "nbd://x/disk1", 3, 1)));
    }

    private static DeviceView device(String name, String uri) {
        return new DeviceView(name, uri, DeviceState.OPEN, null, THEN, 1L << 20, 512, List.of(), "disk1");
    }

    @Test
    void aGeomSaysWhatItIsAndHowItIs() {
        assertThat(scrape())
                .contains(
                        "multipath_geom_info{geom=\"disk1\",mode=\"active_passive\",type=\"manual\",uuid=\"\"} 1.0",
                        "multipath_geom_state{geom=\"disk1\",state=\"optimal\"} 1.0",
                        "multipath_geom_state{geom=\"disk1\",state=\"broken\"} 0.0",
                        "multipath_geom_size_bytes{geom=\"disk1\"} 1048576.0",
                        "multipath_geom_paths{geom=\"disk1\"} 2.0",
                        "multipath_geom_paths_usable{geom=\"disk1\"} 2.0",
                        "multipath_geom_paths_active{geom=\"disk1\"} 1.0",
                        "multipath_path_state{geom=\"disk1\",path=\"d1\",state=\"active\"} 1.0",
                        "multipath_path_state{geom=\"disk1\",path=\"d2\",state=\"passive\"} 1.0",
                        "multipath_path_last_transition_timestamp_seconds{geom=\"disk1\",path=\"d1\"} 1.7673230455E9",
                        "multipath_path_failed_by_operator{geom=\"disk1\",path=\"d1\"} 0.0",
                        "multipath_export_sessions{export=\"disk1\"} 3.0");
    }

    @Test
    void aDeclaredGeomThatDoesNotExistIsBroken() {
        when(inventory.unmadeGeoms()).thenReturn(java.util.Map.of("disk2", "none of its devices can be opened"));

        assertThat(scrape())
                .contains(
                        "multipath_geom_state{geom=\"disk2\",state=\"broken\"} 1.0",
                        "multipath_geom_state{geom=\"disk2\",state=\"optimal\"} 0.0",
                        "multipath_geom_state{geom=\"disk1\",state=\"optimal\"} 1.0");
    }

    @Test
    void aPathThatShouldBeThereAndIsNotShows_andTheGeomIsNotOptimal() {
        PathView lost = new PathView("d3", PathState.LOST, null, "connection refused", THEN, 0);
        when(inventory.runningGeoms()).thenReturn(List.of(new RunningGeom(geom, List.of(lost))));
        when(inventory.devices()).thenReturn(List.of(device("d3", "nbd://192.0.2.9:10809/lun0")));

        assertThat(scrape())
                .contains(
                        "multipath_geom_state{geom=\"disk1\",state=\"optimal\"} 0.0",
                        "multipath_geom_state{geom=\"disk1\",state=\"degraded\"} 1.0",
                        "multipath_geom_paths{geom=\"disk1\"} 2.0",
                        "multipath_path_state{geom=\"disk1\",path=\"d3\",state=\"lost\"} 1.0",
                        "multipath_path_state{geom=\"disk1\",path=\"d3\",state=\"active\"} 0.0",
                        "multipath_path_info{address=\"192.0.2.9:10809\",geom=\"disk1\",path=\"d3\",transport=\"nbd\"} 1.0",
                        "multipath_path_last_transition_timestamp_seconds{geom=\"disk1\",path=\"d3\"} 1.7673230455E9");
    }

    @Test
    void aPathOnItsWayOutShowsOnce() {
        PathView leaving = new PathView("d2", PathState.LOST, null, "the cable was pulled", THEN, 0);
        when(inventory.runningGeoms()).thenReturn(List.of(new RunningGeom(geom, List.of(leaving))));

        assertThat(scrape())
                .containsOnlyOnce("multipath_path_state{geom=\"disk1\",path=\"d2\",state=\"passive\"} 1.0")
                .contains("multipath_geom_state{geom=\"disk1\",state=\"degraded\"} 1.0");
    }

    @Test
    void anAddressIsShownWithoutWhatIsSecret() {
        assertThat(scrape())
                .contains(
                        "multipath_path_info{address=\"192.0.2.7:10810\",geom=\"disk1\",path=\"d1\",transport=\"nbd\"} 1.0",
                        "multipath_path_info{address=\"/run/lun.sock\",geom=\"disk1\",path=\"d2\",transport=\"nbd+unix\"}"
                                + " 1.0")
                .noneMatch(line -> line.contains("secret"));
    }

    @Test
    void aFailoverIsCountedAndTimed() {
        first.failing(IoError.Kind.DISCONNECTED);

        Ask.read(channel, 0, 4096);
        loop.run();

        assertThat(scrape())
                .contains(
                        "multipath_geom_failovers_total{geom=\"disk1\"} 1.0",
                        "multipath_geom_retries_total{geom=\"disk1\"} 1.0",
                        "multipath_geom_failover_seconds_count{cause=\"disconnected\",geom=\"disk1\"} 1",
                        "multipath_geom_failover_seconds_bucket{cause=\"disconnected\",geom=\"disk1\",le=\"5.0E-5\"} 1",
                        "multipath_geom_io_seconds_count{geom=\"disk1\",op=\"read\"} 1",
                        "multipath_geom_io_bytes_total{geom=\"disk1\",op=\"read\"} 4096.0",
                        "multipath_path_io_seconds_count{geom=\"disk1\",op=\"read\",path=\"d2\"} 1",
                        "multipath_path_io_errors_total{error=\"disconnected\",geom=\"disk1\",op=\"read\",path=\"d1\"} 1.0",
                        "multipath_path_failures_total{geom=\"disk1\",path=\"d1\",reason=\"disconnected\"} 1.0",
                        "multipath_path_failures_total{geom=\"disk1\",path=\"d2\",reason=\"disconnected\"} 0.0",
                        "multipath_geom_state{geom=\"disk1\",state=\"degraded\"} 1.0");
    }

    @Test
    void everyCauseOfAFailoverShowsFromTheStart() {
        assertThat(scrape())
                .contains(
                        "multipath_geom_failover_seconds_count{cause=\"io_error\",geom=\"disk1\"} 0",
                        "multipath_geom_failover_seconds_count{cause=\"timeout\",geom=\"disk1\"} 0",
                        "multipath_geom_failover_seconds_count{cause=\"disconnected\",geom=\"disk1\"} 0",
                        "multipath_geom_failover_seconds_count{cause=\"identity\",geom=\"disk1\"} 0");
    }

    @Test
    void checksAreCountedAndTimed() {
        assertThat(scrape()).contains("multipath_path_checks_total{geom=\"disk1\",path=\"d1\",result=\"failed\"} 0.0");

        counters.onPathChecked(geom, "d1", Duration.ofMillis(1), null);
        counters.onPathChecked(geom, "d1", Duration.ofSeconds(60), IoError.of(IoError.Kind.TIMEOUT, "late"));

        assertThat(scrape())
                .contains(
                        "multipath_path_checks_total{geom=\"disk1\",path=\"d1\",result=\"passed\"} 1.0",
                        "multipath_path_checks_total{geom=\"disk1\",path=\"d1\",result=\"failed\"} 1.0",
                        "multipath_path_checks_total{geom=\"disk1\",path=\"d2\",result=\"passed\"} 0.0",
                        "multipath_path_check_seconds_bucket{geom=\"disk1\",path=\"d1\",le=\"5.0E-4\"} 0",
                        "multipath_path_check_seconds_bucket{geom=\"disk1\",path=\"d1\",le=\"0.001\"} 1",
                        "multipath_path_check_seconds_count{geom=\"disk1\",path=\"d1\"} 2",
                        "multipath_path_check_seconds_sum{geom=\"disk1\",path=\"d1\"} 60.001");
    }

    @Test
    void aRestoreIsCountedByWhoBroughtThePathBack() throws Exception {
        geom.fail("d1", "drill");
        assertThat(scrape()).contains("multipath_path_failed_by_operator{geom=\"disk1\",path=\"d1\"} 1.0");
        geom.restore("d1", RestoreTrigger.OPERATOR);

        assertThat(scrape())
                .contains(
                        "multipath_path_failed_by_operator{geom=\"disk1\",path=\"d1\"} 0.0",
                        "multipath_path_failures_total{geom=\"disk1\",path=\"d1\",reason=\"operator\"} 1.0",
                        "multipath_path_restores_total{geom=\"disk1\",path=\"d1\",trigger=\"operator\"} 1.0",
                        "multipath_path_restores_total{geom=\"disk1\",path=\"d1\",trigger=\"checker\"} 0.0");
    }

    @Test
    void rareOperationsShowOnceTheyAreUsed() {
        assertThat(scrape()).noneMatch(line -> line.contains("op=\"trim\""));

        Ask.of(channel, io.ropewalk.block.IoOp.TRIM, 0, 4096, 0);
        loop.run();

        assertThat(scrape()).contains("multipath_geom_io_seconds_count{geom=\"disk1\",op=\"trim\"} 1");
    }

    @Test
    void nothingStaysBehindAPathOrGeomThatIsGone() throws Exception {
        geom.fail("d2", "drill");
        geom.remove("d2");
        loop.run();
        assertThat(scrape()).noneMatch(line -> line.contains("d2"));

        when(inventory.runningGeoms()).thenReturn(List.of());
        when(inventory.exports()).thenReturn(List.of());
        counters.onGeomVanished(geom);
        assertThat(scrape()).noneMatch(line -> line.contains("disk1"));
        assertThat(counters.of(geom, "d1").failures(io.ropewalk.engine.FailReason.OPERATOR))
                .isZero();
    }

    @Test
    void bytesOfSessionsAreCountedOnceWhileTheyAreOpenAndAfterwards() {
        String series = "multipath_export_session_bytes_total{export=\"disk1\"} ";
        assertThat(scrape()).contains(series + "0.0");

        listed = List.of(session(1, 100), session(2, 10));
        assertThat(scrape()).contains(series + "110.0");

        traffic.onSessionClosed(session(1, 150), "it left");
        assertThat(scrape()).as("over, but listed still").contains(series + "160.0");

        listed = List.of(session(2, 10));
        assertThat(scrape()).contains(series + "160.0");

        listed = List.of();
        traffic.onSessionClosed(session(2, 10), "it left");
        assertThat(scrape()).contains(series + "160.0");
    }

    @Test
    void whatEndedIsNotRememberedForeverWhereNobodyScrapes() {
        for (int id = 0; id < 200_000; id++) {
            traffic.onSessionClosed(session(id, 10), "it left");
        }
        for (int i = 0; i < 1000; i++) {
            ExportedDevice export = new ExportedDevice("export-" + i, geom, false, List.of());
            traffic.onExportAppeared(export);
            traffic.onExportVanished(export);
            traffic.onSessionClosed(
                    new NbdSessionView(i, export.name(), new NbdPeer(null), THEN, false, 0, 1, 0, 1, 1),
                    "its export is gone");
        }

        assertThat(traffic.remembered()).isLessThan(70_000);
        assertThat(traffic.bytes(List.of())).containsOnlyKeys("disk1").containsEntry("disk1", 2_000_000L);
    }

    @Test
    void tlsHandshakesAreCountedByHowTheyEnded() {
        String series = "multipath_export_tls_handshakes_total{result=\"%s\"} %s";
        assertThat(scrape()).contains(series.formatted("succeeded", "0.0"), series.formatted("failed", "0.0"));

        traffic.onTlsHandshake(new NbdPeer(null), true);
        traffic.onTlsHandshake(new NbdPeer(null), false);
        traffic.onTlsHandshake(new NbdPeer(null), true);

        assertThat(scrape()).contains(series.formatted("succeeded", "2.0"), series.formatted("failed", "1.0"));
    }

    private static NbdSessionView session(long id, long bytes) {
        return new NbdSessionView(id, "disk1", new NbdPeer(null), THEN, false, 0, 1, 0, bytes - 3, 3);
    }

    @Test
    void everyMetricHasAHelpThatIsASentence() {
        assertThat(Stream.of(Metric.values())).allSatisfy(metric -> {
            assertThat(metric.help()).endsWith(".");
            assertThat(metric.metricName()).startsWith("multipath_");
            assertThat(metric.metricName().endsWith("_total")).isEqualTo(metric.type() == Metric.Type.COUNTER);
        });
    }

    private List<String> scrape() {
        try {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            PrometheusTextFormatWriter.create().write(text, collector.collect());
            return text.toString(StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
