package io.ropewalk.config;

import io.ropewalk.inventory.ExportedDevice;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.SessionPort;
import io.ropewalk.inventory.SessionView;
import io.ropewalk.nbd.NbdServer;
import io.ropewalk.nbd.NbdSessionView;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The NBD server's sessions, for the inventory. */
final class NbdSessions implements SessionPort {
    private static final int USUAL_PORT = 10809;

    private final NbdServer server;
    private final Inventory inventory;

    NbdSessions(NbdServer server, Inventory inventory) {
        this.server = server;
        this.inventory = inventory;
    }

    static SessionView view(NbdSessionView session) {
        return new SessionView(
                Long.toString(session.id()),
                Objects.requireNonNullElse(session.export(), ""),
                session.peer().toString(),
                session.since(),
                session.peer().encrypted(),
                session.readOnly(),
                session.inFlight(),
                session.requests(),
                session.errors(),
                session.bytesRead(),
                session.bytesWritten());
    }

    @Override
    public List<SessionView> sessions(String export) {
        return on(export).map(NbdSessions::view).toList();
    }

    @Override
    public int count(String export) {
        return (int) on(export).count();
    }

    private Stream<NbdSessionView> on(String export) {
        return server.sessions().stream().filter(session -> export.equals(session.export()));
    }

    @Override
    public boolean disconnect(String export, String id) {
        return on(export)
                .filter(session -> Long.toString(session.id()).equals(id))
                .anyMatch(session -> server.disconnect(session.id()));
    }

    @Override
    public void review(String export) {
        ExportedDevice now = inventory.findExport(export).orElse(null);
        on(export)
                .filter(session -> now == null || !allows(now, session))
                .forEach(session -> server.disconnect(session.id()));
    }

    private static boolean allows(ExportedDevice export, NbdSessionView session) {
        return (session.readOnly() || !export.readOnly())
                && AllowedClients.allow(export.allowedClients(), session.peer().host());
    }

    /** An export's name needs no escaping: it has no character that a URI knows. */
    @Override
    public String uri(String export) {
        InetSocketAddress bound = server.boundAddress();
        String scheme = server.requiresTls() ? "nbds" : "nbd";
        if (bound == null) {
            return scheme + "://localhost:" + USUAL_PORT + "/" + export;
        }
        return scheme + "://" + host(bound.getAddress()) + ":" + bound.getPort() + "/" + export;
    }

    private static String host(InetAddress address) {
        if (address.isAnyLocalAddress()) {
            return Node.name();
        }
        String literal = address.getHostAddress();
        return literal.contains(":") ? "[" + literal + "]" : literal;
    }
}
