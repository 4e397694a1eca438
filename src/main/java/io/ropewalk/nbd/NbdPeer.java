package io.ropewalk.nbd;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection.
 *
 * @param address where a TCP connection comes from; null for a Unix socket, and so a process of this machine
 */
public record NbdPeer(@Nullable InetSocketAddress address) {

    /** The IP address; null for a Unix socket. */
    public @Nullable InetAddress host() {
        return address == null ? null : address.getAddress();
    }

    /** As people write it: {@code 192.0.2.1:53124}, {@code [2001:db8::1]:53124}, {@code unix}. */
    @Override
    public String toString() {
        if (address == null) {
            return "unix";
        }
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
