package io.ropewalk.config;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.inventory.DeviceSpec;
import io.ropewalk.inventory.GeomSpec;
import io.ropewalk.nbd.NbdExport;
import io.ropewalk.nbd.NbdExports;
import io.ropewalk.nbd.NbdPeer;
import io.ropewalk.nbd.NbdServer;
import io.ropewalk.nbd.NbdServerOptions;
import io.ropewalk.net.NettyLoops;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A storage array to play with, inside the process: two disks, each a file in the data folder, and two small NBD servers
 * on Unix sockets that both lead to both disks. The geom {@code demo} is made over the first disk; the second disk's
 * devices {@code spare-a} and {@code spare-b} are there to make another geom of. A third server, on TCP, is one more way
 * to the same disks for whoever wants to register a device by hand.
 */
final class DemoStage extends Life implements NbdExports {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private static final String DEMO = "demo";
    private static final String SPARE = "spare";
    private static final long DEMO_BYTES = 64L << 20;
    private static final long SPARE_BYTES = 16L << 20;
    private static final int TCP_PORT = 10810;

    private final NettyLoops loops;
    private final Path folder;
    private final List<BlockDevice> disks = new ArrayList<>();
    private final List<NbdServer> servers = new ArrayList<>();

    /** @param dataDir where the disks and sockets are; what is there already is kept */
    DemoStage(NettyLoops loops, Path dataDir) {
        super(Phase.DEMO);
        this.loops = loops;
        this.folder = dataDir.toAbsolutePath().normalize().resolve(DEMO);
    }

    /** The ways to the disks. Their URIs are the same at every start from the same folder. */
    List<DeviceSpec> devices() {
        return List.of(device(DEMO, "a"), device(DEMO, "b"), device(SPARE, "a"), device(SPARE, "b"));
    }

    private DeviceSpec device(String disk, String server) {
        return new DeviceSpec(
                disk + "-" + server,
                "nbd+unix:///" + disk + "?socket=" + socket(server).toUri().getRawPath());
    }

    List<GeomSpec> geoms(Policies policies) {
        return List.of(GeomSpec.manual(DEMO, Mode.ACTIVE_PASSIVE, policies, List.of(DEMO + "-a", DEMO + "-b")));
    }

    @Override
    void begin() {
        try {
            Files.createDirectories(folder);
            disks.add(openDisk(DEMO, DEMO_BYTES));
            disks.add(openDisk(SPARE, SPARE_BYTES));
            serve(null, socket("a"));
            serve(null, socket("b"));
        } catch (IOException e) {
            end();
            throw new StartupException(
                    "The demo cannot be set up: " + e.getMessage() + ".",
                    "Start without it (ropewalk.demo=false), or with another ropewalk.data-dir.",
                    e);
        }
        serveTcp();
    }

    /** Nothing depends on this one: when its port is taken, the demo is one toy poorer. */
    private void serveTcp() {
        try {
            serve(new InetSocketAddress(InetAddress.getLoopbackAddress(), TCP_PORT), null);
        } catch (IOException e) {
            LOG.info("The demo does without a third server: {}", e.getMessage());
        }
    }

    private void serve(@Nullable InetSocketAddress address, @Nullable Path socket) throws IOException {
        NbdServer server = new NbdServer(loops, this, NbdServerOptions.on(address, socket));
        server.start();
        servers.add(server);
    }

    private Path socket(String server) {
        return folder.resolve(server + ".sock");
    }

    private BlockDevice openDisk(String name, long sizeBytes) throws IOException, DeviceException {
        Path file = folder.resolve(name + ".img");
        if (!Files.exists(file)) {
            try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
                image.setLength(sizeBytes);
            }
        }
        return new FileDeviceFactory().open(name, file.toUri());
    }

    @Override
    void end() {
        servers.forEach(NbdServer::close);
        disks.forEach(BlockDevice::close);
    }

    // ---- what each of the servers serves

    @Override
    public List<NbdExport> list(NbdPeer peer) {
        return disks.stream().map(DemoStage::export).toList();
    }

    @Override
    public Optional<NbdExport> find(String name, NbdPeer peer) {
        return disks.stream()
                .filter(disk -> disk.name().equals(name))
                .findFirst()
                .map(DemoStage::export);
    }

    private static NbdExport export(BlockDevice disk) {
        return new NbdExport(disk.name(), disk, false, "a disk of the demo");
    }
}
