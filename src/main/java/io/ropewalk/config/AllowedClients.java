package io.ropewalk.config;

import io.ropewalk.inventory.ClientNetwork;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may connect to an export: addresses as {@code 192.0.2.7}, networks as {@code 192.0.2.0/24}. Pure. */
final class AllowedClients {
    private AllowedClients() {}

    /**
     * Whether {@code host} may connect.
     *
     * @param allowed empty for everybody
     * @param host null for a process of this machine on a Unix socket, which always may
     */
    static boolean allow(List<String> allowed, @Nullable InetAddress host) {
        return allowed.isEmpty()
                || host == null
                || allowed.stream().map(ClientNetwork::parse).anyMatch(network -> network.contains(host));
    }
}
