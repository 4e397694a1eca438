package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.label.Culprit;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelChange;
import io.ropewalk.label.LabelChange.Done;
import io.ropewalk.label.LabelChange.Failed;
import io.ropewalk.label.LabelChange.Nothing;
import io.ropewalk.label.LabelReading;
import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import io.ropewalk.label.LabelReading.WrongVersion;
import io.ropewalk.label.Labelling;
import io.ropewalk.label.LabellingResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The verbs that read or write labels. Each runs on its caller's thread as a piece of work on the {@link LabelDesk}:
 * begin (look, check, pledge), I/O, conclude (commit). Where the process is stopped in between:
 *
 * <ul>
 *   <li>create: the disk has its label or not; a disk that has it makes its geom when it is tasted;
 *   <li>configure: the label may be ahead of the store, and then is what counts at the next start;
 *   <li>destroy: the geom is stopped, whether its label is erased or not; to destroy it again completes it;
 *   <li>clear: one sector, before or after.
 * </ul>
 */
final class LabelVerbs {
    private final Ledger ledger;
    private final EventLog events;
    private final GeomLife life;
    private final GeomMaker maker;
    private final Geoms geoms;
    private final LabelDesk desk;

    LabelVerbs(Ledger ledger, EventLog events, GeomLife life, GeomMaker maker, Geoms geoms, LabelDesk desk) {
        this.ledger = ledger;
        this.events = events;
        this.life = life;
        this.maker = maker;
        this.geoms = geoms;
        this.desk = desk;
    }

    /** Whether verbs on the geom are to go through here: it is, or is asked to be, labelled. */
    boolean concerns(String geom) {
        World world = ledger.world();
        GeomSlot slot = world.geoms().get(geom);
        DesiredGeom desired = slot == null ? world.desired().geoms().get(geom) : slot.desired();
        return desired != null && desired.isLabelled();
    }

    // ---- create (the original's label command)

    private record Creation(GeomSpec spec, List<BlockDevice> open, Label label) {}

    /**
     * Labels the disk, then makes the geom.
     *
     * @param force write over what is not ours
     * @param patient whether paths whose devices are not open yet may join later; one at least must be open
     */
    GeomView create(GeomSpec spec, boolean force, boolean patient, Terms terms) {
        return desk.work(terms, null, work -> {
            Creation creation = work.begin(() -> planCreate(work, spec, patient));
            Labelling.Options options = new Labelling.Options(force, false);
            if (terms.dryRun()) {
                work.await(work.labelling().check(creation.open(), creation.label(), options))
                        .ifPresent(objection -> LabelRules.requireLabelled(spec.name(), objection));
                return work.conclude(() -> commitCreate(creation, true));
            }
            LabellingResult result = work.await(work.labelling().label(creation.open(), creation.label(), options));
            LabelRules.requireLabelled(spec.name(), result);
            try {
                return work.conclude(() -> commitCreate(creation, false));
            } catch (InventoryException e) {
                if (!e.isUndecided()) {
                    work.await(work.landed());
                    work.await(work.changer()
                            .erase(creation.open(), creation.label().uuid()));
                }
                throw e;
            }
        });
    }

    private Creation planCreate(LabelDesk.Work work, GeomSpec spec, boolean patient) {
        World world = ledger.world();
        GeomRules.requireSound(spec);
        GeomRules.requireFreeName(world, spec.name());
        List<BlockDevice> open = Geoms.openDevices(world, spec, patient);
        GeomRules.requireAlike(open);
        GeomRules.requireRoomForLabel(open.getFirst());
        GeomRules.requireWritable(open);
        maker.requireMakeable(spec, open);
        Label label = Label.create(
                spec.name(), UUID.randomUUID(), open.getFirst().geometry(), LabelRules.modeOf(spec.mode()));
        work.pledge(new Pledge("labelled for geom \"" + spec.name() + "\"", spec.name(), Set.copyOf(spec.paths())));
        return new Creation(spec, open, label);
    }

