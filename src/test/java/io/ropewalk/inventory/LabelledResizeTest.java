package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.SIZE;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static io.ropewalk.inventory.InventoryFixture.uri;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError.Kind;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.PathState;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** R36 to R39 for labelled geoms, mended as Q22. */
class LabelledResizeTest {
    private final InventoryFixture fixture = new InventoryFixture().start();
    private final MemoryDisk disk = new MemoryDisk(SIZE);

    @BeforeEach
    void label() {
        fixture.paths(disk, "a", "b");
        fixture.label("disk1", "a", "b");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private Inventory inventory() {
        return fixture.inventory;
    }

    private long size() {
        return inventory().geom("disk1").sizeBytes();
    }

    private Label label(MemoryDisk on) {
        return ((Decoded) LabelCodec.decode(on.lastSector())).label();
    }

    /** As the target does it: the disk first, then one path after the other notices. */
    private void resize(String device, long size) {
        fixture.factory.device(device).resize(size);
    }

    @Test
    @DisplayName("R36, R39, U2: a labelled geom grows when all its paths have, with the label first")
    void r36_theGeomGrowsWhenAllItsPathsHaveWithTheLabelFirst() {
        resize("a", 2 * SIZE);
        eventually(() -> assertThat(fixture.eventTypes()).contains("device.resized"));
        assertThat(size()).isEqualTo(SIZE - 512);
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);

        resize("b", 2 * SIZE);

        eventually(() -> assertThat(size()).isEqualTo(2 * SIZE - 512));
        assertThat(label(disk).sizeBytes()).isEqualTo(2 * SIZE);
        assertThat(LabelCodec.decode(disk.read(SIZE - 512, 512))).isEqualTo(new NoLabel());
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(inventory().geom("disk1").generation()).isEqualTo(1);
        fixture.factory.with(uri("a"), disk, 512).with(uri("b"), disk, 512);
        fixture.restart();
        assertThat(size()).isEqualTo(2 * SIZE - 512);
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
    }

