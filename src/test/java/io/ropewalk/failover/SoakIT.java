package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.Mode;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The packaged service for as long as you like: one geom in each mode, each over two nbdkit servers, each under verified load
 * of a fio, while servers are killed, stopped and made to flap all the time. No error at any client, no write without
 * proof; and, from {@value #JUDGED_FROM_MINUTES} minutes on, flat memory, threads and descriptors.
 *
 * <p>{@code -Dsoak.minutes=60} for an hour; {@code -Dsoak.iops} for another load of each fio. The table of samples grows in
 * {@code target/soak.md}, the service's log is in {@code target/soak-service.log}.
 */
class SoakIT {
    private static final int JUDGED_FROM_MINUTES = 15;
    private static final Duration LENGTH =
            Duration.ofSeconds(Math.round(60 * Double.parseDouble(System.getProperty("soak.minutes", "0.5"))));
    private static final int IOPS = Integer.getInteger("soak.iops", 250);
    private static final int SAMPLES = 60;
    private static final Duration SAMPLE_EVERY_AT_LEAST = Duration.ofSeconds(5);
    private static final Path LOG = Path.of("target", "soak-service.log");
    private static final String[] COLUMNS = {"requests", "faults", "failovers", "client errors", "unfenced"};

    @Test
    void killsStopsAndFlapsUnderVerifiedLoad_costNoErrorAndNothingGrows() throws Exception {
        Tools.require("nbdkit");
        Tools.require("fio");
        try (ScratchFolder scratch = ScratchFolder.named("soak");
                Ward passive = ward(scratch, Mode.ACTIVE_PASSIVE);
                Ward active = ward(scratch, Mode.ACTIVE_ACTIVE);
                Ward read = ward(scratch, Mode.ACTIVE_READ)) {
            List<Ward> wards = List.of(passive, active, read);
            List<String> arguments =
                    wards.stream().flatMap(ward -> ward.arguments().stream()).toList();
            try (PackagedService service = new PackagedService(scratch.path(), LOG, arguments)) {
                run(service, wards);
            }
        }
    }

    private static Ward ward(ScratchFolder scratch, Mode mode) throws IOException {
        return new Ward(Files.createDirectory(scratch.path().resolve(mode.name())), mode);
    }

    private static void run(PackagedService service, List<Ward> wards) throws Exception {
        long end = System.nanoTime() + LENGTH.toNanos();
        FootprintLog log = new FootprintLog("soak.md", "minute", COLUMNS);
        try (ExecutorService tormentors = Executors.newCachedThreadPool()) {
            List<Future<?>> torments = new ArrayList<>();
            for (Ward ward : wards) {
                ward.startLoad(service, LENGTH, IOPS);
                torments.add(tormentors.submit(() -> {
                    ward.torment(service, end);
                    return true;
                }));
            }
            sample(service, wards, torments, log, end);
            for (Future<?> torment : torments) {
                torment.get(5, TimeUnit.MINUTES);
            }
            // Before the threads end that started the servers: some systems end a process with the thread that started
            // it.
            for (Ward ward : wards) {
                ward.assertLoadWell();
            }
        }
        assertNone(service, "multipath_geom_io_errors_total", "client errors");
        assertNone(service, "multipath_geom_unfenced_writes_total", "writes without proof");
        assertNone(service, "multipath_geom_all_paths_failed_total", "requests that no path could do");
        assertThat(service.log().lines().filter(line -> line.contains(" ERROR ") || line.contains("LEAK")))
                .as("errors in the log")
                .isEmpty();
        if (LENGTH.toMinutes() >= JUDGED_FROM_MINUTES) {
            log.assertFlat();
        }
    }

    private static void assertNone(PackagedService service, String metric, String meaning) {
        assertThat(service.metric(metric))
                .as("%s; %s", meaning, service.series(metric))
                .isZero();
    }

    private static void sample(
            PackagedService service, List<Ward> wards, List<Future<?>> torments, FootprintLog log, long end)
            throws Exception {
        Duration every = LENGTH.dividedBy(SAMPLES);
        every = every.compareTo(SAMPLE_EVERY_AT_LEAST) < 0 ? SAMPLE_EVERY_AT_LEAST : every;
        long start = end - LENGTH.toNanos();
        for (long next = start + every.toNanos(); next < end; next += every.toNanos()) {
            Pace.until(next);
            assertThat(service.isAlive()).as("the service lives").isTrue();
            for (Ward ward : wards) {
                ward.assertLoadRuns();
            }
            for (Future<?> torment : torments) {
                throwWhatItThrew(torment);
            }
            log.add(
                    String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 60e9),
                    Footprint.of(service.pid()),
                    (long) service.metric("multipath_geom_io_seconds_count"),
                    wards.stream().mapToInt(Ward::faults).sum(),
                    (long) service.metric("multipath_geom_failovers_total"),
                    (long) service.metric("multipath_geom_io_errors_total"),
                    (long) service.metric("multipath_geom_unfenced_writes_total"));
        }
    }

    private static void throwWhatItThrew(Future<?> torment) throws ExecutionException, InterruptedException {
        if (torment.isDone()) {
            torment.get();
        }
    }
}
