package io.ropewalk.label;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.label.BytesRead.Bytes;
import io.ropewalk.label.LabelChange.Done;
import io.ropewalk.label.LabelChange.Failed;
import io.ropewalk.label.LabelChange.Nothing;
import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import io.ropewalk.label.LabelReading.WrongVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites, moves and erases labels that are ours: through the first of the given devices that does it (Q24), only after
 * a look that what is there is what we mean (Q25), and read back afterwards. The caller commits to memory what changed
 * only when told {@link Done}.
 *
 * <p><b>Crash.</b> Rewriting and erasing write one sector: the disk is as before or as after. Moving writes the new label
 * first and wipes the old one then; between the two the disk carries both, and the one in the last sector counts. All
 * can be asked again: what is done already is done once more to the same effect.
 */
public final class LabelChanger {
    private final LabelStore store;

    public LabelChanger(LabelStore store) {
        this.store = store;
    }

    /**
     * Replaces the label by {@code after}, which has the same UUID, size and sector size (configure, R43). Devices that
     * do not show a label of that UUID are passed over.
     */
    public CompletableFuture<LabelChange> rewrite(List<BlockDevice> devices, Label after) {
        byte[] sector = LabelCodec.encode(after);
        return throughAny(
                devices,
                device -> onlyWhere(
                        device,
                        after,
                        () -> replaceIf(
                                device, after.exportedSizeBytes(), label -> otherThan(after.uuid(), label), sector)));
    }

    /**
     * Writes {@code after} to the end of a disk that grew, then wipes {@code before} where it was (Q22). To be done
     * before the new size is shown to anybody: the old label's sector becomes data. Devices that show neither, the one at
     * the old end or the other at the new one, are passed over: what has grown there may be another disk.
     *
     * @param after the same label with a larger size
     */
    public CompletableFuture<LabelChange> move(List<BlockDevice> devices, Label before, Label after) {
        if (after.sizeBytes() <= before.sizeBytes() || !after.uuid().equals(before.uuid())) {
            throw new IllegalArgumentException("Not the same label of a disk that grew");
        }
        byte[] sector = LabelCodec.encode(after);
        return throughAny(devices, device -> onlyWhere(device, after, () -> moveThrough(device, before, after, sector)))
                .thenCompose(change -> change instanceof Done done
                        ? wipe(devices, before, done)
                        : CompletableFuture.completedFuture(change));
    }

    private CompletableFuture<Attempt> moveThrough(BlockDevice device, Label before, Label after, byte[] sector) {
        return store.readFormer(device, before.sizeBytes()).thenCompose(former -> {
            if (former instanceof Unreadable unreadable) {
                return CompletableFuture.completedFuture(
                        new Failure("cannot be read: " + unreadable.error().message()));
            }
            return otherThan(before.uuid(), former) == null
                    ? store.writeConfirmed(device, after.exportedSizeBytes(), sector)
                            .thenApply(LabelChanger::tried)
                    // A move that was cut off behind the new label.
                    : replaceIf(device, after.exportedSizeBytes(), label -> otherThan(after.uuid(), label), sector);
        });
    }

    private CompletableFuture<LabelChange> wipe(List<BlockDevice> devices, Label old, Done moved) {
        return throughAny(
                        devices,
                        device -> replaceIf(
                                device,
                                old.exportedSizeBytes(),
                                label -> otherThan(old.uuid(), label),
                                new byte[old.sectorSize()]))
                .thenApply(change ->
                        change instanceof Failed failed ? new Done(moved.through(), failed.culprits()) : moved);
    }

    /** Erases the label with this UUID and no other (destroy, R48). */
    public CompletableFuture<LabelChange> erase(List<BlockDevice> devices, String uuid) {
        return throughAny(devices, device -> eraseIf(device, label -> otherThan(uuid, label)));
    }

    /** Erases whatever carries our magic, damaged or of another version included (clear). */
    public CompletableFuture<LabelChange> clear(BlockDevice device) {
        return throughAny(List.of(device), one -> eraseIf(one, LabelChanger::noneOfOurs));
    }

