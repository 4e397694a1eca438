package io.ropewalk.config;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.nbd.NbdServerObserver;
import io.ropewalk.nbd.NbdSessionView;

/** Tells the inventory of sessions that come and go. */
final class SessionEvents implements NbdServerObserver {
    private final Inventory inventory;

    SessionEvents(Inventory inventory) {
        this.inventory = inventory;
    }

    @Override
    public void onSessionOpened(NbdSessionView session) {
        inventory.sessionOpened(NbdSessions.view(session));
    }

    @Override
    public void onSessionClosed(NbdSessionView session, String reason) {
        inventory.sessionClosed(NbdSessions.view(session));
    }
}