    @Test
    @DisplayName("Another disk that comes in the place of ours, and is larger, gets no label and serves nobody")
    void aLargerDiskThatIsNotOursIsNotFollowed() {
        disk.write(SIZE - 512, new byte[512]);
        disk.resize(2 * SIZE);
        byte[] gpt = new byte[512];
        System.arraycopy("EFI PART".getBytes(StandardCharsets.US_ASCII), 0, gpt, 0, 8);
        disk.write(2 * SIZE - 512, gpt);

        resize("a", 2 * SIZE);
        resize("b", 2 * SIZE);

        eventually(() -> assertThat(fixture.statesOf("disk1")).containsExactly(PathState.FAIL, PathState.FAIL));
        eventually(() -> assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.BROKEN));
        assertThat(disk.lastSector()).isEqualTo(gpt);
        assertThat(size()).isEqualTo(SIZE - 512);
    }

    @Test
    void aLabelThatCannotBeMovedLeavesTheSizeUntilItCan() {
        fixture.factory.device("a").failWritesWith(Kind.IO);
        fixture.factory.device("b").failWritesWith(Kind.IO);

        resize("a", 2 * SIZE);
        resize("b", 2 * SIZE);
        eventually(() -> assertThat(fixture.eventTypes()).contains("geom.not-resized"));
        assertThat(size()).isEqualTo(SIZE - 512);
        assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);

        fixture.factory.device("b").failWritesWith(null);
        DeviceView view = inventory().resizeDevice("b", Terms.NONE);

        assertThat(view.sizeBytes()).isEqualTo(2 * SIZE);
        assertThat(size()).isEqualTo(2 * SIZE - 512);
    }

    @Test
    void q22_onePathThatShrinksIsThatPathsFault() {
        resize("a", SIZE / 2);

        eventually(() -> assertThat(inventory().path("disk1", "a").reason()).isEqualTo(FailReason.IDENTITY));
        assertThat(size()).isEqualTo(SIZE - 512);
        assertThat(inventory().activePaths("disk1")).containsExactly("b");
    }

    @Test
    void aPathThatShrankIsAskedForItsSizeUntilItIsBack() {
        byte[] sector = disk.lastSector();
        resize("a", SIZE / 2);
        eventually(() -> assertThat(inventory().path("disk1", "a").reason()).isEqualTo(FailReason.IDENTITY));

        disk.resize(SIZE);
        disk.write(SIZE - 512, sector);
        fixture.factory.device("a").resizeUnheard(SIZE);

        eventually(() -> assertThat(fixture.stateOf("disk1", "a")).isEqualTo(PathState.PASSIVE));
    }

    @Test
    void aPathThatShrankAndGrewBackJoinsAgain() {
        byte[] sector = disk.lastSector();
        resize("a", SIZE / 2);
        eventually(() -> assertThat(inventory().path("disk1", "a").reason()).isEqualTo(FailReason.IDENTITY));

        resize("a", SIZE);
        disk.write(SIZE - 512, sector);

        eventually(() -> assertThat(fixture.stateOf("disk1", "a")).isEqualTo(PathState.PASSIVE));
    }

    @Test
    void r38_aDiskThatShrinksWithoutItsLabelIsNoLongerShownToBeIt() {
        resize("a", SIZE / 2);
        resize("b", SIZE / 2);

        eventually(() -> assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.BROKEN));
        eventually(() -> assertThat(inventory().path("disk1", "b").detail()).isEqualTo("it holds no label"));
        assertThat(size()).isEqualTo(SIZE - 512);
    }

    @Test
    void r38_aDiskThatShrinksAndHasItsLabelAtTheNewEndIsFollowed() {
        Label before = label(disk);
        disk.write(SIZE / 2 - 512, LabelCodec.encode(before.withSize(SIZE / 2)));

        resize("a", SIZE / 2);
        resize("b", SIZE / 2);

        eventually(() -> assertThat(size()).isEqualTo(SIZE / 2 - 512));
        eventually(() -> assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
    }

    @Test
    void aDiskThatGrewWhileTheServiceWasDownIsFollowedAtTheStart() {
        inventory().close();
        disk.resize(2 * SIZE);
        fixture.factory.with(uri("a"), disk, 512).with(uri("b"), disk, 512);

        fixture.restart();

        eventually(() -> assertThat(size()).isEqualTo(2 * SIZE - 512));
        eventually(() -> assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(label(disk).sizeBytes()).isEqualTo(2 * SIZE);
    }

    @Test
    void aMoveThatWasCutOffBehindTheNewLabelIsCompletedAtTheStart() {
        Label before = label(disk);
        inventory().close();
        disk.resize(2 * SIZE);
        disk.write(2 * SIZE - 512, LabelCodec.encode(before.withSize(2 * SIZE)));
        fixture.factory.with(uri("a"), disk, 512).with(uri("b"), disk, 512);

        fixture.restart();

        eventually(() -> assertThat(size()).isEqualTo(2 * SIZE - 512));
        eventually(() -> assertThat(inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(LabelCodec.decode(disk.read(SIZE - 512, 512))).isEqualTo(new NoLabel());
    }

    @Test
    void aGrownDiskThatIsNotOursDoesNotJoin() {
        inventory().close();
        fixture.factory.with(uri("a"), new MemoryDisk(2 * SIZE), 512).with(uri("b"), new MemoryDisk(2 * SIZE), 512);

        fixture.restart();

        assertThat(fixture.statesOf("disk1")).containsExactly(PathState.FAIL, PathState.FAIL);
        assertThat(inventory().path("disk1", "a").detail()).isEqualTo("it holds no label");
        assertThat(size()).isEqualTo(SIZE - 512);
    }

    @Test
    void resizeIsAskedOfDevicesThatAreThere() {
        assertRefused(Problem.DEVICE_NOT_FOUND, () -> inventory().resizeDevice("nobody", Terms.NONE));
        assertThat(inventory().resizeDevice("a", Terms.NONE).sizeBytes()).isEqualTo(SIZE);
    }
}
