package io.ropewalk.label;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.Settlement;
import io.ropewalk.label.BytesRead.Bytes;
import io.ropewalk.label.BytesRead.Unread;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Reads and writes the last sector of devices. Each operation opens a channel of its own on the loop and closes it; it
 * is answered within the deadline, whatever the device does. Any thread; the futures complete on the loop, so what is
 * chained to them must not block. They do not complete exceptionally: what went wrong is in the answer.
 *
 * <p>On which loop matters for a device without {@code MULTI_CHANNEL}: give the one that its geom uses.
 */
public final class LabelStore {
    private final IoLoop loop;
    private final long deadlineNanos;
    private final Consumer<Settlement> givenUp;

    /**
     * A store that works on {@code loop}.
     *
     * @param deadline for each single operation on a device, more than 0
     * @param givenUp hears, on the loop, of a write that has failed and may land still, before its caller does
     */
    public LabelStore(IoLoop loop, Duration deadline, Consumer<Settlement> givenUp) {
        this.loop = loop;
        this.deadlineNanos = deadline.toNanos();
        this.givenUp = givenUp;
    }

    /** Reads and decodes the last sector; a device without room for a label has none. */
    public CompletableFuture<LabelReading> read(BlockDevice device) {
        if (!Label.hasRoom(device.geometry())) {
            return CompletableFuture.completedFuture(new NoLabel());
        }
        return readLastSector(device).thenApply(LabelStore::decode);
    }

    /** Reads and decodes the sector that was the last one when the device had {@code sizeBytes}, fewer than now. */
    public CompletableFuture<LabelReading> readFormer(BlockDevice device, long sizeBytes) {
        return readSector(device, sizeBytes - device.geometry().sectorSize()).thenApply(LabelStore::decode);
    }

    CompletableFuture<BytesRead> readLastSector(BlockDevice device) {
        Geometry geometry = device.geometry();
        return readSector(device, geometry.sizeBytes() - geometry.sectorSize());
    }

    CompletableFuture<BytesRead> readSector(BlockDevice device, long offset) {
        return new ReadErrand(device, loop, offset, device.geometry().sectorSize()).run(deadlineNanos);
    }

    /** The end of the device, as far as foreign data is looked for. */
    CompletableFuture<BytesRead> readTail(BlockDevice device) {
        int length = DeviceTail.length(device.geometry());
        return new ReadErrand(device, loop, device.geometry().sizeBytes() - length, length).run(deadlineNanos);
    }

    /** Writes one sector; durable when answered with empty. */
    CompletableFuture<Optional<IoError>> writeSector(BlockDevice device, long offset, byte[] sector) {
        return new WriteErrand(device, loop, offset, sector).run(deadlineNanos).thenApply(error -> {
            error.map(IoError::settlement).ifPresent(givenUp);
            return error;
        });
    }

    /** Writes one sector and reads it back; what went wrong as one clause that goes on from the device's name. */
    CompletableFuture<Optional<String>> writeConfirmed(BlockDevice device, long offset, byte[] sector) {
        return writeSector(device, offset, sector)
                .thenCompose(error -> error.isPresent()
                        ? CompletableFuture.completedFuture(Optional.of(
                                "could not be written: " + error.get().message()))
                        : readSector(device, offset).thenApply(read -> objection(read, sector)));
    }

    private static Optional<String> objection(BytesRead read, byte[] written) {
        return switch (read) {
            case Unread unread ->
                Optional.of("cannot be read back: " + unread.error().message());
            case Bytes bytes ->
                Arrays.equals(bytes.bytes(), written)
                        ? Optional.empty()
                        : Optional.of("does not show what was written");
        };
    }

    static LabelReading decode(BytesRead read) {
        return switch (read) {
            case Bytes sector -> LabelCodec.decode(sector.bytes());
            case Unread unread -> new Unreadable(unread.error());
        };
    }
}
