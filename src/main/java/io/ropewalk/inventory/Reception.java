package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.GeomType;
import io.ropewalk.inventory.TasteView.Outcome;
import io.ropewalk.label.KnownGeom;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelReading;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelStore;
import io.ropewalk.label.Taster;
import io.ropewalk.label.Verdict;
import io.ropewalk.label.Verdict.Join;
import io.ropewalk.label.Verdict.NewGeom;
import io.ropewalk.label.Verdict.NewGeomTemporaryName;
import io.ropewalk.label.Verdict.NotOurs;
import io.ropewalk.label.Verdict.Refused;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Receives devices that are there: finds out whose they are. A device that a geom without label wants joins it at once.
 * Any other one is read: it joins the labelled geom that wants it when it shows that label, or is tasted (R25 to R30).
 *
 * <p>On the topology thread; what waits for a device comes back as a future, ready on the topology thread. What was read
 * while labels were being changed, or of a device that was opened anew meanwhile, decides nothing.
 */
final class Reception implements Devices.News {
    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final Arrivals arrivals;
    private final GeomMaker maker;
    private final GeomChanges changes;
    private final LabelDesk desk;
    private final Taster taster;
    private final Rhythm rhythm;
    private final InventorySettings settings;
    private final Factories factories;
    private final Supplier<SessionPort> sessions;
    private final Resizing resizing;

    /** When the open devices of absent paths are read again, by device. */
    private final Map<String, Future<?>> rechecks = new HashMap<>();

    /** Whether the desired geoms are up: before, no device is anybody's. */
    private boolean isUp;

