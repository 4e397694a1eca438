package io.ropewalk.config;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
        return allowed.isEmpty() || host == null || allowed.stream().anyMatch(each -> matches(each, host));
    }

    private static boolean matches(String allowed, InetAddress host) {
        int slash = allowed.indexOf('/');
        String network = slash < 0 ? allowed : allowed.substring(0, slash);
        int bits = slash < 0 ? host.getAddress().length * Byte.SIZE : Integer.parseInt(allowed.substring(slash + 1));
        try {
            return new IpSubnetFilterRule(network, bits, IpFilterRuleType.ACCEPT)
                    .matches(new InetSocketAddress(host, 0));
        } catch (IllegalArgumentException anotherFamily) {
            return false;
        }
    }
}
