package io.ropewalk.nbd;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection.
 *
 * @param address where a TCP connection comes from; null for a Unix socket, and so a process of this machine
 * @param encrypted whether TLS is on
 * @param certificateNames the names in the certificate that it has shown and that was found good; empty for none
 */
public record NbdPeer(@Nullable InetSocketAddress address, boolean encrypted, Set<String> certificateNames) {
    public NbdPeer {
        // In order: the first is what people call it.
        certificateNames = Collections.unmodifiableSet(new LinkedHashSet<>(certificateNames));
    }

    /** One of whom no more is known. */
    public NbdPeer(@Nullable InetSocketAddress address) {
        this(address, false, Set.of());
    }

    NbdPeer withTls(Set<String> names) {
        return new NbdPeer(address, true, names);
    }

    /** The IP address; null for a Unix socket. */
    public @Nullable InetAddress host() {
        return address == null ? null : address.getAddress();
    }

    /**
     * As people write it: {@code 192.0.2.1:53124}, {@code [2001:db8::1]:53124}, {@code unix}; with the first name of its
     * certificate, {@code 192.0.2.1:53124 (db1.example)}.
     */
    @Override
    public String toString() {
        return certificateNames.isEmpty()
                ? place()
                : place() + " (" + certificateNames.iterator().next() + ")";
    }

    private String place() {
        if (address == null) {
            return "unix";
        }
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
