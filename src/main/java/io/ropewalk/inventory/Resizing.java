package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Geometry;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.Shape;
import io.ropewalk.label.Culprit;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelChange;
import io.ropewalk.label.LabelChange.Done;
import io.ropewalk.label.LabelChange.Failed;
import io.ropewalk.label.LabelChange.Nothing;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has geoms follow the size of their devices: R36 to R39, mended as Q22. On the topology thread, but for the work on
 * labels.
 *
 * <p>A geom follows when all its paths have the new size. Until then a path that is larger serves on, and a path that is
 * smaller is that path's fault. A labelled geom that grows has its label written at the new end first, then shows the new
 * size; stopped in between, the label is found at the new end when the geom comes back, and the geom grows then. One that
 * shrinks must find its label at the new end (R38): else nothing shows that this is still its disk, and it stays broken,
 * where the original destroys it.
 */
final class Resizing {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");
    private static final Terms TERMS = Terms.NONE.withActor("resize");

    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final Arrivals arrivals;
    private final LabelDesk desk;

    /** Looks at a device anew. */
    private final Function<String, CompletableFuture<?>> look;

    private final Map<Geom, CompletableFuture<?>> growing = new IdentityHashMap<>();

    Resizing(
            Ledger ledger,
            Topology topology,
            EventLog events,
            Arrivals arrivals,
            LabelDesk desk,
            Function<String, CompletableFuture<?>> look) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.arrivals = arrivals;
        this.desk = desk;
        this.look = look;
    }

    /** The device has, or may have, another size. Ready when what follows from it is done. */
    CompletableFuture<?> onResized(String device) {
        GeomSlot slot = ledger.world().geomOf(device).orElse(null);
        if (slot == null) {
            return look.apply(device);
        }
        return slot.desired().isLabelled() ? followLabelled(slot, device) : followManual(slot, device);
    }

    /** The size that all devices of the geom have, where it is another than the geom knows and one it could have. */
    private OptionalLong newSize(GeomSlot slot) {
        World world = ledger.world();
        List<Long> sizes = slot.desired().devices().stream()
                .map(device -> world.device(device).device())
                .map(device -> device == null ? -1L : device.geometry().sizeBytes())
                .distinct()
                .toList();
        long size = sizes.size() == 1 ? sizes.getFirst() : -1;
        return size != slot.desired().pathSizeBytes() && isPossible(slot.desired(), size)
                ? OptionalLong.of(size)
                : OptionalLong.empty();
    }

    private static boolean isPossible(DesiredGeom geom, long size) {
        Geometry geometry = geom.shape().geometry();
        return geom.isLabelled()
                ? size >= 2L * geometry.sectorSize() && size % geometry.sectorSize() == 0
                : size > 0 && size % geometry.minimumBlockSize() == 0;
    }

    private static Shape shapeFor(DesiredGeom geom, long pathSize) {
        Geometry geometry = geom.shape().geometry();
        long shown = geom.isLabelled() ? pathSize - geometry.sectorSize() : pathSize;
        return new Shape(geometry.withSize(shown), geom.shape().capabilities());
    }

    private void resize(GeomSlot slot, Shape shape) {
        World world = ledger.world();
        DesiredState after = world.desired().mapGeom(slot.name(), desired -> desired.withShape(shape));
        try {
            ledger.persist(after, Refusals.geomResource(slot.name()));
        } catch (InventoryException e) {
            LOG.warn("The new size of geom {} is not stored: {}", slot.name(), e.detail());
        }
        slot.geom().resize(shape.geometry().sizeBytes());
        ledger.publish(world.withDesired(after));
    }

    // ---- without label

    private CompletableFuture<?> followManual(GeomSlot slot, String device) {
        OptionalLong size = newSize(slot);
        if (size.isEmpty()) {
            return dismissOrJoin(slot, device);
        }
        resize(slot, shapeFor(slot.desired(), size.getAsLong()));
        return rejoin(slot.geom());
    }

    private CompletableFuture<?> dismissOrJoin(GeomSlot slot, String device) {
        BlockDevice open = ledger.world().device(device).device();
        if (open != null && slot.hasJoined(device) && isTooSmall(slot, open)) {
            return dismiss(slot, open).thenComposeAsync(done -> onResized(device), topology);
        }
        boolean fits =
                open != null && open.geometry().sizeBytes() == slot.desired().pathSizeBytes();
        return fits && !slot.hasJoined(device) ? look.apply(device) : CompletableFuture.completedFuture(null);
    }

    private static boolean isTooSmall(GeomSlot slot, BlockDevice open) {
        return open.geometry().sizeBytes() < slot.desired().pathSizeBytes();
    }

    private CompletableFuture<Void> dismiss(GeomSlot slot, BlockDevice open) {
        String why = "it has " + open.geometry().sizeBytes() + " bytes now, the geom's paths have "
                + slot.desired().pathSizeBytes();
        return arrivals.dismiss(slot, open.name(), why);
    }

    /** The paths that stayed out because of their size may come. */
    private CompletableFuture<?> rejoin(Geom geom) {
        GeomSlot slot = ledger.world().slotOf(geom);
        return slot == null
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.allOf(
                        slot.absences().keySet().stream().map(look).toArray(CompletableFuture[]::new));
    }

    // ---- labelled

    private CompletableFuture<?> followLabelled(GeomSlot slot, String device) {
        BlockDevice open = ledger.world().device(device).device();
        if (open == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (!slot.hasJoined(device)) {
            return look.apply(device);
        }
        return isTooSmall(slot, open)
                ? dismiss(slot, open).thenComposeAsync(done -> look.apply(device), topology)
                : evaluate(slot.geom());
    }

    /**
     * Follows the size of a labelled geom's paths, if all have shown to be its disk and agree on a new one. A try that is
     * under way may have begun before what is asked for now: it is waited for, then it is looked again.
     */
    CompletableFuture<?> evaluate(Geom geom) {
        CompletableFuture<?> underWay = growing.get(geom);
        if (underWay != null) {
            return underWay.thenComposeAsync(done -> evaluate(geom), topology);
        }
        GeomSlot slot = ledger.world().slotOf(geom);
        OptionalLong size = slot == null || !isWholeDisk(slot) ? OptionalLong.empty() : newSize(slot);
        if (slot == null || size.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        if (size.getAsLong() > slot.desired().pathSizeBytes()) {
            return grow(geom);
        }
        resize(slot, shapeFor(slot.desired(), size.getAsLong()));
        return rejoin(geom);
    }

    private static boolean isWholeDisk(GeomSlot slot) {
        return slot.absences().values().stream().allMatch(Absence::sameDisk);
    }

    private CompletableFuture<?> grow(Geom geom) {
        CompletableFuture<@Nullable Void> grown = new CompletableFuture<>();
        growing.put(geom, grown);
        Thread.ofVirtual().name("grow-" + geom.name()).start(() -> {
            boolean hasGrown = tryToGrow(geom);
            if (!topology.post(() -> end(geom, hasGrown, grown))) {
                grown.complete(null);
            }
        });
        return grown;
    }

    private boolean tryToGrow(Geom geom) {
        try {
            return desk.work(TERMS, null, work -> grow(work, geom));
        } catch (InventoryException e) {
            LOG.warn("Geom {} does not grow with its disk: {}", geom.name(), e.detail());
        } catch (RuntimeException e) {
            LOG.error("Geom {} does not grow with its disk", geom.name(), e);
        }
        return false;
    }

    private void end(Geom geom, boolean hasGrown, CompletableFuture<@Nullable Void> grown) {
        growing.remove(geom);
        CompletableFuture<?> rejoined = hasGrown ? rejoin(geom) : CompletableFuture.completedFuture(null);
        rejoined.whenComplete((done, thrown) -> grown.complete(null));
    }

    private record Growth(GeomSlot slot, List<BlockDevice> devices, Label before, Label after) {}

    private boolean grow(LabelDesk.Work work, Geom geom) {
        Growth growth = work.begin(() -> plan(work, geom));
        if (growth == null) {
            return false;
        }
        LabelChange change = work.await(work.changer().move(growth.devices(), growth.before(), growth.after()));
        return work.conclude(() -> commit(geom, growth, change));
    }

    private @Nullable Growth plan(LabelDesk.Work work, Geom geom) {
        World world = ledger.world();
        GeomSlot slot = world.slotOf(geom);
        OptionalLong size = slot == null || !isWholeDisk(slot) ? OptionalLong.empty() : newSize(slot);
        if (slot == null || size.isEmpty() || size.getAsLong() <= slot.desired().pathSizeBytes()) {
            return null;
        }
        Label before = LabelRules.labelOf(slot.desired());
        List<BlockDevice> devices = LabelVerbs.devicesOf(world, slot);
        work.pledge(new Pledge(
                "used to move the label of geom " + slot.name(),
                null,
                Set.copyOf(slot.desired().devices())));
        return new Growth(slot, devices, before, before.withSize(size.getAsLong()));
    }

    private boolean commit(Geom geom, Growth growth, LabelChange change) {
        GeomSlot slot = ledger.world().slotOf(geom);
        String name = growth.slot().name();
        return switch (change) {
            case Done done -> {
                if (!done.remarks().isEmpty()) {
                    LOG.warn("The label of geom {} was moved, but: {}", name, done.remarks());
                }
                if (slot != null) {
                    resize(slot, shapeFor(slot.desired(), growth.after().sizeBytes()));
                }
                yield slot != null;
            }
            case Failed failed -> notResized(name, failed.culprits());
            case Nothing nothing -> {
                // What has grown there is another disk.
                nothing.findings().forEach(found -> dismissStranger(geom, found));
                yield notResized(name, nothing.findings());
            }
        };
    }

    private void dismissStranger(Geom geom, Culprit found) {
        GeomSlot slot = ledger.world().slotOf(geom);
        if (slot != null && slot.hasJoined(found.device())) {
            arrivals.dismiss(slot, found.device(), "it has another size and " + found.reason());
        }
    }

    private boolean notResized(String name, List<Culprit> culprits) {
        events.append("geom.not-resized", name, null, Map.of("message", culprits.toString()));
        return false;
    }
}
