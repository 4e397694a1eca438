package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.QUICK;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.LoopDevice;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two block devices over one file, as two ways to one disk; past the page cache, of which each would have its own. */
class LabelsOnLoopDevicesTest {
    private static final int SIZE = 4 << 20;

    @TempDir
    Path folder;

    private final NettyLoops loops = new NettyLoops(Transport.NIO, 1);
    private final Inventory inventory = new Inventory(
            new MemoryStore(), List.of(new FileDeviceFactory()), loops::next, Instant::now, EngineObserver.NONE, QUICK);

    @BeforeEach
    void start() throws Exception {
        inventory.start();
    }

    @AfterEach
    void close() {
        inventory.close();
        loops.close();
    }

    private void register(String name, LoopDevice loop) {
        inventory.registerDevice(new DeviceSpec(name, "file://" + loop.path()), Terms.NONE);
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096})
    void aDiskOfEitherSectorSizeIsLabelledAddedToGrownAndErased(int sector) throws Exception {
        Path file = folder.resolve("disk.img");
        resize(file, SIZE);
        try (LoopDevice first = LoopDevice.attach(file, sector);
                LoopDevice second = LoopDevice.attach(file, sector)) {
            register("first", first);
            register("second", second);
            GeomView made = inventory.createGeom(
                    new GeomSpec(
                            "disk1",
                            GeomType.AUTOMATIC,
                            Mode.ACTIVE_PASSIVE,
                            QUICK.policies(),
                            List.of("first", "second")),
                    Terms.NONE);
            assertThat(made.state()).isEqualTo(GeomState.OPTIMAL);
            assertThat(made.sizeBytes()).isEqualTo(SIZE - sector);
            assertThat(LabelCodec.decode(sectorAt(file, SIZE - sector, sector))).isInstanceOf(Decoded.class);

            resize(file, 2 * SIZE);
            first.resize();
            second.resize();
            inventory.resizeDevice("first", Terms.NONE);
            inventory.resizeDevice("second", Terms.NONE);
            assertThat(inventory.geom("disk1").sizeBytes()).isEqualTo(2 * SIZE - sector);
            assertThat(inventory.label("second").sizeBytes()).isEqualTo(2 * SIZE);

            inventory.destroyGeom("disk1", false, Terms.NONE);
            assertRefused(Problem.NO_LABEL, () -> inventory.label("second"));
            assertThat(sectorAt(file, 2 * SIZE - sector, sector)).containsOnly(0);
            inventory.close();
        }
    }

    private static void resize(Path file, long size) throws Exception {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(size);
        }
    }

    private static byte[] sectorAt(Path file, int offset, int length) throws Exception {
        return Arrays.copyOfRange(Files.readAllBytes(file), offset, offset + length);
    }
}
