package io.ropewalk.bench;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.nbd.NbdExport;
import io.ropewalk.nbd.NbdExports;
import io.ropewalk.nbd.NbdPeer;
import io.ropewalk.nbd.NbdServer;
import io.ropewalk.nbd.NbdServerOptions;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A geom served over NBD with nothing around it, to measure versions and transports against each other without waiting
 * for the whole service to start: {@code GeomServer TRANSPORT THREADS MODE SOCKET URI...}. {@code SOCKET} is the path of
 * a Unix socket or a port of the loopback address; with one URI and the mode {@code none} the device itself is served.
 */
final class GeomServer {
    private GeomServer() {}

    static void main(String[] arguments) throws Exception {
        Transport transport = Transport.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        NettyLoops loops = new NettyLoops(transport, Integer.parseInt(arguments[1]));
        List<BlockDevice> devices = new ArrayList<>();
        for (int i = 4; i < arguments.length; i++) {
            URI uri = URI.create(arguments[i]);
            DeviceFactory factory = "file".equals(uri.getScheme())
                    ? new FileDeviceFactory()
                    : new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS);
            devices.add(factory.open("path" + i, uri));
        }
        BlockDevice served =
                "none".equals(arguments[2]) ? devices.getFirst() : geom(loops, Mode.valueOf(arguments[2]), devices);
        new NbdServer(loops, only(new NbdExport("disk", served, false, "")), options(arguments[3])).start();
        System.out.println("serving " + served.name() + " at " + arguments[3] + " by " + transport);
        Thread.currentThread().join();
    }

    private static Geom geom(NettyLoops loops, Mode mode, List<BlockDevice> devices) throws Exception {
        return Geom.create(
                "disk",
                GeomType.MANUAL,
                null,
                mode,
                Policies.DEFAULT,
                null,
                devices,
                loops.loops().getFirst(),
                Instant::now,
                EngineObserver.NONE);
    }

    private static NbdServerOptions options(String place) {
        return place.startsWith("/")
                ? NbdServerOptions.on(null, Path.of(place))
                : NbdServerOptions.on(new InetSocketAddress("127.0.0.1", Integer.parseInt(place)), null);
    }

    private static NbdExports only(NbdExport export) {
        return new NbdExports() {
            @Override
            public List<NbdExport> list(NbdPeer peer) {
                return List.of(export);
            }

            @Override
            public Optional<NbdExport> find(String name, NbdPeer peer) {
                return Optional.of(export);
            }
        };
    }
}
