package io.ropewalk.nbd;

import java.time.Duration;

/**
 * How long an NBD client waits, and which servers it connects to.
 *
 * @param connectTimeout for resolving the host's name and reaching it, all its addresses together; more than 0
 * @param handshakeTimeout from the connection to the end of the negotiation, and for a server that is shutting down to
 *     answer what is in flight; more than 0
 * @param backoffMinimum how long no new connection is tried after the first failure; more than 0
 * @param backoffMaximum what that doubles up to with each further failure; at least {@code backoffMinimum}
 * @param allowed the servers that may be connected to
 */
public record NbdClientOptions(
        Duration connectTimeout,
        Duration handshakeTimeout,
        Duration backoffMinimum,
        Duration backoffMaximum,
        NbdAllowedServers allowed) {

    /** 2 s to connect, 2 s to negotiate, back-off from 10 ms to 1 s. */
    public static final NbdClientOptions DEFAULTS = new NbdClientOptions(
            Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(10), Duration.ofSeconds(1));

    public NbdClientOptions {
        require(connectTimeout.isPositive(), "connect time-out");
        require(handshakeTimeout.isPositive(), "handshake time-out");
        require(backoffMinimum.isPositive(), "minimum back-off");
        require(backoffMaximum.compareTo(backoffMinimum) >= 0, "maximum back-off");
    }

    /** With every server allowed. */
    public NbdClientOptions(
            Duration connectTimeout, Duration handshakeTimeout, Duration backoffMinimum, Duration backoffMaximum) {
        this(connectTimeout, handshakeTimeout, backoffMinimum, backoffMaximum, NbdAllowedServers.EVERY);
    }

    public NbdClientOptions withAllowed(NbdAllowedServers newAllowed) {
        return new NbdClientOptions(connectTimeout, handshakeTimeout, backoffMinimum, backoffMaximum, newAllowed);
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException("The " + what + " of the NBD client is too short.");
        }
    }
}