    /** A device that went away since joins when it is back, as after a restart. */
    private GeomView commitCreate(Creation creation, boolean dryRun) {
        World world = ledger.world();
        List<BlockDevice> still = creation.open().stream()
                .filter(device -> world.devices().containsKey(device.name())
                        && world.device(device.name()).device() == device)
                .toList();
        if (still.isEmpty()) {
            throw Refusals.deviceUnreachable(
                    creation.open().getFirst().name(), "it went away while its label was written");
        }
        GeomMaker.Identity identity = new GeomMaker.Identity(creation.label().uuid(), null);
        GeomSlot slot = maker.create(creation.spec(), identity, still, dryRun);
        if (!dryRun) {
            told("label.written", slot.name(), null, Map.of("uuid", identity.uuid()));
        }
        return geoms.view(slot);
    }

    // ---- add (R40)

    /** As {@code add} of a geom without label, but the device must show the label. Writes nothing. */
    PathAdded add(String name, String device, Terms terms) {
        return desk.work(terms, null, work -> {
            BlockDevice open = work.begin(() -> geoms.deviceToAdd(name, device, terms));
            if (open == null) {
                return work.conclude(() -> geoms.add(name, device, null, terms));
            }
            LabelReading reading = work.await(work.store().read(open));
            return work.conclude(() -> geoms.add(name, device, new LabelTaste(open, reading, null), terms));
        });
    }

    // ---- configure (R43)

    private record Configuration(DesiredGeom before, GeomSettings settings, List<BlockDevice> devices) {
        boolean changesLabel() {
            return settings.mode() != before.mode();
        }

        Label label() {
            return LabelRules.labelOf(before.withSettings(settings));
        }
    }

    /** The label first, through any path that does it, then the geom (Q24). */
    GeomView configure(String name, UnaryOperator<GeomSettings> change, Terms terms) {
        return desk.work(terms, null, work -> {
            Configuration configuration = work.begin(() -> planConfigure(work, name, change, terms));
            boolean writes = configuration.changesLabel() && !terms.dryRun();
            if (writes) {
                rewrite(work, configuration);
            }
            try {
                return work.conclude(() -> geoms.reconfigure(name, now -> configuration.settings(), terms));
            } catch (InventoryException e) {
                if (writes && !e.isUndecided()) {
                    work.await(work.landed());
                    work.await(work.changer()
                            .rewrite(configuration.devices(), LabelRules.labelOf(configuration.before())));
                }
                throw e;
            }
        });
    }

    private Configuration planConfigure(
            LabelDesk.Work work, String name, UnaryOperator<GeomSettings> change, Terms terms) {
        World world = ledger.world();
        GeomSlot slot = world.running(name);
        GeomRules.requireGeneration(terms, slot.desired());
        if (!slot.desired().isLabelled()) {
            throw LabelRefusals.madeAnew(name);
        }
        GeomSettings settings = Geoms.apply(name, change, slot.desired().settings());
        work.pledge(new Pledge(
                "used to write the label of geom \"" + name + "\"",
                null,
                Set.copyOf(slot.desired().devices())));
        return new Configuration(slot.desired(), settings, devicesOf(world, slot));
    }

    private static void rewrite(LabelDesk.Work work, Configuration configuration) {
        String name = configuration.before().name();
        switch (work.await(work.changer().rewrite(configuration.devices(), configuration.label()))) {
            case Done done -> {}
            case Nothing nothing -> throw LabelRefusals.labelNotChanged(name, nothing.findings());
            case Failed failed -> {
                // What was given up may land later, and a start would take the mode from there.
                work.await(work.landed());
                work.await(work.changer().rewrite(configuration.devices(), LabelRules.labelOf(configuration.before())));
                throw LabelRefusals.labelNotChanged(name, failed.culprits());
            }
        }
    }

    // ---- destroy (R48)

    /** @param running whether it ran when it was looked at; else it was stopped before */
    private record Doomed(DesiredGeom desired, boolean running, List<BlockDevice> devices) {}

    /**
     * Erases the label if it is ours, then ends and forgets the geom.
     *
     * @param force whatever sessions are open, and even where the label cannot be erased: it is left then, and no taste
     *     follows it until asked for
     * @return ready when nothing is in flight any more and nothing that was given up can land
     */
    CompletableFuture<Void> destroy(String name, boolean force, Terms terms) {
        return desk.work(terms, null, work -> {
            Doomed doomed = work.begin(() -> planDestroy(work, name, force, terms));
            if (terms.dryRun()) {
                return CompletableFuture.completedFuture(null);
            }
            String uuid = String.valueOf(doomed.desired().uuid());
            LabelChange change = work.await(
                    work.changer().erase(doomed.devices(), uuid),
                    doomed.devices().size());
            if (change instanceof Failed && !force) {
                // Zeros that were given up may have landed: then it is erased, and the geom cannot stay.
                work.await(work.landed());
                change = work.await(
                        work.changer().erase(doomed.devices(), uuid),
                        doomed.devices().size());
            }
            LabelChange outcome = change;
            CompletableFuture<Void> ended = work.conclude(() -> commitDestroy(doomed, outcome, force));
            return CompletableFuture.allOf(ended, work.landed());
        });
    }

