package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/** A geom of a {@link PackagedService} over two servers, whose load runs while its servers are tormented in turn. */
final class Ward implements AutoCloseable {
    private static final long STORE_BYTES = 48 << 20;
    private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
    private static final int FLAPS = 5;

    /** Longer than a flapping path is kept out. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    /** No torment begins when there is less than this of the load. */
    private static final Duration CALM_AT_THE_END = Duration.ofSeconds(5);

    private final Path folder;
    private final String name;
    private final Mode mode;
    private final List<Backend> servers;
    private Fio load;
    private final AtomicInteger faults = new AtomicInteger();

    Ward(Path folder, Mode mode) throws IOException {
        this.folder = folder;
        this.mode = mode;
        this.name = mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
        this.servers = Rig.twoPaths(folder, Rig.store(folder, STORE_BYTES));
    }

    /** What declares the geom. */
    List<String> arguments() {
        String geom = "--ropewalk.geoms." + name;
        return List.of(device(0), device(1), geom + ".mode=" + mode, geom + ".paths=" + path(0) + "," + path(1));
    }

    private String device(int index) {
        return "--ropewalk.devices." + path(index) + ".uri="
                + servers.get(index).uri();
    }

    private String path(int index) {
        return name + "-" + servers.get(index).name();
    }

    /** Verified, and flushed now and then. */
    void startLoad(PackagedService service, Duration length, int requestsPerSecond) throws IOException {
        load = Fio.start(
                folder,
                service.nbdUri(name),
                (int) length.toSeconds(),
                "--rate_iops=" + requestsPerSecond,
                "--fsync=512");
    }

    int faults() {
        return faults.get();
    }

    void assertLoadRuns() {
        assertThat(load.isRunning()).as("fio on " + name + " runs").isTrue();
    }

    void assertLoadWell() throws Exception {
        Fio.Result result = load.await(120);
        System.out.printf(
                "%s: %d requests at fio, longest %.1f ms, %d faults%n",
                name, result.requests(), result.longestMillis(), faults.get());
        assertThat(result.errors()).as("fio on " + name).isEmpty();
        assertThat(result.exitStatus()).as("fio on " + name).isZero();
        assertThat(faults.get()).as("faults of " + name).isPositive();
    }

    /** Hits either path in turn, in every way in turn, as long as the other one is good. */
    void torment(PackagedService service, long endNanos) throws Exception {
        for (int turn = 0; awaitBothPaths(service, endNanos); turn++) {
            int victim = turn % 2;
            switch (turn / 2 % 3) {
                case 0 -> kill(service, victim);
                case 1 -> stop(service, victim);
                default -> flap(victim);
            }
        }
    }

    /** Whether there is still time for a torment then. */
    private boolean awaitBothPaths(PackagedService service, long endNanos) {
        long last = endNanos - CALM_AT_THE_END.toNanos();
        Awaitility.await("both paths of " + name + " in use")
                .atMost(PATIENCE)
                .pollInterval(HALF_A_SECOND)
                .until(() -> System.nanoTime() >= last
                        || service.geom(name).path("state").asString().equals("OPTIMAL"));
        return System.nanoTime() < last;
    }

    private void kill(PackagedService service, int victim) throws Exception {
        faults.incrementAndGet();
        servers.get(victim).kill();
        awaitFailed(service, victim);
        servers.get(victim).start();
    }

    private void stop(PackagedService service, int victim) throws Exception {
        faults.incrementAndGet();
        servers.get(victim).stop();
        awaitFailed(service, victim);
        servers.get(victim).resume();
    }

    /** At 1 Hz, and it is well in the end. */
    private void flap(int victim) throws Exception {
        for (int i = 0; i < FLAPS; i++) {
            faults.incrementAndGet();
            servers.get(victim).kill();
            Pace.last(HALF_A_SECOND);
            servers.get(victim).start();
            Pace.last(HALF_A_SECOND);
        }
    }

    private void awaitFailed(PackagedService service, int victim) {
        Awaitility.await("path " + path(victim) + " fails")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> stateOf(service, victim).equals("FAIL"));
    }

    private String stateOf(PackagedService service, int victim) {
        for (JsonNode path : service.geom(name).path("paths")) {
            if (path.path("device").asString().equals(path(victim))) {
                return path.path("state").asString();
            }
        }
        throw new AssertionError("no path " + path(victim));
    }

    @Override
    public void close() throws Exception {
        if (load != null) {
            load.end();
        }
        for (Backend server : servers) {
            server.close();
        }
    }
}
