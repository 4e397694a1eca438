package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineClock;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The devices: registers, opens, watches and forgets them. On the topology thread, but for {@link #register} and for
 * opening itself, which waits for what is behind the URI and has a virtual thread for it.
 *
 * <pre>
 *   declared or brought back ─► UNREACHABLE ─── opens ───► OPEN ◄── registered
 *                                 ▲  │ does not:             │
 *                                 └──┘ again after a pause   │
 *                                 ▲                          │
 *                                 └──────── vanished ────────┘
 * </pre>
 */
final class Devices {
    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final Factories factories;
    private final Rhythm rhythm;
    private final EngineClock clock;
    private final InventorySettings settings;
    private final News news;
    private final Listeners listeners;

    /** Registrations under way, so that two of one name or URI do not open the same thing twice. */
    private final List<DesiredDevice> claims = new ArrayList<>();

    /** Devices that are being opened in the background, by name. */
    private final Map<String, Opening> openings = new HashMap<>();

    /** What geoms must hear of devices; called on the topology thread. */
    interface News {
        /** The device serves; its slot is open. Ready, on the topology thread, when what follows from it is done. */
        CompletableFuture<?> onOpened(String device);

        /** The device did not open, because of {@code why}. */
        void onNotOpened(String device, String why);

        /** The device is gone. Ready when nobody uses what was open. */
        CompletableFuture<Void> onVanished(String device, String why);

        /** Ready when what follows from it is done. */
        CompletableFuture<?> onResized(String device);
    }

    Devices(
            Ledger ledger,
            Topology topology,
            EventLog events,
            Factories factories,
            Rhythm rhythm,
            EngineClock clock,
            InventorySettings settings,
            News news,
            Listeners listeners) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.factories = factories;
        this.rhythm = rhythm;
        this.clock = clock;
        this.settings = settings;
        this.news = news;
        this.listeners = listeners;
    }

    // ---- verbs

    /** What registering leaves under way: whose the device is. */
    record Registered(DeviceView view, CompletableFuture<?> received) {}

    /** On the caller's thread: opening may take a while. */
    Registered register(DeviceSpec spec, Terms terms) {
        URI uri = factories.normalize(spec.uri());
        DesiredDevice claim = topology.call(() -> claim(spec, uri));
        AtomicBoolean handedOver = new AtomicBoolean();
        BlockDevice device = null;
        try {
            BlockDevice opened = factories.open(claim.name(), uri);
            device = opened;
            return topology.call(terms, null, () -> {
                handedOver.set(true);
                return settle(claim, opened, terms);
            });
        } catch (DeviceException e) {
            throw Refusals.didNotOpen(claim.name(), e);
        } finally {
            if (device != null && !handedOver.get()) {
                device.close();
            }
            topology.post(() -> claims.remove(claim));
        }
    }

    private DesiredDevice claim(DeviceSpec spec, URI uri) {
        requireNewUri(claims, uri.toString());
        requireNewUri(ledger.world().desired().devices().values(), uri.toString());
        DesiredDevice claim = new DesiredDevice(nameFor(spec, uri), uri.toString());
        claims.add(claim);
        return claim;
    }

    private static void requireNewUri(Collection<DesiredDevice> devices, String uri) {
        for (DesiredDevice other : devices) {
            if (other.uri().equals(uri)) {
                throw Refusals.uriExists(other.name(), other.uri());
            }
        }
    }

    private String nameFor(DeviceSpec spec, URI uri) {
        String name = spec.name();
        if (name == null) {
            return Names.derive(uri, this::isTaken);
        }
        requireLegal(name);
        if (isTaken(name)) {
            throw Refusals.deviceExists(name);
        }
        return name;
    }

    private boolean isTaken(String name) {
        return ledger.world().desired().devices().containsKey(name)
                || claims.stream().anyMatch(claim -> claim.name().equals(name));
    }

    private Registered settle(DesiredDevice desired, BlockDevice device, Terms terms) {
        boolean kept = false;
        try {
            requireNotEmpty(desired.name(), device);
            DeviceSlot slot = DeviceSlot.open(desired, device, clock.now());
            CompletableFuture<?> received = CompletableFuture.completedFuture(null);
            if (!terms.dryRun()) {
                World world = ledger.world();
                DesiredState after = world.desired().withDevice(desired);
                ledger.persist(after, Refusals.deviceResource(desired.name()));
                ledger.publish(world.withDesired(after).withDevice(slot));
                kept = true;
                watch(slot, device);
                events.append("device.registered", null, desired.name(), Map.of("uri", desired.uri()));
                received = news.onOpened(desired.name());
            }
            return new Registered(Views.device(slot, null), received);
        } finally {
            if (!kept) {
                device.close();
            }
        }
    }

    void remove(String name, Terms terms) {
        World world = ledger.world();
        DeviceSlot slot = world.device(name);
        world.requireFree(name);
        if (terms.dryRun()) {
            return;
        }
        DesiredState after = world.desired().withoutDevice(name);
        ledger.persist(after, Refusals.deviceResource(name));
        ledger.publish(world.withDesired(after).withoutDevice(name));
        cancelOpening(name);
        if (slot.device() != null) {
            slot.device().close();
        }
        events.append("device.removed", null, name, Map.of("uri", slot.desired().uri()));
    }

    /** Desires devices that need not be there yet, all at once, and begins to open them. */
    void declare(List<DesiredDevice> declared) {
        if (declared.isEmpty()) {
            return;
        }
        World world = ledger.world();
        DesiredState after = world.desired();
        for (DesiredDevice desired : declared) {
            after = after.withDevice(desired);
        }
        ledger.persist(after, "devices of the configuration");
        world = world.withDesired(after);
        for (DesiredDevice desired : declared) {
            world = world.withDevice(DeviceSlot.unreachable(desired, DeviceSlot.NOT_TRIED, clock.now()));
        }
        ledger.publish(world);
        for (DesiredDevice desired : declared) {
            events.append("device.registered", null, desired.name(), Map.of("uri", desired.uri()));
            beginOpening(desired);
        }
    }

    static void requireLegal(String name) {
        if (!Names.isLegal(name)) {
            throw Refusals.invalidName("device", name);
        }
    }

    private static void requireNotEmpty(String name, BlockDevice device) {
        if (device.geometry().sizeBytes() == 0) {
            throw Refusals.unsuitable(name, "Device \"" + name + "\" has 0 bytes.");
        }
    }

    // ---- opening in the background

    /** One device's tries. */
    private static final class Opening {
        final DesiredDevice desired;
        final CompletableFuture<@Nullable Void> firstTry = new CompletableFuture<>();
        /** Ready when the try that is under way, or is to come next, is over, with whatever outcome. */
        CompletableFuture<@Nullable Void> currentTry = new CompletableFuture<>();

        int failures;

        @Nullable Future<?> next;

        Opening(DesiredDevice desired) {
            this.desired = desired;
        }

        /** There is no next try. */
        void end() {
            firstTry.complete(null);
            currentTry.complete(null);
        }
    }

    /** Begins to open every device that is not open. */
    void openAll() {
        ledger.world().devices().values().stream()
                .filter(slot -> slot.device() == null)
                .map(DeviceSlot::desired)
                .forEach(this::beginOpening);
    }

    /** Ready when every device that is being opened now has been tried once, with whatever outcome. */
    CompletableFuture<Void> firstTries() {
        return CompletableFuture.allOf(
                openings.values().stream().map(opening -> opening.firstTry).toArray(CompletableFuture[]::new));
    }

    /** Tries at once, whatever pause is under way. Ready when it was tried, or when there is nothing to try. */
    CompletableFuture<?> openNow(String name) {
        Opening opening = openings.get(name);
        if (opening == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (opening.next != null && opening.next.cancel(false)) {
            tryToOpen(opening);
        }
        return opening.currentTry;
    }

    /** Tries every device that is not open. Ready when all were tried. */
    CompletableFuture<Void> openAllNow() {
        return CompletableFuture.allOf(
                List.copyOf(openings.keySet()).stream().map(this::openNow).toArray(CompletableFuture[]::new));
    }

    private void beginOpening(DesiredDevice desired) {
        Opening opening = new Opening(desired);
        openings.put(desired.name(), opening);
        tryToOpen(opening);
    }

    private void tryToOpen(Opening opening) {
        opening.next = null;
        DesiredDevice desired = opening.desired;
        Thread.ofVirtual().name("open-" + desired.name()).start(() -> {
            try {
                BlockDevice device = factories.open(desired.name(), URI.create(desired.uri()));
                if (!topology.post(() -> opened(opening, device))) {
                    device.close();
                }
            } catch (DeviceException e) {
                topology.post(() -> didNotOpen(opening, String.valueOf(e.getMessage())));
            }
        });
    }

    private void opened(Opening opening, BlockDevice device) {
        String name = opening.desired.name();
        if (!openings.remove(name, opening)) {
            device.close();
            return;
        }
        DeviceSlot slot = DeviceSlot.open(opening.desired, device, clock.now());
        ledger.publish(ledger.world().withDevice(slot));
        watch(slot, device);
        events.append("device.opened", null, name, Map.of("uri", opening.desired.uri()));
        Runnable end = () -> {
            listeners.tell(listener -> listener.onDeviceOpened(name));
            opening.end();
        };
        CompletableFuture<?> received = news.onOpened(name);
        if (received.isDone()) {
            end.run();
        } else {
            received.whenCompleteAsync((done, thrown) -> end.run(), topology);
        }
    }

    private void didNotOpen(Opening opening, String why) {
        String name = opening.desired.name();
        if (openings.get(name) != opening) {
            return;
        }
        World world = ledger.world();
        if (!why.equals(world.device(name).detail())) {
            ledger.publish(world.withDevice(DeviceSlot.unreachable(opening.desired, why, clock.now())));
            events.append("device.unreachable", null, name, Map.of("message", why));
            news.onNotOpened(name, why);
        }
        CompletableFuture<@Nullable Void> over = opening.currentTry;
        opening.currentTry = new CompletableFuture<>();
        tryAgainLater(opening);
        opening.firstTry.complete(null);
        over.complete(null);
    }

    private void tryAgainLater(Opening opening) {
        opening.failures++;
        opening.next = topology.schedule(
                () -> tryToOpen(opening),
                rhythm.backOff(settings.retryFirst(), settings.retryMost(), opening.failures));
    }

    private void cancelOpening(String name) {
        Opening opening = openings.remove(name);
        if (opening != null && opening.next != null) {
            opening.next.cancel(false);
        }
        if (opening != null) {
            opening.end();
        }
    }

    // ---- what open devices tell

    private void watch(DeviceSlot slot, BlockDevice device) {
        String name = slot.name();
        device.addListener(new DeviceListener() {
            @Override
            public void onGeometryChanged(BlockDevice which, Geometry before, Geometry now) {
                topology.post(() -> resized(name, device, before, now));
            }

            @Override
            public void onVanished(BlockDevice which, IoError error) {
                topology.post(() -> vanished(name, device, error.message()));
            }
        });
    }

    private boolean isCurrent(String name, BlockDevice device) {
        DeviceSlot slot = ledger.world().devices().get(name);
        return slot != null && slot.device() == device;
    }

    private void resized(String name, BlockDevice device, Geometry before, Geometry now) {
        if (isCurrent(name, device)) {
            events.append(
                    "device.resized",
                    null,
                    name,
                    Map.of(
                            "beforeBytes", Long.toString(before.sizeBytes()),
                            "nowBytes", Long.toString(now.sizeBytes())));
            news.onResized(name);
        }
    }

    /**
     * What the device's URI leads to has been taken away, whatever the device itself knows of it: its path is lost. A
     * device of which nothing needs to be remembered is forgotten. Returns false while it is pledged: to be asked again.
     */
    boolean takeAway(String name, String why) {
        World world = ledger.world();
        DeviceSlot slot = world.devices().get(name);
        if (world.pledgeOn(name).isPresent()) {
            return false;
        }
        if (slot == null) {
            return true;
        }
        if (isForgettable(world, name)) {
            remove(name, Terms.NONE);
        } else if (slot.device() != null) {
            vanished(name, slot.device(), why);
        }
        return true;
    }

    private static boolean isForgettable(World world, String name) {
        DesiredDevice desired = world.desired().devices().get(name);
        boolean wanted = world.desired().geoms().values().stream().anyMatch(geom -> geom.hasPath(name));
        return desired != null
                && desired.keptOutOf() == null
                && !wanted
                && world.holderOf(name).isEmpty();
    }

    private void vanished(String name, BlockDevice device, String why) {
        if (!isCurrent(name, device)) {
            return;
        }
        World world = ledger.world();
        DesiredDevice desired = world.device(name).desired();
        ledger.publish(world.withDevice(DeviceSlot.unreachable(desired, why, clock.now())));
        events.append("device.vanished", null, name, Map.of("message", why));
        Opening opening = new Opening(desired);
        openings.put(name, opening);
        news.onVanished(name, why)
                .whenCompleteAsync(
                        (done, thrown) -> {
                            device.close();
                            if (openings.get(name) == opening) {
                                tryAgainLater(opening);
                            }
                        },
                        topology);
    }

    // ---- end

    /** Closes every device; nothing is opened any more. */
    void closeAll() {
        List.copyOf(openings.keySet()).forEach(this::cancelOpening);
        for (DeviceSlot slot : ledger.world().devices().values()) {
            if (slot.device() != null) {
                slot.device().close();
            }
        }
    }
}