    /** Stores that the geom is stopped, so that a crash from here on does not bring it back without its label. */
    private Doomed planDestroy(LabelDesk.Work work, String name, boolean force, Terms terms) {
        World world = ledger.world();
        GeomSlot slot = world.geoms().get(name);
        DesiredGeom desired = slot == null ? world.desired().geoms().get(name) : slot.desired();
        if (desired == null) {
            throw Refusals.geomNotFound(name);
        }
        GeomRules.requireGeneration(terms, desired);
        if (slot != null && !force) {
            geoms.requireUnused(world, slot);
        }
        List<BlockDevice> devices = slot == null ? freeDevicesOf(world, desired) : devicesOf(world, slot);
        if (terms.dryRun()) {
            return new Doomed(desired, slot != null, devices);
        }
        Doomed doomed = new Doomed(desired, slot != null, devices);
        if (slot != null) {
            persist(world.desired().withGeom(desired.withStopped(true)), name);
            work.unlessConcluded(() -> restoreWish(doomed));
        }
        work.pledge(
                new Pledge("used to erase the label of geom \"" + name + "\"", null, Set.copyOf(desired.devices())));
        return doomed;
    }

    private void persist(DesiredState after, String geom) {
        ledger.persist(after, Refusals.geomResource(geom));
        ledger.publish(ledger.world().withDesired(after));
    }

    private CompletableFuture<Void> commitDestroy(Doomed doomed, LabelChange change, boolean force) {
        String name = doomed.desired().name();
        List<Culprit> left = whyLeft(doomed, change);
        if (left != null && !force) {
            restoreWish(doomed);
            throw LabelRefusals.labelNotErased(name, left);
        }
        DesiredState desired = ledger.world().desired();
        DesiredState after = (left == null ? desired : desired.withAllKeptOut(doomed.desired())).withoutGeom(name);
        told(
                left == null ? "label.erased" : "label.left",
                name,
                null,
                left == null ? Map.of() : Map.of("message", left.toString()));
        return end(doomed, after);
    }

    /** Why the label may be on the disk still; null when it is not, for all that can be known. */
    private static @Nullable List<Culprit> whyLeft(Doomed doomed, LabelChange change) {
        return switch (change) {
            case Done done -> null;
            case Nothing nothing -> hasLookedEverywhere(doomed) ? null : nothing.findings();
            case Failed failed -> failed.culprits();
        };
    }

    /** The paths of a geom that runs lead to its disk; those of one that was stopped may lead elsewhere by now. */
    private static boolean hasLookedEverywhere(Doomed doomed) {
        int looked = doomed.devices().size();
        return doomed.running()
                ? looked > 0
                : looked == doomed.desired().devices().size();
    }

    private void restoreWish(Doomed doomed) {
        World world = ledger.world();
        if (doomed.running() && world.geoms().containsKey(doomed.desired().name())) {
            DesiredState before = world.desired().mapGeom(doomed.desired().name(), geom -> geom.withStopped(false));
            ledger.publish(world.withDesired(before));
            ledger.takeBack(Refusals.geomResource(doomed.desired().name()));
        }
    }

    private CompletableFuture<Void> end(Doomed doomed, DesiredState after) {
        String name = doomed.desired().name();
        World world = ledger.world();
        DesiredGeom now = world.desired().geoms().get(name);
        if (now == null || !now.hasUuid(doomed.desired().uuid())) {
            return life.drained(name);
        }
        GeomSlot slot = world.geoms().get(name);
        try {
            ledger.persist(after, Refusals.geomResource(name));
        } catch (InventoryException e) {
            if (slot != null) {
                life.end(slot, ledger.world().desired(), "geom.stopped");
            }
            throw LabelRefusals.erasedButStored(name, e);
        }
        if (slot != null) {
            return life.end(slot, after, "geom.destroyed");
        }
        ledger.publish(ledger.world().withDesired(after));
        events.append("geom.destroyed", name, null, Map.of());
        return life.drained(name);
    }

