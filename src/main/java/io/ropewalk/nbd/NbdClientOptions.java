package io.ropewalk.nbd;

import java.time.Duration;

/**
 * How long an NBD client waits, which servers it connects to, and whom it trusts.
 *
 * @param connectTimeout for resolving the host's name and reaching it, all its addresses together; more than 0
 * @param handshakeTimeout from the connection to the end of the negotiation, and for a server that is shutting down to
 *     answer what is in flight; more than 0
 * @param backoffMinimum how long no new connection is tried after the first failure; more than 0
 * @param backoffMaximum what that doubles up to with each further failure; at least {@code backoffMinimum}
 * @param allowed the servers that may be connected to
 * @param tls what {@code nbds} sessions are made from
 * @param ownDoors where this very service listens, which is never connected to
 */
public record NbdClientOptions(
        Duration connectTimeout,
        Duration handshakeTimeout,
        Duration backoffMinimum,
        Duration backoffMaximum,
        NbdAllowedServers allowed,
        NbdClientTls tls,
        NbdOwnDoors ownDoors) {

    /** 2 s to connect, 2 s to negotiate, back-off from 10 ms to 1 s. */
    public static final NbdClientOptions DEFAULTS = new NbdClientOptions(
            Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(10), Duration.ofSeconds(1));

    /** With every server allowed, and the TLS of the Java runtime. */
    public NbdClientOptions(
            Duration connectTimeout, Duration handshakeTimeout, Duration backoffMinimum, Duration backoffMaximum) {
        this(
                connectTimeout,
                handshakeTimeout,
                backoffMinimum,
                backoffMaximum,
                NbdAllowedServers.EVERY,
                NbdClientTls.OF_THE_RUNTIME,
                new NbdOwnDoors());
    }

    public NbdClientOptions {
        require(connectTimeout.isPositive(), "connect time-out");
        require(handshakeTimeout.isPositive(), "handshake time-out");
        require(backoffMinimum.isPositive(), "minimum back-off");
        require(backoffMaximum.compareTo(backoffMinimum) >= 0, "maximum back-off");
    }

    public NbdClientOptions withAllowed(NbdAllowedServers newAllowed) {
        return new NbdClientOptions(
                connectTimeout, handshakeTimeout, backoffMinimum, backoffMaximum, newAllowed, tls, ownDoors);
    }

    public NbdClientOptions withTls(NbdClientTls newTls) {
        return new NbdClientOptions(
                connectTimeout, handshakeTimeout, backoffMinimum, backoffMaximum, allowed, newTls, ownDoors);
    }

    public NbdClientOptions withOwnDoors(NbdOwnDoors newOwnDoors) {
        return new NbdClientOptions(
                connectTimeout, handshakeTimeout, backoffMinimum, backoffMaximum, allowed, tls, newOwnDoors);
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException("The " + what + " of the NBD client is too short.");
        }
    }
}
