package io.ropewalk.failover;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomRefusal;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.LatencyHistogram;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.Policies;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.nbd.NbdExport;
import io.ropewalk.nbd.NbdExports;
import io.ropewalk.nbd.NbdPeer;
import io.ropewalk.nbd.NbdServer;
import io.ropewalk.nbd.NbdServerOptions;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A geom over real servers, served by our own server on a Unix socket, with checks as the service runs them but faster. */
final class Rig implements AutoCloseable {
    final Geom geom;
    final List<Backend> backends;
    private final Path socket;
    private final NettyLoops loops = new NettyLoops(Transport.best(), 2);
    private final List<BlockDevice> devices = new ArrayList<>();
    private final NbdServer server;
    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor();

    Rig(Path folder, Mode mode, Policies policies, Duration checkEvery, List<Backend> backends) throws Exception {
        this(folder, mode, policies, checkEvery, backends, EngineObserver.NONE);
    }

    Rig(Path folder, Mode mode, Policies policies, Duration checkEvery, List<Backend> backends, EngineObserver observer)
            throws Exception {
        this.backends = backends;
        this.socket = folder.resolve("rope.sock");
        NbdDeviceFactory factory = new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS);
        for (Backend backend : backends) {
            devices.add(factory.open(backend.name(), backend.uri()));
        }
        geom = Geom.create(
                "rope",
                GeomType.MANUAL,
                null,
                mode,
                policies,
                null,
                devices,
                loops.loops().getFirst(),
                Instant::now,
                observer);
        NbdExport export = new NbdExport("rope", geom, false, "");
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = new NbdServer(loops, serving(export), NbdServerOptions.on(anyPort, socket));
        server.start();
        checks.scheduleWithFixedDelay(
                this::checkAll, checkEvery.toMillis(), checkEvery.toMillis(), TimeUnit.MILLISECONDS);
    }

    static NbdExports serving(NbdExport export) {
        return new NbdExports() {
            @Override
            public List<NbdExport> list(NbdPeer peer) {
                return List.of(export);
            }

            @Override
            public Optional<NbdExport> find(String name, NbdPeer peer) {
                return list(peer).stream()
                        .filter(each -> each.name().equals(name))
                        .findFirst();
            }
        };
    }

    static Path store(Path folder, long sizeBytes) throws IOException {
        Path store = folder.resolve("store.img");
        try (var file = new java.io.RandomAccessFile(store.toFile(), "rw")) {
            file.setLength(sizeBytes);
        }
        return store;
    }

    /** Two paths to {@code store}. */
    static List<Backend> twoPaths(Path folder, Path store) throws IOException {
        return List.of(
                new Backend("a", folder, List.of("file", store.toString())),
                new Backend("b", folder, List.of("file", store.toString())));
    }

    /** As {@link #twoPaths}, by servers that do not offer CAN_MULTI_CONN. */
    static List<Backend> twoPathsOfOneConnection(Path folder, Path store) throws IOException {
        List<String> arguments = List.of("--filter=multi-conn", "file", store.toString(), "multi-conn-mode=disable");
        return List.of(new Backend("a", folder, arguments), new Backend("b", folder, arguments));
    }

    String uri() {
        return "nbd+unix:///rope?socket=" + socket;
    }

    /** The same export over TCP. */
    String tcpUri() {
        return "nbd://127.0.0.1:"
                + Objects.requireNonNull(server.boundAddress()).getPort() + "/rope";
    }

    NettyLoops loops() {
        return loops;
    }

    PathReport path(int index) {
        return geom.report().paths().get(index);
    }

    private void checkAll() {
        for (PathReport path : geom.report().paths()) {
            try {
                geom.check(path.device()).get(5, TimeUnit.SECONDS);
            } catch (GeomRefusal | InterruptedException | java.util.concurrent.ExecutionException e) {
                throw new AssertionError(e);
            } catch (java.util.concurrent.TimeoutException e) {
                // The path is silent; the next check comes anyway.
            }
        }
    }

    /** Failover durations by reason, as people read them. */
    String failovers() {
        StringBuilder text = new StringBuilder();
        geom.stats()
                .failovers()
                .forEach((reason, histogram) -> text.append(String.format(
                        "%s: %d, mean %.1f ms, %s%n",
                        reason,
                        histogram.count(),
                        histogram.sumNanos() / 1e6 / histogram.count(),
                        buckets(histogram))));
        return text.toString();
    }

    private static String buckets(LatencyHistogram.Snapshot histogram) {
        long[] bounds = LatencyHistogram.boundsNanos();
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < histogram.buckets().length; i++) {
            if (histogram.buckets()[i] > 0) {
                String bound = i < bounds.length ? "≤" + bounds[i] / 1e6 + " ms" : "more";
                parts.add(bound + ": " + histogram.buckets()[i]);
            }
        }
        return String.join(", ", parts);
    }

    @Override
    public void close() throws Exception {
        checks.shutdownNow();
        server.close(Duration.ofSeconds(5));
        geom.stop().get(20, TimeUnit.SECONDS);
        devices.forEach(BlockDevice::close);
        for (Backend backend : backends) {
            backend.close();
        }
        loops.close();
        Files.deleteIfExists(socket);
    }
}
