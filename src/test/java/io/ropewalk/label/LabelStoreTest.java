package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Capability;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.label.BytesRead.Bytes;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import io.ropewalk.label.MemoryPath.Fault;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelStoreTest {
    private static final String UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private static final int SIZE = 1 << 20;

    private final VirtualLoop loop = new VirtualLoop();
    private final LabelStore store = new LabelStore(loop, Duration.ofSeconds(2), givenUp -> {});
    private final MemoryDisk disk = new MemoryDisk(SIZE);
    private final MemoryPath path = new MemoryPath("d1", disk, 512);

    @AfterEach
    void nothingStaysBehind() {
        loop.settle();
        assertThat(path.openChannels).isZero();
        assertThat(loop.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void readsTheLastSectorWhateverItsSize(int sectorSize) {
        Label label = new Label("disk1", UUID, sectorSize, SIZE, LabelMode.ACTIVE_READ);
        disk.put(label.exportedSizeBytes(), LabelCodec.encode(label));

        assertThat(loop.await(store.read(new MemoryPath("d", disk, sectorSize))))
                .isEqualTo(new Decoded(label));
    }

    @Test
    void aDeviceThatAddressesSingleBytesHasSectorsOf512() {
        Label label = new Label("disk1", UUID, 512, SIZE, LabelMode.ACTIVE_PASSIVE);
        disk.put(label.exportedSizeBytes(), LabelCodec.encode(label));

        assertThat(loop.await(store.read(new MemoryPath("d", disk, 1)))).isEqualTo(new Decoded(label));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 512, 1000, 1500})
    void aDeviceWithoutRoomHasNoLabelAndIsNotRead(int size) {
        MemoryPath tiny = new MemoryPath("d", new MemoryDisk(size), 1);

        assertThat(loop.await(store.read(tiny))).isEqualTo(new NoLabel());
        assertThat(tiny.log).isEmpty();
    }

    @Test
    @DisplayName("R25: an error is told as such")
    void errors() {
        path.on(IoOp.READ, Fault.FAILS);

        assertThat(loop.await(store.read(path))).isEqualTo(new Unreadable(IoError.of(Kind.IO, "input/output error")));
    }

    @Test
    @DisplayName("Q9: a device that never answers costs its deadline, not more")
    void deadline() {
        path.on(IoOp.READ, Fault.HANGS);

        assertThat(loop.await(store.read(path)))
                .isEqualTo(new Unreadable(IoError.of(Kind.TIMEOUT, "d1 did not answer within 2000 ms")));
        assertThat(loop.nanoTime()).isEqualTo(2_000_000_000L);
    }

    @Test
    void aWriteUsesFuaWhereThereIsFua() {
        path.with(Capability.WRITE, Capability.FUA, Capability.FLUSH);

        assertThat(loop.await(store.writeSector(path, 1024, new byte[512]))).isEmpty();
        assertThat(path.log).containsExactly("WRITE 1024+512 flags 1");
    }

    @Test
    void aWriteIsFlushedWhereThereIsNoFua() {
        assertThat(loop.await(store.writeSector(path, 1024, new byte[512]))).isEmpty();
        assertThat(path.log).containsExactly("WRITE 1024+512", "FLUSH 0+0");
    }

    @Test
    void aDeviceWithoutCacheNeedsNoFlush() {
        path.with(Capability.WRITE);

        assertThat(loop.await(store.writeSector(path, 1024, new byte[512]))).isEmpty();
        assertThat(path.log).containsExactly("WRITE 1024+512");
    }

    @Test
    void aFlushThatHangsFailsTheWrite() {
        path.on(IoOp.FLUSH, Fault.HANGS);

        assertThat(loop.await(store.writeSector(path, 0, new byte[512])).map(IoError::kind))
                .contains(Kind.TIMEOUT);
    }

    @Test
    void aReadOnlyDeviceSaysSo() {
        path.with();

        assertThat(loop.await(store.writeSector(path, 0, new byte[512])).map(IoError::kind))
                .contains(Kind.READ_ONLY);
    }

    @Test
    void theTailIsReadInPiecesThatTheDeviceTakes() {
        path.withMaximumPayload(512 * 100);
        disk.put(SIZE - 3, (byte) 1, (byte) 2, (byte) 3);

        Bytes tail = (Bytes) loop.await(store.readTail(path));

        assertThat(tail.bytes()).hasSize(768 << 10).endsWith(1, 2, 3);
        assertThat(path.log).hasSize(16).last().isEqualTo("READ 1030144+18432");
    }

    @Test
    void aWriteThatIsNotReadBackIsNotConfirmed() {
        MemoryPath elsewhere = new MemoryPath("d2", disk, 512);
        elsewhere.on(IoOp.READ, Fault.FAILS);

        Optional<String> problem = loop.await(store.writeConfirmed(elsewhere, 0, new byte[512]));

        assertThat(problem).contains("cannot be read back: input/output error");
    }
}