    // ---- labels of devices

    /** What the last sector says. On the caller's thread, beside other work. */
    LabelView read(String device) {
        BlockDevice open = GeomRules.requireOpen(ledger.world().device(device));
        LabelReading reading = LabelDesk.await(desk.store().read(open), desk.readPatience());
        return LabelView.of(decoded(device, reading));
    }

    private static Label decoded(String device, LabelReading reading) {
        return switch (reading) {
            case Decoded decoded -> decoded.label();
            case NoLabel none -> throw LabelRefusals.noLabel(device, "has no label");
            case WrongVersion other ->
                throw LabelRefusals.noLabel(
                        device, "has a label of version " + other.version() + ", which is not known here");
            case Damaged damaged -> throw LabelRefusals.noLabel(device, "has a damaged label: " + damaged.reason());
            case Unreadable unreadable ->
                throw LabelRefusals.labelUnreadable(device, unreadable.error().message());
        };
    }

    /** Erases whatever has our magic, unless a geom that runs depends on it. */
    void clear(String device, Terms terms) {
        desk.work(terms, null, work -> {
            BlockDevice open = work.begin(() -> planClear(work, device));
            LabelReading reading = work.await(work.store().read(open));
            work.step(() -> requireClearable(device, reading));
            if (!terms.dryRun()) {
                LabelChange change = work.await(work.changer().clear(open));
                work.conclude(() -> commitClear(device, change));
            }
            return true;
        });
    }

    private BlockDevice planClear(LabelDesk.Work work, String device) {
        World world = ledger.world();
        BlockDevice open = GeomRules.requireOpen(GeomRules.requireFree(world, device));
        GeomRules.requireWritable(List.of(open));
        work.pledge(new Pledge("cleared of its label", null, Set.of(device)));
        return open;
    }

    private boolean requireClearable(String device, LabelReading reading) {
        if (reading instanceof NoLabel || reading instanceof Unreadable) {
            decoded(device, reading);
        }
        if (reading instanceof Decoded found) {
            ledger.world()
                    .desiredByUuid(found.label().uuid())
                    .filter(geom -> !geom.stopped())
                    .ifPresent(geom -> {
                        throw LabelRefusals.carriesLabelOf(device, geom.name());
                    });
        }
        return true;
    }

    private boolean commitClear(String device, LabelChange change) {
        switch (change) {
            case Done done -> told("label.erased", null, device, Map.of());
            case Nothing nothing -> throw LabelRefusals.noLabel(device, "has no label");
            case Failed failed -> throw LabelRefusals.labelNotCleared(device, failed.culprits());
        }
        return true;
    }

    // ---- inside

    private void told(String type, @Nullable String geom, @Nullable String device, Map<String, String> detail) {
        events.append(type, geom, device, detail);
    }

    /** The devices of the geom's paths that are there, those first that serve. */
    static List<BlockDevice> devicesOf(World world, GeomSlot slot) {
        Map<String, PathState> states = new HashMap<>();
        for (PathReport path : slot.geom().report().paths()) {
            states.put(path.device(), path.state());
        }
        List<BlockDevice> devices = new ArrayList<>();
        for (String name : slot.desired().devices()) {
            BlockDevice open = world.device(name).device();
            Absence absence = slot.absences().get(name);
            if (open != null && (absence == null || absence.sameDisk())) {
                devices.add(open);
            }
        }
        devices.sort(Comparator.comparingInt(device -> rank(states.get(device.name()))));
        return devices;
    }

    private static int rank(@Nullable PathState state) {
        if (state == PathState.ACTIVE) {
            return 0;
        }
        return state == PathState.READ || state == PathState.PASSIVE ? 1 : 2;
    }

    /** Of a geom that does not run: the devices that are there and that nobody else has. */
    private static List<BlockDevice> freeDevicesOf(World world, DesiredGeom geom) {
        List<BlockDevice> devices = new ArrayList<>();
        for (String name : geom.devices()) {
            BlockDevice open = world.device(name).device();
            if (open != null && world.holderOf(name).isEmpty()) {
                devices.add(open);
            }
        }
        return devices;
    }
}
