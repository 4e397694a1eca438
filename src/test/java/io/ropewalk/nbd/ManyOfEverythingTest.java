package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.file.FileDeviceFactory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many geoms of four paths each, every path with its own connection to the same server that serves them, and many
 * sessions: what one more costs must not grow with how many there are. Small by default; the figures of {@code performance.md} come
 * from {@code -Dropewalk.many.geoms=1000 -Dropewalk.many.sessions=500}, for which {@code ulimit -n} must be 32,768 or more.
 */
class ManyOfEverythingTest {
    private static final int GEOMS = Integer.getInteger("ropewalk.many.geoms", 32);
    private static final int SESSIONS = Integer.getInteger("ropewalk.many.sessions", 32);
    private static final int PATHS = 4;
    private static final int MOST_BUSY = 64;
    private static final int READS = GEOMS * 32;
    private static final int DEPTH = 16;

    /** What the test's own client buffers. */
    private static final int CLIENT_BYTES = 128 << 10;

    /** What a heap differs by without anybody's doing. */
    private static final long NOISE_BYTES = 8 << 20;

    private final List<BlockDevice> devices = new ArrayList<>();
    private final List<Geom> geoms = new ArrayList<>();

    @Test
    void oneMore_costsAsMuchAsTheOneBefore(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("disk"), new byte[1 << 20]);
        BlockDevice disk = new FileDeviceFactory().open("disk", file.toUri());
        devices.add(disk);
        try (NbdServerFixture gateway = NbdServerFixture.serving(ManyOfEverythingTest::forMany, disk)) {
            try {
                manyGeoms(gateway);
                busyAmongIdle(gateway);
                manySessions(gateway);
            } finally {
                stopAll();
            }
        }
    }

    /** A path holds both ends of its connection here: our client's, and a session for the disk. */
    private void manyGeoms(NbdServerFixture gateway) throws Exception {
        NbdDeviceFactory factory = new NbdDeviceFactory(gateway.loops, NbdClientOptions.DEFAULTS);
        URI uri = URI.create("nbd://127.0.0.1:" + gateway.address().getPort() + "/disk");
        makeGeoms(gateway, factory, uri, GEOMS / 4);
        long quarter = heapBytes();
        makeGeoms(gateway, factory, uri, GEOMS / 2);
        long half = heapBytes();
        makeGeoms(gateway, factory, uri, GEOMS);
        long all = heapBytes();
        say("second quarter of %d geoms: %.1f KiB each", GEOMS, each(half - quarter, GEOMS / 4));
        say("second half: %.1f KiB each", each(all - half, GEOMS / 2));
        assertThat(all - half).isLessThan(2 * 2 * Math.max(half - quarter, 0) + NOISE_BYTES);
    }

    private void makeGeoms(NbdServerFixture gateway, NbdDeviceFactory factory, URI uri, int upTo) throws Exception {
        long start = System.nanoTime();
        int before = geoms.size();
        while (geoms.size() < upTo) {
            Geom geom = geom(gateway, factory, uri, "geom" + geoms.size());
            geoms.add(geom);
            gateway.exports.add(new NbdExport(geom.name(), geom, false, ""));
            try (RawNbdClient client = RawNbdClient.open(gateway.address(), geom.name(), NbdReplyFormat.SIMPLE)) {
                readInTurns(List.of(client), 1, PATHS);
            }
        }
        say("%d geoms to %d: %.2f ms each", before, upTo, (System.nanoTime() - start) / 1e6 / (upTo - before));
    }

    private Geom geom(NbdServerFixture gateway, NbdDeviceFactory factory, URI uri, String name) throws Exception {
        List<BlockDevice> paths = new ArrayList<>();
        for (int i = 0; i < PATHS; i++) {
            paths.add(factory.open(name + "-" + i, uri));
        }
        devices.addAll(paths);
        IoLoop loop = gateway.loops.next();
        return Geom.create(
                name,
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_ACTIVE,
                Policies.DEFAULT,
                null,
                paths,
                loop,
                Instant::now,
                EngineObserver.NONE);
    }

    private void busyAmongIdle(NbdServerFixture gateway) throws IOException {
        int busy = Math.min(MOST_BUSY, GEOMS / 2);
        microsecondsPerRead(gateway, busy);
        double many = microsecondsPerRead(gateway, busy);
        double one = microsecondsPerRead(gateway, 1);
        say("read of 4 KiB: %.1f µs of processor time with 1 busy geom, %.1f µs with %d", one, many, busy);
    }

    /** Of this process: of the test's client, and of the server twice. */
    private double microsecondsPerRead(NbdServerFixture gateway, int busy) throws IOException {
        List<RawNbdClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < busy; i++) {
                clients.add(RawNbdClient.open(
                        gateway.address(), geoms.get(i * (GEOMS / busy)).name(), NbdReplyFormat.SIMPLE));
            }
            int rounds = READS / busy / DEPTH;
            readInTurns(clients, rounds, DEPTH);
            long start = processorNanos();
            readInTurns(clients, rounds, DEPTH);
            return (processorNanos() - start) / 1e3 / ((long) rounds * busy * DEPTH);
        } finally {
            close(clients);
        }
    }

    private void manySessions(NbdServerFixture gateway) throws IOException {
        List<RawNbdClient> clients = new ArrayList<>();
        try {
            long none = heapBytes();
            open(gateway, clients, SESSIONS / 2);
            long half = heapBytes();
            open(gateway, clients, SESSIONS);
            long all = heapBytes();
            say("%d sessions: %.1f KiB each", SESSIONS, each(all - none - (long) SESSIONS * CLIENT_BYTES, SESSIONS));
            assertThat(all - half).isLessThan(2 * Math.max(half - none, 0) + NOISE_BYTES);
            readInTurns(clients, 2, DEPTH);
            assertThat(gateway.server.sessions().stream().filter(session -> !"disk".equals(session.export())))
                    .hasSizeGreaterThanOrEqualTo(SESSIONS);
        } finally {
            close(clients);
        }
    }

    private void open(NbdServerFixture gateway, List<RawNbdClient> clients, int upTo) throws IOException {
        while (clients.size() < upTo) {
            String export = geoms.get(clients.size() % GEOMS).name();
            RawNbdClient client = RawNbdClient.open(gateway.address(), export, NbdReplyFormat.SIMPLE);
            clients.add(client);
            // At once, so that not all lanes connect at a time: a server turns away the oldest of too many that
            // negotiate.
            readInTurns(List.of(client), 1, PATHS);
        }
    }

    private static void readInTurns(List<RawNbdClient> clients, int rounds, int depth) throws IOException {
        for (int round = 0; round < rounds; round++) {
            for (RawNbdClient client : clients) {
                for (int i = 0; i < depth; i++) {
                    client.request(Nbd.CMD_READ, 0, i, i * 4096L, 4096);
                }
            }
            for (RawNbdClient client : clients) {
                for (int i = 0; i < depth; i++) {
                    assertThat(client.reply(4096).errno()).isZero();
                }
            }
        }
    }

    private void stopAll() {
        geoms.stream().map(Geom::stop).toList().forEach(CompletableFuture::join);
        devices.reversed().forEach(BlockDevice::close);
    }

    private static void close(List<RawNbdClient> clients) throws IOException {
        for (RawNbdClient client : clients) {
            client.close();
        }
    }

    private static NbdServerOptions forMany(NbdServerOptions usual) {
        int many = 2 * PATHS * GEOMS + SESSIONS + MOST_BUSY;
        return usual.withSessions(many, many, usual.maxHandshakes());
    }

    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static long heapBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static double each(long bytes, int count) {
        return bytes / 1024.0 / count;
    }

    private static void say(String format, Object... values) {
        System.out.printf("Many: " + format + "%n", values);
    }
}
