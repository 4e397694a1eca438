package io.ropewalk.failover;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.IoLoop;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.nbd.NbdExport;
import io.ropewalk.nbd.NbdServer;
import io.ropewalk.nbd.NbdServerOptions;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The device contract for a geom over NBD: two servers, one store. */
class GeomOverNbdContractTest {

    abstract static class OverTwoServers extends BlockDeviceContractTest {
        @TempDir
        Path folder;

        private final List<BlockDevice> devices = new ArrayList<>();
        private NettyLoops loops;
        private @Nullable Geom geom;

        abstract List<URI> start(Path store) throws Exception;

        abstract void stop() throws Exception;

        @Override
        protected BlockDevice device() throws Exception {
            loops = new NettyLoops(Transport.best(), 2);
            NbdDeviceFactory factory = new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS);
            for (URI uri : start(Rig.store(folder, 40 << 20))) {
                devices.add(factory.open("path" + devices.size(), uri));
            }
            geom = Geom.create(
                    "m",
                    GeomType.MANUAL,
                    null,
                    Mode.ACTIVE_ACTIVE,
                    Policies.DEFAULT.withAttemptTimeout(Duration.ofSeconds(30)),
                    null,
                    devices,
                    loops.next(),
                    Instant::now,
                    EngineObserver.NONE);
            return geom;
        }

        @Override
        protected IoLoop loop() {
            return loops.next();
        }

        @Override
        protected void close(IoLoop loop) {}

        @Override
        protected void cleanUp() throws Exception {
            if (geom != null) {
                geom.stop().get(30, TimeUnit.SECONDS);
            }
            devices.forEach(BlockDevice::close);
            stop();
            loops.close();
        }
    }

    @Nested
    class OverNbdkit extends OverTwoServers {
        private List<Backend> backends = List.of();

        @Override
        List<URI> start(Path store) throws Exception {
            backends = Rig.twoPaths(folder, store);
            return backends.stream().map(Backend::uri).toList();
        }

        @Override
        void stop() throws Exception {
            for (Backend backend : backends) {
                backend.close();
            }
        }
    }

    /** Our client over our server over one file device: what the demo does. */
    @Nested
    class OverOurServer extends OverTwoServers {
        private final List<NbdServer> servers = new ArrayList<>();
        private NettyLoops serverLoops;
        private BlockDevice file;

        @Override
        List<URI> start(Path store) throws Exception {
            serverLoops = new NettyLoops(Transport.best(), 1);
            file = new FileDeviceFactory().open("store", store.toUri());
            NbdExport export = new NbdExport("store", file, false, "");
            List<URI> uris = new ArrayList<>();
            for (String name : List.of("a", "b")) {
                Path socket = folder.resolve(name + ".sock");
                NbdServer server = new NbdServer(serverLoops, Rig.serving(export), NbdServerOptions.on(null, socket));
                server.start();
                servers.add(server);
                uris.add(URI.create("nbd+unix:///store?socket=" + socket));
            }
            return uris;
        }

        @Override
        void stop() {
            servers.forEach(server -> server.close(Duration.ofSeconds(5)));
            file.close();
            serverLoops.close();
        }
    }
}
