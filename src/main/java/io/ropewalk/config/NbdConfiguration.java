package io.ropewalk.config;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.metrics.ExportTraffic;
import io.ropewalk.nbd.NbdOwnDoors;
import io.ropewalk.nbd.NbdServer;
import io.ropewalk.nbd.NbdServerOptions;
import io.ropewalk.net.NettyLoops;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The NBD server, and its two doors to the inventory. */
@Configuration(proxyBeanMethods = false)
class NbdConfiguration {
    @Bean(destroyMethod = "")
    NbdServer nbdServer(
            NettyLoops loops,
            Inventory inventory,
            ExportTraffic traffic,
            RopewalkProperties properties,
            TlsBundles bundles) {
        RopewalkProperties.Nbd nbd = properties.nbd();
        return new NbdServer(
                loops,
                new InventoryExports(inventory, nbd.allowedCertificates()),
                options(nbd).withTls(NbdTls.server(nbd, bundles)),
                new SessionEvents(inventory, traffic));
    }

    private static NbdServerOptions options(RopewalkProperties.Nbd nbd) {
        NbdServerOptions usual =
                NbdServerOptions.on(new InetSocketAddress(nbd.address(), nbd.port()), nbd.unixSocket());
        int perAddress = Objects.requireNonNullElse(nbd.maxSessionsPerAddress(), nbd.maxSessions());
        return usual.withTimeouts(nbd.handshakeTimeout(), usual.stallTimeout())
                .withSessions(nbd.maxSessions(), perAddress, nbd.maxHandshakes());
    }

    @Bean
    NbdLife nbdLife(NbdServer server, NbdOwnDoors doors, Inventory inventory, RopewalkProperties properties) {
        inventory.bindSessions(new NbdSessions(server, inventory));
        RopewalkProperties.Nbd nbd = properties.nbd();
        // Before devices are opened, which begins before the server listens.
        doors.set(new InetSocketAddress(nbd.address(), nbd.port()), nbd.unixSocket());
        return new NbdLife(server, () -> doors.set(server.boundAddress(), nbd.unixSocket()));
    }
}