    Reception(
            Ledger ledger,
            Topology topology,
            EventLog events,
            Arrivals arrivals,
            GeomMaker maker,
            GeomChanges changes,
            LabelDesk desk,
            Taster taster,
            Rhythm rhythm,
            InventorySettings settings,
            Factories factories,
            Supplier<SessionPort> sessions) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.arrivals = arrivals;
        this.maker = maker;
        this.changes = changes;
        this.desk = desk;
        this.taster = taster;
        this.rhythm = rhythm;
        this.settings = settings;
        this.factories = factories;
        this.sessions = sessions;
        this.resizing =
                new Resizing(ledger, topology, events, arrivals, desk, device -> receive(device, Manner.BY_ITSELF));
    }

    /**
     * Why a device is received.
     *
     * @param asked somebody asks for this very device: then what was removed or stopped comes back, too (Q26)
     * @param dryRun decide, do nothing
     */
    record Manner(boolean asked, boolean dryRun) {
        static final Manner BY_ITSELF = new Manner(false, false);
    }

    // ---- after a restart

    /** Reads the devices of labelled geoms that are to come up. */
    CompletableFuture<Map<String, LabelTaste>> readDesired() {
        World world = ledger.world();
        Map<String, LabelTaste> tastes = new TreeMap<>();
        List<CompletableFuture<?>> reads = new ArrayList<>();
        for (DesiredGeom geom : world.desired().geoms().values()) {
            for (String device : geom.isLabelled() && !geom.stopped() ? geom.devices() : List.<String>of()) {
                BlockDevice open = world.device(device).device();
                if (open != null) {
                    reads.add(read(open, geom).thenAcceptAsync(taste -> tastes.put(device, taste), topology));
                }
            }
        }
        return CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new)).thenApply(done -> tastes);
    }

    /** Brings up every desired geom that is not stopped; from now on devices are received. */
    void bringUp(Map<String, LabelTaste> tastes) {
        for (DesiredGeom desired : ledger.world().desired().geoms().values()) {
            if (!desired.stopped()) {
                arrivals.bringUp(desired, tastes, "geom.started");
            }
        }
        isUp = true;
    }

    /** Receives every device, as nobody asks for it. Ready with what came of each, by name. */
    CompletableFuture<List<TasteView>> receiveAll(boolean dryRun) {
        Manner manner = new Manner(false, dryRun);
        List<CompletableFuture<TasteView>> all = ledger.world().devices().keySet().stream()
                .map(device -> receive(device, manner))
                .toList();
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .thenApply(done -> all.stream().map(CompletableFuture::join).toList());
    }

    // ---- news of devices

    @Override
    public CompletableFuture<?> onOpened(String device) {
        return receive(device, Manner.BY_ITSELF);
    }

    @Override
    public void onNotOpened(String device, String why) {
        arrivals.onNotOpened(device, why);
    }

    @Override
    public CompletableFuture<Void> onVanished(String device, String why) {
        return arrivals.onVanished(device, why);
    }

    @Override
    public CompletableFuture<?> onResized(String device) {
        return resizing.onResized(device);
    }

    // ---- receiving

    /** Finds out whose the device is. Ready when what follows from it is done. */
    CompletableFuture<TasteView> receive(String device, Manner manner) {
        World world = ledger.world();
        DeviceSlot slot = world.devices().get(device);
        BlockDevice open = slot == null ? null : slot.device();
        if (slot == null || open == null || !isUp) {
            String why = slot == null ? "it is not registered" : slot.why();
            return done(new TasteView(device, Outcome.UNREACHABLE, null, null, "It is not open: " + why + "."));
        }
        Optional<GeomSlot> wanting = world.geomOf(device);
        if (wanting.isPresent() && !wanting.get().desired().isLabelled()) {
            return done(receiveManual(wanting.get(), device, manner));
        }
        if (!desk.isIdle()) {
            return again(device, manner);
        }
        Optional<String> holder = world.holderOf(device);
        boolean absent = wanting.isPresent() && !wanting.get().hasJoined(device);
        if (holder.isPresent() && !absent) {
            return done(inUse(device, holder.get()));
        }
        if (isOurExport(slot)) {
            return done(new TasteView(device, Outcome.NOT_OURS, null, null, "It is an export of this service."));
        }
        return readAndDecide(open, wanting.map(GeomSlot::desired).orElse(null), manner);
    }

    /** Once more, when the work on labels that is under way is done. */
    private CompletableFuture<TasteView> again(String device, Manner manner) {
        CompletableFuture<TasteView> later = new CompletableFuture<>();
        VerbContext context = VerbContext.current();
        desk.whenIdle(() -> context.call(() -> receive(device, manner)).whenComplete((view, thrown) -> {
            if (view != null) {
                later.complete(view);
            } else {
                later.completeExceptionally(thrown);
            }
        }));
        return later;
    }

    private TasteView receiveManual(GeomSlot slot, String device, Manner manner) {
        if (slot.hasJoined(device) || manner.dryRun()) {
            return inUse(device, slot.name());
        }
        arrivals.join(slot, device);
        return afterJoining(slot, device, null);
    }

    private TasteView afterJoining(GeomSlot before, String device, @Nullable Label label) {
        GeomSlot now = ledger.world().slotOf(before.geom());
        Absence absence = now == null ? null : now.absences().get(device);
        return absence == null
                ? joined(device, before.name(), label)
                : new TasteView(
                        device, Outcome.REFUSED, before.name(), view(label), Refusals.sentence(absence.detail()));
    }

    private static TasteView joined(String device, String geom, @Nullable Label label) {
        return new TasteView(device, Outcome.JOINED, geom, view(label), "It is a path of geom \"" + geom + "\".");
    }

    private static TasteView inUse(String device, String geom) {
        return new TasteView(device, Outcome.IN_USE, geom, null, "It is a path of geom \"" + geom + "\" already.");
    }

    private static @Nullable LabelView view(@Nullable Label label) {
        return label == null ? null : LabelView.of(label);
    }

    /** Q27: what we serve ourselves, by the address that we are known by. */
    private boolean isOurExport(DeviceSlot slot) {
        String uri = slot.desired().uri();
        String export = Names.lastSegment(URI.create(uri).getPath());
        return ledger.world().desired().exports().containsKey(export)
                && factories.isSame(sessions.get().uri(export), uri);
    }

    // ---- reading

    private CompletableFuture<LabelTaste> read(BlockDevice device, @Nullable DesiredGeom geom) {
        LabelStore store = desk.store();
        CompletableFuture<LabelReading> last = store.read(device);
        if (geom == null || device.geometry().sizeBytes() <= geom.pathSizeBytes()) {
            return last.thenApply(now -> new LabelTaste(device, now, null));
        }
        return last.thenCombine(
                store.readFormer(device, geom.pathSizeBytes()), (now, former) -> new LabelTaste(device, now, former));
    }

    private CompletableFuture<TasteView> readAndDecide(BlockDevice open, @Nullable DesiredGeom geom, Manner manner) {
        long works = desk.works();
        VerbContext context = VerbContext.current();
        return read(open, geom)
                .thenComposeAsync(
                        taste -> context.call(
                                () -> isFresh(taste, works) ? decide(taste, manner) : receive(open.name(), manner)),
                        topology);
    }

    private boolean isFresh(LabelTaste taste, long works) {
        DeviceSlot slot = ledger.world().devices().get(taste.device().name());
        return slot != null && slot.device() == taste.device() && desk.works() == works;
    }

    private CompletableFuture<TasteView> decide(LabelTaste taste, Manner manner) {
        String device = taste.device().name();
        World world = ledger.world();
        GeomSlot wanting = world.geomOf(device).orElse(null);
        if (wanting != null && wanting.desired().isLabelled() && !wanting.hasJoined(device)) {
            return admit(wanting, taste, manner);
        }
        return world.holderOf(device)
                .map(geom -> done(inUse(device, geom)))
                .orElseGet(() -> done(new Tasting(taste, manner).judge()));
    }

    private CompletableFuture<TasteView> admit(GeomSlot slot, LabelTaste taste, Manner manner) {
        String device = taste.device().name();
        Label label = labelOf(taste.last());
        if (manner.dryRun()) {
            return done(inUse(device, slot.name()));
        }
        arrivals.admit(slot, taste);
        TasteView view = afterJoining(slot, device, label);
        if (view.outcome() == Outcome.JOINED) {
            return done(view);
        }
        recheckLater(device);
        return resizing.evaluate(slot.geom()).thenApply(followed -> afterJoining(slot, device, label));
    }

    private static @Nullable Label labelOf(LabelReading reading) {
        return reading instanceof Decoded decoded ? decoded.label() : null;
    }

    /** What finds out that a path leads to another disk now. */
    LabelPatrol patrol() {
        return new LabelPatrol(ledger, topology, events, arrivals, desk, this::recheckLater);
    }

    /** Nobody tells when a device shows another disk: one that should be a path and is not is looked at again. */
    private void recheckLater(String device) {
        Future<?> next =
                topology.schedule(() -> receive(device, Manner.BY_ITSELF), rhythm.about(settings.checkInterval()));
        Future<?> before = next == null ? rechecks.remove(device) : rechecks.put(device, next);
        if (before != null) {
            before.cancel(false);
        }
    }

    private static <T> CompletableFuture<T> done(T value) {
        return CompletableFuture.completedFuture(value);
    }

    // ---- tasting (R25 to R30)

    /** One device that nobody holds, and what is made of its label. */
    private final class Tasting {
        private final BlockDevice open;
        private final String device;
        private final LabelReading reading;
        private final Manner manner;
        private final @Nullable Label label;

        Tasting(LabelTaste taste, Manner manner) {
            this.open = taste.device();
            this.device = open.name();
            this.reading = taste.last();
            this.manner = manner;
            this.label = labelOf(reading);
        }

        TasteView judge() {
            // Without a label it is nobody's, and the geoms need not be listed for that.
            List<KnownGeom> known = label == null ? List.of() : LabelRules.knownGeoms(ledger.world());
            Verdict verdict = taster.taste(reading, open.geometry(), known);
            try {
                return switch (verdict) {
                    case NotOurs notOurs ->
                        new TasteView(device, Outcome.NOT_OURS, null, view(label), Refusals.sentence(notOurs.why()));
                    case Join join -> isKeptOut(join.uuid()) ? keptOut() : join(join.uuid());
                    case NewGeom fresh -> isKeptOut(fresh.label().uuid()) ? keptOut() : create(fresh.label(), null);
                    case NewGeomTemporaryName fresh ->
                        isKeptOut(fresh.label().uuid()) ? keptOut() : create(fresh.label(), fresh.name());
                    case Refused refused -> refuse(refused);
                };
            } catch (InventoryException e) {
                return refused("GEOM_REFUSES", e.detail());
            }
        }

        private boolean isKeptOut(String uuid) {
            DesiredDevice desired = ledger.world().desired().devices().get(device);
            return !manner.asked() && desired != null && uuid.equals(desired.keptOutOf());
        }

        private TasteView keptOut() {
            return refused(
                    "REMOVED",
                    "An operator took it from the geom that its label names; add it, or taste this very device.");
        }

        private TasteView refuse(Refused refused) {
            if (refused.reason() == Verdict.Reason.STOPPED && manner.asked() && refused.label() != null) {
                return start(refused.label());
            }
            return refused(refused.reason().name(), Refusals.sentence(refused.message()));
        }

        private TasteView refused(String reason, String message) {
            if (!manner.dryRun()) {
                events.append("label.refused", null, device, Map.of("reason", reason, "message", message));
            }
            return new TasteView(device, Outcome.REFUSED, null, view(label), message);
        }

        private void tell(String geom, Label tasted) {
            if (!manner.dryRun()) {
                events.append("label.tasted", geom, device, Map.of("name", tasted.name(), "uuid", tasted.uuid()));
            }
        }

        /** R26. */
        private TasteView join(String uuid) {
            World world = ledger.world();
            GeomSlot slot = world.geoms().values().stream()
                    .filter(one -> one.desired().hasUuid(uuid))
                    .findFirst()
                    .orElse(null);
            if (slot == null) {
                return refused("NOT_RUNNING", "The geom that it belongs to could not be brought up.");
            }
            GeomRules.requireRoom(slot.name(), slot.desired().paths().size() + 1);
            maker.requireFits(slot, open);
            if (label != null) {
                tell(slot.name(), label);
            }
            changes.change(
                    slot,
                    slot.desired().withPath(device),
                    state -> state.withKeptOut(device, null),
                    device,
                    Terms.NONE.withDryRun(manner.dryRun()),
                    () -> slot.geom().add(open));
            if (!manner.dryRun()) {
                arrivals.joined(slot.geom(), device);
            }
            return joined(device, slot.name(), label);
        }

        /** R27, R28. */
        private TasteView create(Label fresh, @Nullable String temporaryName) {
            String name = temporaryName == null ? fresh.name() : temporaryName;
            GeomSpec spec = new GeomSpec(
                    name, GeomType.AUTOMATIC, LabelRules.modeOf(fresh.mode()), settings.policies(), List.of(device));
            GeomMaker.Identity identity =
                    new GeomMaker.Identity(fresh.uuid(), temporaryName == null ? null : fresh.name());
            maker.requireMakeable(spec, List.of(open));
            tell(name, fresh);
            if (temporaryName != null && !manner.dryRun()) {
                events.append("geom.named-temporarily", name, device, Map.of("name", fresh.name()));
            }
            maker.create(spec, identity, List.of(open), manner.dryRun());
            return new TasteView(
                    device, Outcome.GEOM_CREATED, name, view(fresh), "Geom \"" + name + "\" was made from its label.");
        }

        /** The geom was stopped, and the device is asked for: that starts it. */
        private TasteView start(Label found) {
            World world = ledger.world();
            DesiredGeom stopped = world.desiredByUuid(found.uuid()).orElseThrow();
            List<DesiredPath> paths = new ArrayList<>(stopped.paths());
            paths.removeIf(path -> world.holderOf(path.device()).isPresent());
            DesiredGeom wanted = stopped.withPaths(paths).withStopped(false).nextGeneration();
            DesiredGeom desired = wanted.hasPath(device) ? wanted : wanted.withPath(device);
            tell(desired.name(), found);
            if (!manner.dryRun()) {
                start(desired);
            }
            return new TasteView(
                    device,
                    Outcome.GEOM_STARTED,
                    desired.name(),
                    view(found),
                    "Geom \"" + desired.name() + "\" runs again.");
        }

        private void start(DesiredGeom desired) {
            DesiredState after = ledger.world().desired().withGeom(desired).withKeptOut(device, null);
            ledger.persist(after, Refusals.geomResource(desired.name()));
            ledger.publish(ledger.world().withDesired(after));
            LabelTaste taste = new LabelTaste(open, reading, null);
            arrivals.bringUp(desired, Map.of(device, taste), "geom.started");
            desired.devices().stream()
                    .filter(path -> !path.equals(device))
                    .forEach(path -> receive(path, Manner.BY_ITSELF));
        }
    }
}
