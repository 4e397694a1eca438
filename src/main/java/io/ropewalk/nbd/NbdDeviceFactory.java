package io.ropewalk.nbd;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.net.NettyLoops;
import java.net.URI;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens exports of NBD servers: {@code nbd://host[:port]/export} and {@code nbd+unix:///export?socket=/path}, and the same
 * with TLS ({@code nbds}, {@code nbds+unix}). Thread-safe.
 */
public final class NbdDeviceFactory implements DeviceFactory {
    private static final Logger CONTROL = LoggerFactory.getLogger("io.ropewalk.nbd.control");

    private final NettyLoops loops;
    private final NbdClientOptions options;

    /** @param loops where connections live; channels can be opened on these loops only */
    public NbdDeviceFactory(NettyLoops loops, NbdClientOptions options) {
        this.loops = loops;
        this.options = options;
    }

    @Override
    public Set<String> schemes() {
        return NbdUri.SCHEMES;
    }

    @Override
    public URI normalize(URI uri) throws DeviceException {
        return NbdUri.parse(uri).canonical();
    }

    /** Connects, negotiates and disconnects; blocks for the connect and handshake time-outs and 1 s at most. */
    @Override
    public BlockDevice open(String name, URI uri) throws DeviceException {
        NbdUri where = NbdUri.parse(uri);
        if (where.tls()) {
            // Here it may block to read certificates, and who opens a device wants to know what is wrong with them.
            options.tls().context(where.tlsBundle());
        }
        NbdClientExport export = NbdClientProbe.look(loops, where, options);
        NbdDevice device = new NbdDevice(name, loops, where, options, export);
        CONTROL.info(
                "{}: opened {}: {} bytes, {}{}",
                name,
                where.canonical(),
                export.geometry().sizeBytes(),
                export.capabilities(),
                export.multiConnection() ? "" : ", one connection only");
        return device;
    }
}
