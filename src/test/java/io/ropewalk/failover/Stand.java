package io.ropewalk.failover;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.DesiredState;
import io.ropewalk.inventory.DeviceSpec;
import io.ropewalk.inventory.EventView;
import io.ropewalk.inventory.GeomSpec;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.InventorySettings;
import io.ropewalk.inventory.InventoryStore;
import io.ropewalk.inventory.Terms;
import io.ropewalk.metrics.ExportTraffic;
import io.ropewalk.metrics.MultipathCollector;
import io.ropewalk.metrics.PathCounters;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A geom as the service has it, over real servers: with the inventory that checks its paths, the events that tell of it and
 * the metrics that count it. Checks come more often than in the service.
 */
final class Stand implements AutoCloseable {
    static final String GEOM = "rope";

    final Geom geom;
    private final NettyLoops loops = new NettyLoops(Transport.best(), 2);
    private final Inventory inventory;
    private final MultipathCollector collector;
    private final List<Backend> backends;

    /** Keeps nothing: no cell restarts. */
    private static final class NoStore implements InventoryStore {
        @Override
        public DesiredState load() {
            return DesiredState.EMPTY;
        }

        @Override
        public void save(
                DesiredState before, DesiredState after, @org.jspecify.annotations.Nullable AuditEntry entry) {}
    }

    Stand(Mode mode, Policies policies, Duration checkEvery, List<Backend> backends) throws Exception {
        this.backends = backends;
        PathCounters counters = new PathCounters();
        ExportTraffic traffic = new ExportTraffic();
        InventorySettings settings = new InventorySettings(
                policies,
                Duration.ofSeconds(20),
                checkEvery,
                Duration.ofMillis(20),
                Duration.ofMillis(100),
                Duration.ofSeconds(5),
                10_000);
        inventory = new Inventory(
                new NoStore(),
                List.of(new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS)),
                loops::next,
                Instant::now,
                counters,
                settings);
        inventory.addListener(counters);
        inventory.addListener(traffic);
        collector = new MultipathCollector(inventory, counters, traffic, List::of);
        inventory.start();
        for (Backend backend : backends) {
            inventory.registerDevice(
                    new DeviceSpec(backend.name(), backend.uri().toString()), Terms.NONE);
        }
        List<String> paths = backends.stream().map(Backend::name).toList();
        inventory.createGeom(GeomSpec.manual(GEOM, mode, policies, paths), Terms.NONE);
        geom = inventory.runningGeoms().getFirst().geom();
    }

    NettyLoops loops() {
        return loops;
    }

    /** Empty while it is not one of the geom's. */
    Optional<PathReport> path(String name) {
        return geom.report().paths().stream()
                .filter(path -> path.device().equals(name))
                .findFirst();
    }

    /** What happened to the geom, in order. */
    List<EventView> events() {
        return inventory.eventsAfter(0, 10_000).items().stream()
                .filter(event -> GEOM.equals(event.geom()))
                .toList();
    }

    /**
     * The sum of the series of {@code metric} that have all of {@code labels}, as a scrape shows them.
     *
     * @param labels as {@code path="a"}
     */
    double metric(String metric, String... labels) {
        return scrape().lines()
                .filter(line -> line.startsWith(metric + "{"))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private String scrape() {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(text, collector.collect());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws Exception {
        inventory.close();
        for (Backend backend : backends) {
            backend.close();
        }
        loops.close();
    }
}
