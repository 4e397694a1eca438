package io.ropewalk.inventory;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is served, and to whom. Any thread. */
final class Exports {
    private final Ledger ledger;
    private final EventLog events;
    private volatile SessionPort sessions = SessionPort.NONE;

    Exports(Ledger ledger, EventLog events) {
        this.ledger = ledger;
        this.events = events;
    }

    void bind(SessionPort port) {
        sessions = port;
    }

    SessionPort port() {
        return sessions;
    }

    List<ExportView> list() {
        World world = ledger.world();
        return world.desired().exports().values().stream()
                .filter(export -> world.geoms().containsKey(export.geom()))
                .map(export -> Views.export(export, sessions))
                .toList();
    }

    ExportView get(String name) {
        return Views.export(served(name), sessions);
    }

    private DesiredExport served(String name) {
        World world = ledger.world();
        DesiredExport export = world.desired().exports().get(name);
        if (export == null || !world.geoms().containsKey(export.geom())) {
            throw Refusals.exportNotFound(name);
        }
        return export;
    }

    List<SessionView> sessions(String name) {
        return sessions.sessions(served(name).name());
    }

    void disconnect(String name, String id, Terms terms) {
        DesiredExport export = served(name);
        boolean known = sessions.sessions(name).stream()
                .anyMatch(session -> session.id().equals(id));
        if (!known || (!terms.dryRun() && !sessions.disconnect(name, id))) {
            throw Refusals.sessionNotFound(name, id);
        }
        if (!terms.dryRun()) {
            append("session.disconnected", export, Map.of("id", id, "actor", terms.actor()));
        }
    }

    Optional<ExportedDevice> find(String name) {
        World world = ledger.world();
        DesiredExport export = world.desired().exports().get(name);
        GeomSlot slot = export == null ? null : world.geoms().get(export.geom());
        return export == null || slot == null ? Optional.empty() : Optional.of(GeomLife.exported(export, slot.geom()));
    }

    List<ExportedDevice> devices() {
        return ledger.world().desired().exports().keySet().stream()
                .flatMap(name -> find(name).stream())
                .toList();
    }

    void tell(String type, SessionView session) {
        Map<String, String> detail = Map.of(
                "id", session.id(), "client", session.client(), "encrypted", Boolean.toString(session.encrypted()));
        DesiredExport export = ledger.world().desired().exports().get(session.export());
        append(type, export, with(detail, session.export()));
    }

    private void append(String type, @Nullable DesiredExport export, Map<String, String> detail) {
        events.append(
                type,
                export == null ? null : export.geom(),
                null,
                export == null ? detail : with(detail, export.name()));
    }

    private static Map<String, String> with(Map<String, String> detail, String export) {
        Map<String, String> more = new TreeMap<>(detail);
        more.put("export", export);
        return more;
    }
}
