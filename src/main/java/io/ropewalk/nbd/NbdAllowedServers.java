package io.ropewalk.nbd;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.ropewalk.block.DeviceException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which NBD servers a caller may make the client connect to. Names are judged by the addresses that they have at the
 * moment of connecting, and it is those addresses that are connected to: an answer of the name service that changes in
 * between leads nowhere. Immutable; any thread.
 *
 * <p>Addresses that are no servers of disks are refused unless an entry covers them by number: link-local ones, behind
 * which clouds keep the keys of their machines, multicast, and the unspecified address.
 */
public final class NbdAllowedServers {
    /** Stands for every ordinary address. */
    public static final String EVERY_HOST = "*";

    /** Every server of an ordinary address, and every Unix socket. */
    public static final NbdAllowedServers EVERY =
            new NbdAllowedServers(List.of(EVERY_HOST), List.of(), List.of(), List.of(), null);

    private static final int MOST_PORT = 65535;

    /** Where clouds tell a machine its secrets, beside the link-local address that all of them use. */
    private static final List<IpSubnetFilterRule> METADATA =
            List.of(rule("fd00:ec2::254/128"), rule("fd20:ce::254/128"), rule("100.100.100.200/32"));

    private final List<IpSubnetFilterRule> networks = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<IpSubnetFilterRule> refused;
    private final List<Ports> ports;
    private final List<String> declared;
    private final @Nullable Sockets sockets;

    /** Holds on to Unix sockets that may be connected to. */
    public interface Sockets {
        /**
         * Holds on to what is at {@code path}. Blocks.
         *
         * @throws DeviceException when nothing is there, or it may not be connected to
         */
        Held hold(String path) throws DeviceException;
    }

    /** A socket that is held on to. */
    public interface Held extends AutoCloseable {
        /** A path that leads to exactly this socket. */
        Path door();

        @Override
        void close();
    }

    private record Ports(int first, int last) {
        boolean contain(int port) {
            return first <= port && port <= last;
        }
    }

    /**
     * The rules.
     *
     * @param hosts addresses as {@code 192.0.2.7}, networks as {@code 2001:db8::/32}, names, which allow whatever
     *     ordinary address the name has, and {@value #EVERY_HOST} for every ordinary address
     * @param ports as {@code 10809} or {@code 10809-10820}; every port when empty
     * @param refused networks that are refused whatever {@code hosts} says
     * @param declared servers as {@code host:port} that are allowed whatever all else says
     * @param sockets judges Unix sockets; null allows every one
     * @throws IllegalArgumentException for an entry that cannot be read; the message says which
     */
    public NbdAllowedServers(
            List<String> hosts,
            List<String> ports,
            List<String> refused,
            List<String> declared,
            @Nullable Sockets sockets) {
        for (String host : hosts) {
            if (isNumeric(host)) {
                networks.add(rule(host));
            } else {
                names.add(host.toLowerCase(Locale.ROOT));
            }
        }
        this.ports = ports.stream().map(NbdAllowedServers::ports).toList();
        this.refused = refused.stream().map(NbdAllowedServers::rule).toList();
        this.declared = List.copyOf(declared);
        this.sockets = sockets;
    }

    /** Who judges Unix sockets; null when nobody does. */
    @Nullable Sockets sockets() {
        return sockets;
    }

    /** Those of {@code found}, the addresses of {@code host}, that may be connected to. */
    List<InetSocketAddress> permitted(String host, List<InetSocketAddress> found) {
        return found.stream()
                .filter(address -> declared.contains(host + ":" + address.getPort()) || isAllowed(host, address))
                .toList();
    }

    private boolean isAllowed(String host, InetSocketAddress address) {
        return (ports.isEmpty() || ports.stream().anyMatch(range -> range.contain(address.getPort())))
                && refused.stream().noneMatch(network -> network.matches(address))
                && (networks.stream().anyMatch(network -> network.matches(address))
                        || isOrdinary(address) && (names.contains(EVERY_HOST) || names.contains(host)));
    }

    private static boolean isOrdinary(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        return !host.isLinkLocalAddress()
                && !host.isMulticastAddress()
                && !host.isAnyLocalAddress()
                && METADATA.stream().noneMatch(network -> network.matches(address));
    }

    private static boolean isNumeric(String host) {
        String address = host.indexOf('/') < 0 ? host : host.substring(0, host.indexOf('/'));
        return host.indexOf('/') >= 0 || NetUtil.isValidIpV4Address(address) || NetUtil.isValidIpV6Address(address);
    }

    private static IpSubnetFilterRule rule(String network) {
        int slash = network.indexOf('/');
        String address = slash < 0 ? network : network.substring(0, slash);
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
        if (bytes == null) {
            throw new IllegalArgumentException("'" + network + "' is not a network");
        }
        try {
            int bits = slash < 0 ? bytes.length * Byte.SIZE : Integer.parseInt(network.substring(slash + 1));
            return new IpSubnetFilterRule(address, bits, IpFilterRuleType.ACCEPT);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + network + "' is not a network", e);
        }
    }

    private static Ports ports(String text) {
        int dash = text.indexOf('-');
        try {
            int first = Integer.parseInt(dash < 0 ? text : text.substring(0, dash));
            int last = dash < 0 ? first : Integer.parseInt(text.substring(dash + 1));
            if (first >= 1 && first <= last && last <= MOST_PORT) {
                return new Ports(first, last);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("'" + text + "' is not a port (1 to 65535) or a range of them");
    }
}
