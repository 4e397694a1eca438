package io.ropewalk.nbd;

import io.ropewalk.block.Geometry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the server listens and what it allows.
 *
 * @param address where to listen for TCP, port 0 for any free one; null for not at all
 * @param unixSocket the Unix socket to listen on; null for none
 * @param handshakeTimeout from connection to the end of negotiation, more than 0
 * @param stallTimeout how long a client that takes no answers, or stops within a message, may hold memory that others
 *     wait for; more than 0
 * @param maxSessions connections at a time, 1 or more; further ones are closed at once
 * @param maxSessionsPerAddress of these the most of one address, an IPv6 network of 64 bits being one; 1 or more
 * @param maxHandshakes connections that negotiate at a time, 1 or more; one more ends the oldest of them, so that idle
 *     ones keep nobody out
 * @param maxRequestsPerSession in flight at a time, 1 or more; beyond, a session is not read from
 * @param maxBytesPerSession payload held at a time (received, asked for, not yet taken by the client); beyond, a session
 *     is not read from. One request is always served, whatever its length
 * @param maxBytesTotal the same over all sessions, at least 64 MiB, twice the longest request. Exact to one receive
 *     buffer per session: 264 KiB, or up to 2 MiB where the last message was as long
 * @param tls how TLS is done; null for not at all
 */
public record NbdServerOptions(
        @Nullable InetSocketAddress address,
        @Nullable Path unixSocket,
        Duration handshakeTimeout,
        Duration stallTimeout,
        int maxSessions,
        int maxSessionsPerAddress,
        int maxHandshakes,
        int maxRequestsPerSession,
        long maxBytesPerSession,
        long maxBytesTotal,
        @Nullable NbdServerTls tls) {

    private static final long MINIMUM_TOTAL_BYTES = 2L * Geometry.MAXIMUM_PAYLOAD_BYTES;

    public NbdServerOptions {
        require(address != null || unixSocket != null, "an address or a Unix socket to listen on");
        require(handshakeTimeout.isPositive(), "a handshake time-out of more than 0");
        require(stallTimeout.isPositive(), "a stall time-out of more than 0");
        require(maxSessions > 0, "1 session or more");
        require(maxSessionsPerAddress > 0, "1 session per address or more");
        require(maxHandshakes > 0, "1 handshake or more");
        require(maxRequestsPerSession > 0, "1 request per session or more");
        require(maxBytesPerSession > 0, "1 byte per session or more");
        require(maxBytesTotal >= MINIMUM_TOTAL_BYTES, MINIMUM_TOTAL_BYTES + " bytes in total or more");
    }

    /**
     * The usual bounds: 10 s for a handshake, 30 s for a stall, 1024 sessions, from anywhere, 256 of them in negotiation,
     * 1024 requests and 64 MiB for each, 256 MiB
     * in total; no TLS.
     */
    public static NbdServerOptions on(@Nullable InetSocketAddress address, @Nullable Path unixSocket) {
        return new NbdServerOptions(
                address,
                unixSocket,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                1024,
                1024,
                256,
                1024,
                64L << 20,
                256L << 20,
                null);
    }

    public NbdServerOptions withTimeouts(Duration newHandshakeTimeout, Duration newStallTimeout) {
        return new NbdServerOptions(
                address,
                unixSocket,
                newHandshakeTimeout,
                newStallTimeout,
                maxSessions,
                maxSessionsPerAddress,
                maxHandshakes,
                maxRequestsPerSession,
                maxBytesPerSession,
                maxBytesTotal,
                tls);
    }

    /** With as many connections, of one address, and in negotiation. */
    public NbdServerOptions withSessions(int newMaxSessions, int newMaxSessionsPerAddress, int newMaxHandshakes) {
        return new NbdServerOptions(
                address,
                unixSocket,
                handshakeTimeout,
                stallTimeout,
                newMaxSessions,
                newMaxSessionsPerAddress,
                newMaxHandshakes,
                maxRequestsPerSession,
                maxBytesPerSession,
                maxBytesTotal,
                tls);
    }

    public NbdServerOptions withBounds(
            int newMaxRequestsPerSession, long newMaxBytesPerSession, long newMaxBytesTotal) {
        return new NbdServerOptions(
                address,
                unixSocket,
                handshakeTimeout,
                stallTimeout,
                maxSessions,
                maxSessionsPerAddress,
                maxHandshakes,
                newMaxRequestsPerSession,
                newMaxBytesPerSession,
                newMaxBytesTotal,
                tls);
    }

    public NbdServerOptions withTls(@Nullable NbdServerTls newTls) {
        return new NbdServerOptions(
                address,
                unixSocket,
                handshakeTimeout,
                stallTimeout,
                maxSessions,
                maxSessionsPerAddress,
                maxHandshakes,
                maxRequestsPerSession,
                maxBytesPerSession,
                maxBytesTotal,
                newTls);
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException("The NBD server needs " + what);
        }
    }
}
