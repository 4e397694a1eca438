package io.ropewalk.nbd;

/** Hears what happens at the server. Called on event loops: must not block, must not throw. */
public interface NbdServerObserver {
    /** One that does not care. */
    NbdServerObserver NONE = new NbdServerObserver() {};

    /** A client has entered the transmission phase of an export. */
    default void onSessionOpened(NbdSessionView session) {}

    /** A session that was opened is over, with its last counts. */
    default void onSessionClosed(NbdSessionView session, String reason) {}

    /** A TLS handshake has ended; where it failed, {@link #onHandshakeFailed} is called as well. */
    default void onTlsHandshake(NbdPeer peer, boolean succeeded) {}

    /** A connection ended before it became a session. */
    default void onHandshakeFailed(NbdPeer peer, String reason) {}
}
