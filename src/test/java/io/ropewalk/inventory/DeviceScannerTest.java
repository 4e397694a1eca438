package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.QUICK;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.LoopDevice;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders that are watched; hard links are two paths to one disk. */
class DeviceScannerTest {
    private static final Duration SELDOM = Duration.ofHours(1);

    @TempDir
    Path folder;

    private final NettyLoops loops = new NettyLoops(Transport.NIO, 1);
    private final Inventory inventory = new Inventory(
            new MemoryStore(), List.of(new FileDeviceFactory()), loops::next, Instant::now, EngineObserver.NONE, QUICK);
    private DeviceScanner scanner;
    private Path disk;

    @BeforeEach
    void start() throws Exception {
        inventory.start();
        disk = Files.createDirectory(folder.resolve("disks")).resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        watch(SELDOM);
    }

    private void watch(Duration interval, String... allow) {
        if (scanner != null) {
            scanner.close();
        }
        scanner = new DeviceScanner(inventory, List.of(folder + "/by-id/*"), Arrays.asList(allow), interval);
    }

    @AfterEach
    void close() {
        scanner.close();
        inventory.close();
        loops.close();
    }

    private void plug(String name) throws IOException {
        Files.createDirectories(folder.resolve("by-id"));
        Files.createLink(folder.resolve("by-id").resolve(name), disk);
    }

    private void unplug(String name) throws IOException {
        Files.delete(folder.resolve("by-id").resolve(name));
    }

    private List<String> names() {
        return inventory.devices().stream().map(DeviceView::name).toList();
    }

    @Test
    void whatAppearsIsRegisteredAndWhatIsGoneIsForgotten() throws Exception {
        scanner.start();
        assertThat(names()).isEmpty();

        plug("wwn-1");
        plug("wwn-2");
        inventory.rescan(Terms.NONE);
        assertThat(names()).containsExactly("wwn-1", "wwn-2");

        unplug("wwn-1");
        inventory.rescan(Terms.NONE);
        assertThat(names()).containsExactly("wwn-2");
    }

    @Test
    void aLabelledDiskComesAndGoesByItself() throws Exception {
        watch(Duration.ofMillis(20));
        plug("wwn-1");
        plug("wwn-2");
        scanner.start();
        inventory.createGeom(
                new GeomSpec(
                        "disk1", GeomType.AUTOMATIC, Mode.ACTIVE_PASSIVE, QUICK.policies(), List.of("wwn-1", "wwn-2")),
                Terms.NONE);

        unplug("wwn-1");
        eventually(() -> assertThat(inventory.path("disk1", "wwn-1").state()).isEqualTo(PathState.LOST));
        eventually(() -> assertThat(inventory.activePaths("disk1")).containsExactly("wwn-2"));
        plug("wwn-1");
        eventually(() -> assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));

        plug("wwn-3");
        eventually(() -> assertThat(inventory.paths("disk1")).hasSize(3));
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
    }

    @Test
    void aFileThatWasExchangedUnderItsNameIsLookedAtAnew() throws Exception {
        plug("wwn-1");
        plug("wwn-2");
        scanner.start();
        inventory.createGeom(
                new GeomSpec(
                        "disk1", GeomType.AUTOMATIC, Mode.ACTIVE_PASSIVE, QUICK.policies(), List.of("wwn-1", "wwn-2")),
                Terms.NONE);

        unplug("wwn-1");
        try (RandomAccessFile file =
                new RandomAccessFile(folder.resolve("by-id/wwn-1").toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        scanner.scan();

        eventually(() -> assertThat(inventory.path("disk1", "wwn-1").detail()).isEqualTo("it holds no label"));
    }

    @Test
    void whatAnOperatorRemovedStaysRemovedThoughItWasUnplugged() throws Exception {
        plug("wwn-1");
        plug("wwn-2");
        scanner.start();
        inventory.createGeom(
                new GeomSpec(
                        "disk1", GeomType.AUTOMATIC, Mode.ACTIVE_PASSIVE, QUICK.policies(), List.of("wwn-1", "wwn-2")),
                Terms.NONE);
        inventory.removePath("disk1", "wwn-1", LastPath.REFUSE, Terms.NONE);

        unplug("wwn-1");
        scanner.scan();
        plug("wwn-1");
        scanner.scan();
        eventually(() -> assertThat(inventory.device("wwn-1").state()).isEqualTo(DeviceState.OPEN));
        inventory.rescan(Terms.NONE);

        assertThat(inventory.paths("disk1")).extracting(PathView::device).containsExactly("wwn-2");
    }

    @Test
    void twoLinksToOneNodeAreOneDeviceAndFoldersAreNone() throws Exception {
        Files.createDirectories(folder.resolve("by-id/folder"));
        Files.createSymbolicLink(folder.resolve("by-id/scsi-1"), disk);
        Files.createSymbolicLink(folder.resolve("by-id/wwn-1"), disk);

        scanner.start();

        assertThat(names()).containsExactly("scsi-1");
    }

    @Test
    void blockDevicesOfOneDiskSeeEachOthersLabel() throws Exception {
        Files.createDirectories(folder.resolve("by-id"));
        try (LoopDevice first = LoopDevice.attach(disk, 512);
                LoopDevice second = LoopDevice.attach(disk, 512)) {
            Files.createSymbolicLink(folder.resolve("by-id/wwn-1"), first.path());
            Files.createSymbolicLink(folder.resolve("by-id/wwn-2"), second.path());
            scanner.start();

            GeomView geom = inventory.createGeom(
                    new GeomSpec(
                            "disk1",
                            GeomType.AUTOMATIC,
                            Mode.ACTIVE_PASSIVE,
                            QUICK.policies(),
                            List.of("wwn-1", "wwn-2")),
                    Terms.NONE);

            assertThat(geom.state()).isEqualTo(GeomState.OPTIMAL);
            inventory.close();
        }
    }

    @Test
    void onlyWhatIsAllowedIsTouched() throws Exception {
        plug("wwn-1");
        plug("root");
        watch(SELDOM, folder + "/by-id/wwn-*");

        scanner.start();

        assertThat(names()).containsExactly("wwn-1");
    }

    @Test
    void whatCannotBeADeviceIsPassedOver() throws Exception {
        Files.createDirectories(folder.resolve("by-id"));
        Files.createFile(folder.resolve("by-id/empty"));
        plug("wwn-1");

        scanner.start();
        scanner.scan();

        assertThat(names()).containsExactly("wwn-1");
    }

    @Test
    void devicesOutsideTheFoldersAreNobodysBusiness() throws Exception {
        Path link = Files.createLink(folder.resolve("elsewhere"), disk);
        scanner.start();
        inventory.registerDevice(new DeviceSpec("mine", link.toUri().toString()), Terms.NONE);

        Files.delete(link);
        scanner.scan();

        assertThat(names()).containsExactly("mine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disks/*", "/dev/**", "/dev/", "/dev/[", "/dev/../etc/*"})
    void aPatternThatIsNoneIsRefusedInOneSentence(String pattern) {
        assertThatThrownBy(() -> new DeviceScanner(inventory, List.of(pattern), List.of(), SELDOM))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(pattern)
                .hasMessageEndingWith(".");
    }
}
