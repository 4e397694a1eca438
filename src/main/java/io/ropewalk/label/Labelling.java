package io.ropewalk.label;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Geometry;
import io.ropewalk.label.BytesRead.Bytes;
import io.ropewalk.label.BytesRead.Unread;
import io.ropewalk.label.LabellingResult.Aftermath;
import io.ropewalk.label.LabellingResult.ForeignDataFound;
import io.ropewalk.label.LabellingResult.Labelled;
import io.ropewalk.label.LabellingResult.NotTheSameDisk;
import io.ropewalk.label.LabellingResult.NotWritten;
import io.ropewalk.label.LabellingResult.ShapeMismatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Puts a first label on a disk that several devices lead to (Q29).
 *
 * <ol>
 *   <li>Every device must have the shape the label is for.
 *   <li>The end of the disk is read through every device. Foreign data ends it here, unless forced. So do devices that
 *       disagree on the last sector, or cannot be read, unless the label is to be kept: they would not show it.
 *   <li>The label is written through the first device that takes it, durably.
 *   <li>The last sector is read through every device and compared as a whole. A device that does not show the label is
 *       not that disk.
 *   <li>If there are such devices, what was there before is written back, but only over our own bytes.
 * </ol>
 *
 * <p><b>Crash.</b> Each step changes at most one sector, which a disk writes wholly or not at all. Stopped at any moment
 * the last sector is as before, or holds the whole label; nobody is told that the geom exists before the last step, so
 * nothing acknowledged depends on which.
 *
 * <p>A write that was given up at its deadline may still reach the disk later. It writes the same bytes as its
 * successor through another device, so that does no harm, unless the label was taken back: then it may reappear. The
 * aftermath is {@link Aftermath#UNCERTAIN} where that is possible. Who changes the label next has to wait until it has
 * landed or can no longer: {@link LabelStore} tells of it.
 */
public final class Labelling {
    private final LabelStore store;

    public Labelling(LabelStore store) {
        this.store = store;
    }

    /**
     * What is done where a doubt arises.
     *
     * @param force write over foreign data
     * @param keep leave the label when devices do not show it
     */
    public record Options(boolean force, boolean keep) {
        public static final Options CAREFUL = new Options(false, false);
    }

    /** Labels the disk; does not complete exceptionally. {@code devices} are tried and reported in this order. */
    public CompletableFuture<LabellingResult> label(List<BlockDevice> devices, Label label, Options options) {
        return examine(devices, label, options).thenCompose(examination -> switch (examination) {
            case Objection objection -> CompletableFuture.completedFuture(objection.result());
            case Clear clear -> new Attempt(devices, label, options, clear.before()).write(0);
        });
    }

    /** What {@link #label} would object to before it writes; empty when it would write. Nothing is changed. */
    public CompletableFuture<Optional<LabellingResult>> check(List<BlockDevice> devices, Label label, Options options) {
        return examine(devices, label, options).thenApply(examination -> switch (examination) {
            case Objection objection -> Optional.of(objection.result());
            case Clear clear -> Optional.empty();
        });
    }

    private sealed interface Examination {}

    private record Objection(LabellingResult result) implements Examination {}

    /** @param before what each device showed in its last sector; without those that could not be read */
    private record Clear(Map<BlockDevice, byte[]> before) implements Examination {}

    private CompletableFuture<Examination> examine(List<BlockDevice> devices, Label label, Options options) {
        if (devices.isEmpty()) {
            throw new IllegalArgumentException("Labelling needs a device");
        }
        ShapeMismatch mismatch = firstMismatch(devices, label);
        if (mismatch != null) {
            return CompletableFuture.completedFuture(new Objection(mismatch));
        }
        return Futures.all(devices, store::readTail).thenApply(tails -> judge(devices, tails, options));
    }

    private static @Nullable ShapeMismatch firstMismatch(List<BlockDevice> devices, Label label) {
        for (BlockDevice device : devices) {
            Geometry geometry = device.geometry();
            if (geometry.sectorSize() != label.sectorSize()) {
                String reason = "has sectors of " + geometry.sectorSize() + " bytes, not " + label.sectorSize();
                return new ShapeMismatch(ShapeMismatch.Kind.SECTOR_SIZE, new Culprit(device.name(), reason));
            }
            if (geometry.sizeBytes() != label.sizeBytes()) {
                String reason = "has " + geometry.sizeBytes() + " bytes, not " + label.sizeBytes();
                return new ShapeMismatch(ShapeMismatch.Kind.SIZE, new Culprit(device.name(), reason));
            }
        }
        return null;
    }

    private static Examination judge(List<BlockDevice> devices, List<BytesRead> tails, Options options) {
        List<Culprit> foreign = new ArrayList<>();
        List<Culprit> unlike = new ArrayList<>();
        Map<BlockDevice, byte[]> before = new LinkedHashMap<>();
        for (int i = 0; i < devices.size(); i++) {
            BlockDevice device = devices.get(i);
            switch (tails.get(i)) {
                case Unread unread -> unlike.add(unreadable(device, unread));
                case Bytes bytes -> {
                    DeviceTail tail = new DeviceTail(device.geometry(), bytes.bytes());
                    ForeignDataFinder.find(tail)
                            .ifPresent(found -> foreign.add(new Culprit(device.name(), "holds " + found.what())));
                    before.put(device, tail.lastSector());
                }
            }
        }
        unlike.addAll(differing(before));
        return verdict(foreign, unlike, before, options);
    }

    private static Culprit unreadable(BlockDevice device, Unread unread) {
        return new Culprit(device.name(), "cannot be read: " + unread.error().message());
    }

    private static List<Culprit> differing(Map<BlockDevice, byte[]> before) {
        byte[] first =
                before.isEmpty() ? new byte[0] : before.values().iterator().next();
        return before.entrySet().stream()
                .filter(shown -> !Arrays.equals(shown.getValue(), first))
                .map(shown -> new Culprit(shown.getKey().name(), "has another last sector than the devices before it"))
                .toList();
    }

    private static Examination verdict(
            List<Culprit> foreign, List<Culprit> unlike, Map<BlockDevice, byte[]> before, Options options) {
        if (!foreign.isEmpty() && !options.force()) {
            return new Objection(new ForeignDataFound(foreign));
        }
        if (!unlike.isEmpty() && !options.keep()) {
            return new Objection(new NotTheSameDisk(unlike, Aftermath.NOTHING_WRITTEN));
        }
        return new Clear(before);
    }

    /** One labelling from the first write on. Its steps follow each other; no two run at once. */
    private final class Attempt {
        private final List<BlockDevice> devices;
        private final Label label;
        private final byte[] sector;
        private final Options options;
        private final Map<BlockDevice, byte[]> before;
        private final List<Culprit> refused = new ArrayList<>();

        Attempt(List<BlockDevice> devices, Label label, Options options, Map<BlockDevice, byte[]> before) {
            this.devices = devices;
            this.label = label;
            this.sector = LabelCodec.encode(label);
            this.options = options;
            this.before = before;
        }

        CompletableFuture<LabellingResult> write(int index) {
            if (index == devices.size()) {
                return takeBack().thenApply(aftermath -> new NotWritten(refused, aftermath));
            }
            BlockDevice device = devices.get(index);
            return store.writeSector(device, label.exportedSizeBytes(), sector).thenCompose(error -> {
                if (error.isEmpty()) {
                    return confirm(device);
                }
                refused.add(new Culprit(
                        device.name(), "could not be written: " + error.get().message()));
                return write(index + 1);
            });
        }

        private CompletableFuture<LabellingResult> confirm(BlockDevice through) {
            return Futures.all(devices, device -> store.readSector(device, label.exportedSizeBytes()))
                    .thenCompose(reads -> {
                        List<Culprit> culprits = culprits(reads);
                        return culprits.isEmpty()
                                ? CompletableFuture.completedFuture(new Labelled(label, through.name()))
                                : disappoint(culprits);
                    });
        }

        private List<Culprit> culprits(List<BytesRead> reads) {
            List<Culprit> culprits = new ArrayList<>();
            for (int i = 0; i < devices.size(); i++) {
                BlockDevice device = devices.get(i);
                switch (reads.get(i)) {
                    case Unread unread -> culprits.add(unreadable(device, unread));
                    case Bytes read -> {
                        if (!Arrays.equals(read.bytes(), sector)) {
                            culprits.add(new Culprit(device.name(), "does not show the label"));
                        }
                    }
                }
            }
            return culprits;
        }

        private CompletableFuture<LabellingResult> disappoint(List<Culprit> culprits) {
            return options.keep()
                    ? CompletableFuture.completedFuture(new NotTheSameDisk(culprits, Aftermath.KEPT))
                    : takeBack().thenApply(aftermath -> new NotTheSameDisk(culprits, aftermath));
        }

        /** Through every device that shows our bytes, which are nobody else's: the UUID in them is new. */
        private CompletableFuture<Aftermath> takeBack() {
            return takeBack(0, new ArrayList<>());
        }

        private CompletableFuture<Aftermath> takeBack(int index, List<Aftermath> each) {
            if (index == devices.size()) {
                return CompletableFuture.completedFuture(summary(each));
            }
            return takeBack(devices.get(index)).thenCompose(one -> {
                each.add(one);
                return takeBack(index + 1, each);
            });
        }

        /** A write that failed may still arrive; without one, a disk on which we put back what was there is clean. */
        private Aftermath summary(List<Aftermath> each) {
            if (!refused.isEmpty()) {
                return Aftermath.UNCERTAIN;
            }
            if (each.contains(Aftermath.TAKEN_BACK)) {
                return Aftermath.TAKEN_BACK;
            }
            return each.contains(Aftermath.UNCERTAIN) ? Aftermath.UNCERTAIN : Aftermath.NOTHING_WRITTEN;
        }

        private CompletableFuture<Aftermath> takeBack(BlockDevice device) {
            byte[] old = before.get(device);
            return store.readSector(device, label.exportedSizeBytes()).thenCompose(read -> {
                if (read instanceof Bytes bytes && !Arrays.equals(bytes.bytes(), sector)) {
                    return CompletableFuture.completedFuture(Aftermath.NOTHING_WRITTEN);
                }
                if (read instanceof Unread || old == null) {
                    return CompletableFuture.completedFuture(Aftermath.UNCERTAIN);
                }
                return store.writeConfirmed(device, label.exportedSizeBytes(), old)
                        .thenApply(problem -> problem.isEmpty() ? Aftermath.TAKEN_BACK : Aftermath.UNCERTAIN);
            });
        }
    }
}
