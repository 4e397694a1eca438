package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.engine.Geom;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Notices that an open device has another size. Local files and disks are looked at from time to time, whether they
 * serve a geom or not. A server is asked when a session that was made anew found another disk than before: that may be the
 * same disk with another size, which its geom then follows or not (R36); and from time to time as long as its path stays
 * out of the geom that wants it, since nobody else would find out that the disk is back.
 *
 * <p>A look blocks, so each has a virtual thread, and a device has one at a time. The looks of one round are spread over the
 * interval, so that thousands of devices are no burst. On the topology thread, but for {@link
 * #onPathChecked}.
 */
final class SizeWatch implements InventoryListener {
    /** Few enough that the topology thread is seldom woken for them, and many enough that one is no burst. */
    private static final int MOST_TURNS = 50;

    private final Ledger ledger;
    private final Topology topology;
    private final Rhythm rhythm;
    private final Duration interval;
    private final Set<BlockDevice> beingLookedAt = ConcurrentHashMap.newKeySet();

    SizeWatch(Ledger ledger, Topology topology, Rhythm rhythm, Duration interval) {
        this.ledger = ledger;
        this.topology = topology;
        this.rhythm = rhythm;
        this.interval = interval;
    }

    /** Begins to look, the first time after one interval. */
    void begin() {
        topology.schedule(this::lookAtAll, rhythm.about(interval));
    }

    private void lookAtAll() {
        List<String> names = List.copyOf(ledger.world().devices().keySet());
        int atOnce = Math.ceilDiv(names.size(), MOST_TURNS);
        for (int from = 0; from < names.size(); from += atOnce) {
            List<String> some = names.subList(from, Math.min(from + atOnce, names.size()));
            topology.schedule(
                    () -> some.forEach(this::lookAt),
                    interval.multipliedBy(from).dividedBy(names.size()));
        }
        begin();
    }

    private void lookAt(String name) {
        look(deviceOf(name), isKeptOut(name) ? BlockDevice::refreshGeometry : BlockDevice::pollGeometry);
    }

    private @Nullable BlockDevice deviceOf(String name) {
        DeviceSlot slot = ledger.world().devices().get(name);
        return slot == null ? null : slot.device();
    }

    private boolean isKeptOut(String device) {
        return ledger.world()
                .geomOf(device)
                .map(geom -> geom.absences().containsKey(device))
                .orElse(false);
    }

    @Override
    public void onPathChecked(Geom geom, String path, Duration took, @Nullable IoError error) {
        if (error != null && error.kind() == IoError.Kind.IDENTITY) {
            topology.post(() -> look(deviceOf(path), BlockDevice::refreshGeometry));
        }
    }

    /** How to look at a device. */
    private interface Look {
        void at(BlockDevice device);
    }

    private void look(@Nullable BlockDevice device, Look look) {
        if (device != null && beingLookedAt.add(device)) {
            Thread.ofVirtual().name("size-" + device.name()).start(() -> {
                try {
                    look.at(device);
                } finally {
                    beingLookedAt.remove(device);
                }
            });
        }
    }
}
