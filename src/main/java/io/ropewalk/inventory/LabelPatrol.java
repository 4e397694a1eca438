package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.label.LabelReading;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.Unreadable;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the labels of paths: of those that serve now and then, and soon when one has come back; of failed ones before
 * each check, so that no check brings back a path that leads to another disk now, of the same size, by a cable or an
 * address that was exchanged. Such a path leaves its geom, and joins when it shows the label again.
 *
 * <p>A path that shows another geom's label leaves whatever the others show. One that shows no label, or a damaged one,
 * leaves only while another path shows the label: if none does, it is the label that was lost and not the disk, and the
 * geom serves on.
 *
 * <p>On the topology thread.
 */
final class LabelPatrol implements InventoryListener, PathChecks.Gate {
    /** So many checks of a path that nothing happened to go without a look at its label. */
    private static final int CHECKS_PER_LOOK = 3;

    private final Ledger ledger;
    private final Topology topology;
    private final EventLog events;
    private final Arrivals arrivals;
    private final LabelDesk desk;

    /** What to do about a device whose path has left. */
    private final Consumer<String> dismissed;

    private final Map<Geom, Map<String, Seen>> seen = new WeakHashMap<>();

    /** What is known of one path. */
    private static final class Seen {
        /** When the path came into its condition, at the last look; null before the first. */
        private @Nullable Instant since;

        private int checks;
        /** What the look that is under way will say; null when none is. */
        private @Nullable CompletableFuture<Boolean> reading;

        /** It joined because it did. */
        private boolean showsLabel = true;

        private boolean isDue(Instant sinceNow) {
            checks++;
            return !sinceNow.equals(since) || checks >= CHECKS_PER_LOOK;
        }

        private void begin(Instant sinceNow) {
            since = sinceNow;
            checks = 0;
        }
    }

    LabelPatrol(
            Ledger ledger,
            Topology topology,
            EventLog events,
            Arrivals arrivals,
            LabelDesk desk,
            Consumer<String> dismissed) {
        this.ledger = ledger;
        this.topology = topology;
        this.events = events;
        this.arrivals = arrivals;
        this.desk = desk;
        this.dismissed = dismissed;
    }

    @Override
    public CompletableFuture<Boolean> mayCheck(Geom geom, String device) {
        return geom.uuid() == null ? CompletableFuture.completedFuture(true) : look(geom, device, false);
    }

    @Override
    public void onGeomVanished(Geom geom) {
        seen.remove(geom);
    }

    /**
     * Looks at the label if that is due.
     *
     * @param asked it is due in any case
     * @return whether the path may serve, for all that is known; ready on the topology thread
     */
    CompletableFuture<Boolean> look(Geom geom, String device, boolean asked) {
        GeomSlot slot = ledger.world().slotOf(geom);
        BlockDevice open = slot == null ? null : joinedDevice(slot, device);
        PathReport report = open == null ? null : reportOf(geom, device);
        if (open == null || report == null) {
            return CompletableFuture.completedFuture(true);
        }
        boolean failed = report.state() == PathState.FAIL;
        if (!desk.isIdle()) {
            return CompletableFuture.completedFuture(!failed);
        }
        Seen path = seen.computeIfAbsent(geom, key -> new HashMap<>()).computeIfAbsent(device, key -> new Seen());
        boolean due = path.isDue(report.since());
        if (path.reading != null && asked) {
            // It may have begun before what is asked about.
            return path.reading.thenComposeAsync(done -> look(geom, device, true), topology);
        }
        if (path.reading != null || !(due || failed || asked)) {
            return CompletableFuture.completedFuture(!failed);
        }
        path.begin(report.since());
        CompletableFuture<Boolean> verdict = read(geom, open, path);
        path.reading = verdict;
        return verdict;
    }

    private static @Nullable PathReport reportOf(Geom geom, String device) {
        return geom.report().paths().stream()
                .filter(path -> path.device().equals(device))
                .findFirst()
                .orElse(null);
    }

    private CompletableFuture<Boolean> read(Geom geom, BlockDevice open, Seen path) {
        long works = desk.works();
        return desk.store()
                .read(open)
                .handleAsync(
                        (found, thrown) -> {
                            path.reading = null;
                            return found != null && desk.works() == works && judge(geom, open, path, found);
                        },
                        topology);
    }

    /** The device, if the geom has it and knows its size: one that has changed its size is the resize's affair. */
    private @Nullable BlockDevice joinedDevice(GeomSlot slot, String device) {
        DeviceSlot known = ledger.world().devices().get(device);
        BlockDevice open = known == null || !slot.hasJoined(device) ? null : known.device();
        return open == null || open.geometry().sizeBytes() != slot.desired().pathSizeBytes() ? null : open;
    }

    /** Whether the path stays. */
    private boolean judge(Geom geom, BlockDevice open, Seen path, LabelReading found) {
        GeomSlot slot = ledger.world().slotOf(geom);
        if (slot == null || joinedDevice(slot, open.name()) != open) {
            return false;
        }
        if (found instanceof Unreadable) {
            return true;
        }
        String objection = LabelRules.objection(found, slot.desired(), open.geometry());
        boolean isNew = path.showsLabel;
        path.showsLabel = objection == null;
        if (objection == null) {
            return true;
        }
        if (found instanceof Decoded || othersShow(slot)) {
            dismiss(slot, open, objection);
            return false;
        }
        if (isNew) {
            events.append("label.missing", slot.name(), open.name(), Map.of("message", objection));
        }
        return true;
    }

    private boolean othersShow(GeomSlot slot) {
        Map<String, Seen> paths = seen.getOrDefault(slot.geom(), Map.of());
        return slot.desired().devices().stream()
                .filter(slot::hasJoined)
                .anyMatch(device -> paths.containsKey(device) && paths.get(device).showsLabel);
    }

    private void dismiss(GeomSlot slot, BlockDevice open, String objection) {
        String device = open.name();
        seen.computeIfPresent(slot.geom(), (geom, paths) -> {
            paths.remove(device);
            return paths;
        });
        events.append("label.refused", slot.name(), device, Map.of("message", objection));
        arrivals.dismiss(slot, device, objection).thenRunAsync(() -> dismissed.accept(device), topology);
    }
}