    private CompletableFuture<Attempt> eraseIf(BlockDevice device, Function<LabelReading, @Nullable String> objection) {
        if (!Label.hasRoom(device.geometry())) {
            return CompletableFuture.completedFuture(new NotThere("has no room for a label", false));
        }
        int sectorSize = device.geometry().sectorSize();
        return replaceIf(device, device.geometry().sizeBytes() - sectorSize, objection, new byte[sectorSize]);
    }

    /** What became of the try through one device. */
    private sealed interface Attempt {}

    private record Success() implements Attempt {}

    /** @param asWanted the sector holds already what was to be written: by chance, or by a try through another device */
    private record NotThere(String reason, boolean asWanted) implements Attempt {}

    private record Failure(String reason) implements Attempt {}

    private static Attempt tried(Optional<String> problem) {
        return problem.isEmpty() ? new Success() : new Failure(problem.get());
    }

    private interface Step {
        CompletableFuture<Attempt> take();
    }

    private static CompletableFuture<Attempt> onlyWhere(BlockDevice device, Label label, Step step) {
        return label.fits(device.geometry())
                ? step.take()
                : CompletableFuture.completedFuture(new Failure("has not the size the label is for"));
    }

    private CompletableFuture<Attempt> replaceIf(
            BlockDevice device, long offset, Function<LabelReading, @Nullable String> objection, byte[] sector) {
        return store.readSector(device, offset).thenCompose(read -> {
            LabelReading reading = LabelStore.decode(read);
            if (reading instanceof Unreadable unreadable) {
                return CompletableFuture.completedFuture(
                        new Failure("cannot be read: " + unreadable.error().message()));
            }
            String reason = objection.apply(reading);
            return reason == null
                    ? store.writeConfirmed(device, offset, sector).thenApply(LabelChanger::tried)
                    : CompletableFuture.completedFuture(new NotThere(reason, holds(read, sector)));
        });
    }

    private static boolean holds(BytesRead read, byte[] sector) {
        return read instanceof Bytes bytes && Arrays.equals(bytes.bytes(), sector);
    }

    /** Null when it is the label with this UUID. */
    private static @Nullable String otherThan(String uuid, LabelReading reading) {
        return switch (reading) {
            case Decoded found ->
                found.label().uuid().equals(uuid)
                        ? null
                        : "holds the label of " + found.label().name();
            case NoLabel none -> "holds no label";
            case WrongVersion other -> "holds a label of version " + other.version();
            case Damaged damaged -> "holds a damaged label: " + damaged.reason();
            case Unreadable unreadable -> "cannot be read";
        };
    }

    private static @Nullable String noneOfOurs(LabelReading reading) {
        return reading instanceof NoLabel ? "holds no label" : null;
    }

    private static CompletableFuture<LabelChange> throughAny(
            List<BlockDevice> devices, Function<BlockDevice, CompletableFuture<Attempt>> attempt) {
        return throughAny(devices, 0, attempt, new ArrayList<>(), new ArrayList<>());
    }

    private static CompletableFuture<LabelChange> throughAny(
            List<BlockDevice> devices,
            int index,
            Function<BlockDevice, CompletableFuture<Attempt>> attempt,
            List<Culprit> failures,
            List<Culprit> findings) {
        if (index == devices.size()) {
            return CompletableFuture.completedFuture(
                    failures.isEmpty() ? new Nothing(findings) : failed(failures, findings));
        }
        BlockDevice device = devices.get(index);
        return attempt.apply(device).thenCompose(outcome -> {
            switch (outcome) {
                case Success success -> {
                    return CompletableFuture.completedFuture(new Done(device.name(), failures));
                }
                case NotThere notThere -> {
                    if (notThere.asWanted() && !failures.isEmpty()) {
                        return CompletableFuture.completedFuture(new Done(device.name(), failures));
                    }
                    findings.add(new Culprit(device.name(), notThere.reason()));
                }
                case Failure failure -> failures.add(new Culprit(device.name(), failure.reason()));
            }
            return throughAny(devices, index + 1, attempt, failures, findings);
        });
    }

    private static Failed failed(List<Culprit> failures, List<Culprit> findings) {
        List<Culprit> all = new ArrayList<>(failures);
        all.addAll(findings);
        return new Failed(all);
    }
}
