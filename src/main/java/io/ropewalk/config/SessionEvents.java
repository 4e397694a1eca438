package io.ropewalk.config;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.nbd.NbdPeer;
import io.ropewalk.nbd.NbdServerObserver;
import io.ropewalk.nbd.NbdSessionView;

/** Tells the inventory, and who counts, of sessions that come and go. */
final class SessionEvents implements NbdServerObserver {
    private final Inventory inventory;
    private final NbdServerObserver counter;

    SessionEvents(Inventory inventory, NbdServerObserver counter) {
        this.inventory = inventory;
        this.counter = counter;
    }

    @Override
    public void onTlsHandshake(NbdPeer peer, boolean succeeded) {
        counter.onTlsHandshake(peer, succeeded);
    }

    @Override
    public void onSessionOpened(NbdSessionView session) {
        inventory.sessionOpened(NbdSessions.view(session));
    }

    @Override
    public void onSessionClosed(NbdSessionView session, String reason) {
        counter.onSessionClosed(session, reason);
        inventory.sessionClosed(NbdSessions.view(session));
    }
}
