package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.PathReport;
import io.ropewalk.label.LabelReading;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.Unreadable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the labels of paths that serve, now and then, and soon when a path has come back: a session that was made anew
 * may lead to another disk, of the same size, by a cable or an address that was exchanged. Such a path leaves its geom,
 * and joins when it shows the label again.
 *
 * <p>A path that shows another geom's label leaves whatever the others show. One that shows no label, or a damaged one,
 * leaves only while another path shows the label: if none does, it is the label that was lost and not the disk, and the
 * geom serves on.
 *
 * <p>On the topology thread, but for {@link #onPathChecked}.
 */
final class LabelPatrol implements InventoryListener {
    /** So many checks of a path that nothing happened to go without a look at its label. */
    private static final int CHECKS_PER_LOOK = 12;

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
        private boolean reading;
        /** It joined because it did. */
        private boolean showsLabel = true;

        private boolean isDue(Instant sinceNow) {
            checks++;
            return !reading && (!sinceNow.equals(since) || checks >= CHECKS_PER_LOOK);
        }

        private void begin(Instant sinceNow) {
            since = sinceNow;
            checks = 0;
            reading = true;
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
    public void onPathChecked(Geom geom, String path, Duration took, @Nullable IoError error) {
        if (geom.uuid() != null && error == null) {
            topology.post(() -> lookIfDue(geom, path));
        }
    }

    @Override
    public void onGeomVanished(Geom geom) {
        seen.remove(geom);
    }

    private void lookIfDue(Geom geom, String device) {
        GeomSlot slot = ledger.world().slotOf(geom);
        BlockDevice open = slot == null ? null : joinedDevice(slot, device);
        Instant since = geom.report().paths().stream()
                .filter(path -> path.device().equals(device))
                .map(PathReport::since)
                .findFirst()
                .orElse(null);
        if (open == null || since == null || !desk.isIdle()) {
            return;
        }
        Seen path = seen.computeIfAbsent(geom, key -> new HashMap<>()).computeIfAbsent(device, key -> new Seen());
        if (path.isDue(since)) {
            path.begin(since);
            look(geom, open, path);
        }
    }

    private void look(Geom geom, BlockDevice open, Seen path) {
        long works = desk.works();
        desk.store()
                .read(open)
                .whenCompleteAsync(
                        (found, thrown) -> {
                            path.reading = false;
                            if (found != null && desk.works() == works) {
                                judge(geom, open, path, found);
                            }
                        },
                        topology);
    }

    /** The device, if the geom has it and knows its size: one that has changed its size is the resize's affair. */
    private @Nullable BlockDevice joinedDevice(GeomSlot slot, String device) {
        DeviceSlot known = ledger.world().devices().get(device);
        BlockDevice open = known == null || !slot.hasJoined(device) ? null : known.device();
        return open == null || open.geometry().sizeBytes() != slot.desired().pathSizeBytes() ? null : open;
    }

    private void judge(Geom geom, BlockDevice open, Seen path, LabelReading found) {
        GeomSlot slot = ledger.world().slotOf(geom);
        if (slot == null || joinedDevice(slot, open.name()) != open || found instanceof Unreadable) {
            return;
        }
        String objection = LabelRules.objection(found, slot.desired(), open.geometry());
        boolean isNew = path.showsLabel;
        path.showsLabel = objection == null;
        if (objection == null) {
            return;
        }
        if (found instanceof Decoded || othersShow(slot)) {
            dismiss(slot, open, objection);
        } else if (isNew) {
            events.append("label.missing", slot.name(), open.name(), Map.of("message", objection));
        }
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
