package io.ropewalk.inventory;

import io.ropewalk.engine.Geom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What is served, and to whom. Questions on any thread; verbs on the topology thread. */
final class Exports {
    private final Ledger ledger;
    private final EventLog events;
    private final Listeners listeners;
    private volatile SessionPort sessions = SessionPort.NONE;

    Exports(Ledger ledger, EventLog events, Listeners listeners) {
        this.ledger = ledger;
        this.events = events;
        this.listeners = listeners;
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

    // ---- verbs, on the topology thread

    ExportPut put(String name, String geom, ExportSettings settings, Consumer<ExportView> replacing, Terms terms) {
        if (!Names.isLegal(name)) {
            throw Refusals.invalidName("export", name);
        }
        World world = ledger.world();
        DesiredExport now = world.desired().exports().get(name);
        if (now == null) {
            return create(world, name, geom, settings, terms);
        }
        if (!now.geom().equals(geom)) {
            throw Refusals.exportExists(name, now.geom());
        }
        world.running(geom);
        if (now.withSettings(settings) != now) {
            replacing.accept(Views.export(now, sessions));
        }
        return new ExportPut(change(now, settings, terms), false);
    }

    private ExportPut create(World world, String name, String geom, ExportSettings settings, Terms terms) {
        GeomSlot slot = world.running(geom);
        if (terms.ifGeneration() != null) {
            throw Refusals.neverWas(Refusals.exportResource(name), terms.ifGeneration());
        }
        requireNameOfNoOther(world, name, geom);
        DesiredExport made =
                DesiredExport.of(name, geom, settings, world.desired().firstGeneration());
        if (!terms.dryRun()) {
            keep(world, world.desired().withExport(made), made);
            append("export.created", made, settingsOf(made));
            listeners.tell(listener -> listener.onExportAppeared(GeomLife.exported(made, slot.geom())));
        }
        return new ExportPut(Views.export(made, sessions), true);
    }

    private static void requireNameOfNoOther(World world, String name, String geom) {
        boolean comesToBe = world.pledges().stream().anyMatch(pledge -> name.equals(pledge.newGeom()));
        if (!name.equals(geom) && (world.geoms().containsKey(name) || comesToBe)) {
            throw Refusals.nameOfGeom(name, geom);
        }
    }

    ExportView configure(String name, UnaryOperator<ExportSettings> change, Terms terms) {
        DesiredExport now = served(name);
        try {
            return change(now, change.apply(now.settings()), terms);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalidExport(name, e);
        }
    }

    /** Sessions that would not be given any more as they are end. */
    private ExportView change(DesiredExport now, ExportSettings settings, Terms terms) {
        requireGeneration(terms, now);
        DesiredExport wanted = now.withSettings(settings);
        if (!terms.dryRun() && wanted != now) {
            World world = ledger.world();
            keep(world, world.desired().withExport(wanted), wanted);
            append("export.changed", wanted, settingsOf(wanted));
            sessions.review(now.name());
        } else if (!terms.dryRun()) {
            // As it is; but a change that was refused before may be in the store.
            ledger.persist(ledger.world().desired(), Refusals.exportResource(now.name()));
        }
        return Views.export(wanted, sessions);
    }

    void delete(String name, boolean force, Terms terms) {
        DesiredExport export = served(name);
        requireGeneration(terms, export);
        int open = sessions.count(name);
        if (open > 0 && !force) {
            throw Refusals.exportInUse(name, open);
        }
        if (!terms.dryRun()) {
            World world = ledger.world();
            Geom geom = world.running(export.geom()).geom();
            keep(world, world.desired().withoutExport(name), export);
            append("export.deleted", export, Map.of());
            listeners.tell(listener -> listener.onExportVanished(GeomLife.exported(export, geom)));
            sessions.review(name);
        }
    }

    private void keep(World world, DesiredState after, DesiredExport export) {
        ledger.persist(after, Refusals.exportResource(export.name()));
        ledger.publish(world.withDesired(after));
    }

    private static void requireGeneration(Terms terms, DesiredExport export) {
        if (terms.ifGeneration() != null && terms.ifGeneration() != export.generation()) {
            throw Refusals.stale(Refusals.exportResource(export.name()), terms.ifGeneration(), export.generation());
        }
    }

    private static Map<String, String> settingsOf(DesiredExport export) {
        return Map.of(
                "readOnly", Boolean.toString(export.readOnly()),
                "allowedClients", String.join(" ", export.allowedClients()));
    }

    // ---- sessions

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

    /** The export may have changed since the client asked for it. */
    void opened(SessionView session) {
        tell("session.opened", session);
        sessions.review(session.export());
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
