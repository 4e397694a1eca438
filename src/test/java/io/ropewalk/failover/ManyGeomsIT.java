package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * The packaged service with many geoms of four regular files each: made over REST, killed, started again. Few by default;
 * the figures of {@code performance.md} come from {@code -Dropewalk.many.geoms=1000}, for which {@code ulimit -n} must be
 * 8,192 or more, and from {@code -Dropewalk.many.idle=120} seconds of doing nothing but checks.
 */
class ManyGeomsIT {
    private static final int GEOMS = Integer.getInteger("ropewalk.many.geoms", 24);
    private static final int IDLE_SECONDS = Integer.getInteger("ropewalk.many.idle", 12);
    private static final int PATHS = 4;

    /** Of the JVM, of Tomcat and of the loops, and a few that all disks share: not one for each of 4,000 disks. */
    private static final int MOST_THREADS = 250;

    @Test
    void whatWasAnswered_isThereAfterAKill_andIdleDisksShareTheirThreads() throws Exception {
        try (ScratchFolder scratch = ScratchFolder.named("many")) {
            try (PackagedService service = service(scratch)) {
                say(service, "an empty service");
                for (int quarter = 0; quarter < 4; quarter++) {
                    make(service, scratch.path(), quarter * GEOMS / 4, (quarter + 1) * GEOMS / 4);
                }
                say(service, "with all of them");
                service.kill();
            }
            try (PackagedService service = service(scratch)) {
                say(service, "started with them");
                Awaitility.await("every geom with every path")
                        .atMost(Duration.ofMinutes(5))
                        .until(() -> usablePaths(service) == GEOMS * PATHS);
                idle(service);
            }
        }
    }

    private static PackagedService service(ScratchFolder scratch) throws IOException {
        return new PackagedService(
                scratch.path(),
                scratch.path().resolve("service.log"),
                List.of(
                        "--ropewalk.allow.paths=" + scratch.path(),
                        // One client makes all of them, as fast as it can.
                        "--ropewalk.limits.requests-per-second=0"));
    }

    private static void make(PackagedService service, Path folder, int from, int to) throws Exception {
        long start = System.nanoTime();
        Duration before = service.processorTime();
        for (int i = from; i < to; i++) {
            makeGeom(service, folder, "geom" + i);
        }
        double took = (System.nanoTime() - start) / 1e6;
        double worked = service.processorTime().minus(before).toNanos() / 1e6;
        System.out.printf(
                "Many: geoms %d to %d: %.1f ms each, %.1f ms of processor time%n",
                from, to, took / (to - from), worked / (to - from));
    }

    private static void makeGeom(PackagedService service, Path folder, String geom) throws Exception {
        List<String> paths = new ArrayList<>();
        for (int i = 0; i < PATHS; i++) {
            String name = geom + "-" + i;
            Path file = folder.resolve(name);
            try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
                sparse.setLength(1 << 20);
            }
            service.make("/devices", "{\"name\":\"" + name + "\",\"uri\":\"" + file.toUri() + "\"}");
            paths.add("\"" + name + "\"");
        }
        service.make("/geoms", "{\"name\":\"" + geom + "\",\"paths\":[" + String.join(",", paths) + "]}");
    }

    private static long usablePaths(PackagedService service) {
        return (long) service.metric("multipath_geom_paths_usable");
    }

    /** Every path is checked within four intervals, and every file is looked at in each. */
    private static void idle(PackagedService service) throws Exception {
        long start = System.nanoTime();
        Duration before = service.processorTime();
        AtomicInteger mostThreads = new AtomicInteger();
        Awaitility.await("it has been idle for a while")
                .atMost(Duration.ofSeconds(IDLE_SECONDS + 60L))
                .until(() -> {
                    mostThreads.accumulateAndGet(threads(service), Math::max);
                    return System.nanoTime() - start > TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
                });
        double share = service.processorTime().minus(before).toNanos() / (double) (System.nanoTime() - start);
        System.out.printf("Many: idle, %.1f %% of a core, at most %d threads%n", share * 100, mostThreads.get());
        say(service, "after that");
        assertThat(mostThreads).hasValueLessThan(MOST_THREADS);
        assertThat(usablePaths(service)).isEqualTo(GEOMS * (long) PATHS);
        assertThat(service.metric("multipath_path_failures_total")).isZero();
    }

    private static int threads(PackagedService service) throws IOException {
        String[] tasks =
                Path.of("/proc", Long.toString(service.pid()), "task").toFile().list();
        return tasks == null ? 0 : tasks.length;
    }

    private static void say(PackagedService service, String when) throws Exception {
        Duration worked = service.processorTime();
        Footprint now = Footprint.of(service.pid());
        System.out.printf(
                "Many: %s: %.1f s of processor time, heap %.1f MiB, resident %.1f MiB, %d threads%n",
                when,
                worked.toNanos() / 1e9,
                now.heapBytes() / 1048576.0,
                now.residentBytes() / 1048576.0,
                now.threads());
    }
}
