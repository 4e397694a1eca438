package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.QUICK;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.inventory.TasteView.Outcome;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.store.TestDatabase;
import io.ropewalk.testing.Ask;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels on real files, by way of the real database: a hard link and a symbolic link are two paths to one disk. */
class LabelsOverFilesTest {
    private static final int SIZE = 1 << 20;
    private static final byte[] WORDS = "rope".repeat(128).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    private final NettyLoops loops = new NettyLoops(Transport.NIO, 1);
    private Path disk;
    private TestDatabase database;
    private Inventory inventory;

    @BeforeEach
    void open() throws Exception {
        disk = folder.resolve("disk.img");
        resize(disk, SIZE);
        resize(folder.resolve("stranger"), SIZE);
        Files.createLink(folder.resolve("left"), disk);
        Files.createSymbolicLink(folder.resolve("right"), disk);
        database = TestDatabase.in(folder);
        start();
    }

    @AfterEach
    void close() {
        inventory.close();
        database.close();
        loops.close();
    }

    private static void resize(Path file, long size) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(size);
        }
    }

    private void start() throws StoreException {
        inventory = new Inventory(
                database.store(),
                List.of(new FileDeviceFactory()),
                loops::next,
                Instant::now,
                EngineObserver.NONE,
                QUICK);
        inventory.start();
    }

    private void register(String... names) {
        for (String name : names) {
            inventory.registerDevice(
                    new DeviceSpec(name, folder.resolve(name).toUri().toString()), Terms.NONE);
        }
    }

    private GeomSpec spec(String... paths) {
        return new GeomSpec("disk1", GeomType.AUTOMATIC, Mode.ACTIVE_PASSIVE, QUICK.policies(), Arrays.asList(paths));
    }

    private byte[] lastSector(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        return Arrays.copyOfRange(bytes, bytes.length - 512, bytes.length);
    }

    private Ask ask(Function<BlockChannel, Ask> question) {
        NettyLoop loop = loops.next();
        BlockDevice device = inventory.findExport("disk1").orElseThrow().device();
        CompletableFuture<Ask> asked = new CompletableFuture<>();
        loop.execute(() -> asked.complete(question.apply(device.open(loop))));
        Ask ask = asked.join();
        eventually(() -> assertThat(ask.isAnswered()).isTrue());
        return ask;
    }

    @Test
    void theLastSectorOfALabelledDiskIsWhatFreeBsdWrites() throws Exception {
        register("left", "right");

        String uuid = String.valueOf(
                inventory.createGeom(spec("left", "right"), Terms.NONE).uuid());

        String label = "47454f4d3a3a4d554c54495041544800"
                + HexFormat.of().formatHex(uuid.getBytes(StandardCharsets.US_ASCII))
                + "00000000"
                + "6469736b310000000000000000000000"
                + "01000000000200000000100000000000"
                + "00";
        assertThat(HexFormat.of().formatHex(lastSector(disk))).isEqualTo(label + "0".repeat(2 * 512 - label.length()));
    }

    @Test
    void aDiskLabelledByHandIsRecognised() throws Exception {
        String hex = "47454f4d3a3a4d554c54495041544800"
                + HexFormat.of().formatHex("6ba7b810-9dad-11d1-80b4-00c04fd430c8".getBytes(StandardCharsets.US_ASCII))
                + "00deadbe" // what FreeBSD leaves behind the NUL
                + "6469736b3100ffffffffffffffffffff"
                + "0100000000020000000010000000000002";
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.seek(SIZE - 512);
            file.write(HexFormat.of().parseHex(hex));
        }

        register("left", "right");

        GeomView geom = inventory.geom("disk1");
        assertThat(geom.uuid()).isEqualTo("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        assertThat(geom.mode()).isEqualTo(Mode.ACTIVE_READ);
        assertThat(geom.state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(geom.sizeBytes()).isEqualTo(SIZE - 512);
    }

    @Test
    void labelStopRestartAndDestroyAsAnAdministratorWould() throws Exception {
        register("left", "right", "stranger");
        assertRefused(Problem.LABEL_MISMATCH, () -> inventory.createGeom(spec("left", "stranger"), Terms.NONE));
        assertThat(lastSector(disk)).containsOnly(0);

        inventory.createGeom(spec("left"), Terms.NONE);
        inventory.addPath("disk1", "right", Terms.NONE);
        assertRefused(Problem.LABEL_MISMATCH, () -> inventory.addPath("disk1", "stranger", Terms.NONE));
        assertThat(ask(channel -> Ask.write(channel, 4096, WORDS)).succeeded()).isTrue();

        inventory.close();
        start();
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(ask(channel -> Ask.read(channel, 4096, WORDS.length)).bytes())
                .isEqualTo(WORDS);

        inventory.stopGeom("disk1", Terms.NONE);
        assertThat(inventory.rescan(Terms.NONE))
                .extracting(TasteView::outcome)
                .containsExactly(Outcome.REFUSED, Outcome.REFUSED, Outcome.NOT_OURS);
        assertThat(inventory.tasteDevice("left", Terms.NONE).outcome()).isEqualTo(Outcome.GEOM_STARTED);
        inventory.destroyGeom("disk1", true, Terms.NONE);
        assertThat(lastSector(disk)).containsOnly(0);
    }

    @Test
    void aFileThatGrewIsFollowedWhenItIsAskedFor() throws Exception {
        register("left", "right");
        inventory.createGeom(spec("left", "right"), Terms.NONE);
        ask(channel -> Ask.write(channel, 4096, WORDS));
        resize(disk, 2 * SIZE);

        inventory.resizeDevice("left", Terms.NONE);
        inventory.resizeDevice("right", Terms.NONE);

        assertThat(inventory.geom("disk1").sizeBytes()).isEqualTo(2 * SIZE - 512);
        assertThat(inventory.label("left").sizeBytes()).isEqualTo(2 * SIZE);
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL);
        assertThat(ask(channel -> Ask.read(channel, SIZE - 512, 512)).bytes()).containsOnly(0);
        assertThat(ask(channel -> Ask.read(channel, 4096, WORDS.length)).bytes())
                .isEqualTo(WORDS);
    }

    @Test
    @DisplayName("R36: a file that grew while it is open is noticed, and the geom follows without being asked to")
    void aFileThatGrewIsNoticed() throws Exception {
        register("left", "right");
        inventory.createGeom(spec("left", "right"), Terms.NONE);
        ask(channel -> Ask.write(channel, 4096, WORDS));

        resize(disk, 2 * SIZE);

        eventually(() -> assertThat(inventory.geom("disk1").sizeBytes()).isEqualTo(2 * SIZE - 512));
        eventually(() -> assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(inventory.label("left").sizeBytes()).isEqualTo(2 * SIZE);
        assertThat(ask(channel -> Ask.read(channel, 4096, WORDS.length)).bytes())
                .isEqualTo(WORDS);
        assertThat(inventory.eventsAfter(0, 1000).items())
                .extracting(EventView::type)
                .containsSubsequence("device.resized", "geom.resized");
    }

    @Test
    @DisplayName("Q17: a copy of a labelled disk, of the same size, is no path of its geom")
    void aCopyIsNoPath() throws Exception {
        register("left", "right");
        inventory.createGeom(spec("left", "right"), Terms.NONE);
        Files.copy(disk, folder.resolve("stranger"), StandardCopyOption.REPLACE_EXISTING);

        register("stranger");

        assertThat(inventory.device("stranger").geom()).isNull();
        TasteView taste = inventory.tasteDevice("stranger", Terms.NONE);
        assertThat(taste.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(taste.message()).contains("holds a copy of the label");
        assertThat(inventory.eventsAfter(0, 1000).items())
                .extracting(EventView::type)
                .contains("label.refused");
        assertRefused(Problem.LABEL_MISMATCH, () -> inventory.addPath("disk1", "stranger", Terms.NONE));
    }

    @Test
    @DisplayName("Q17: a path whose cable leads to a copy of the disk stays out")
    void aPathThatLeadsToACopyStaysOut() throws Exception {
        register("left", "right");
        inventory.createGeom(spec("left", "right"), Terms.NONE);
        inventory.close();
        Files.copy(disk, folder.resolve("stranger"), StandardCopyOption.REPLACE_EXISTING);
        Files.delete(folder.resolve("right"));
        Files.createSymbolicLink(folder.resolve("right"), folder.resolve("stranger"));

        start();

        assertThat(inventory.path("disk1", "right").state()).isEqualTo(PathState.FAIL);
        assertThat(inventory.path("disk1", "right").detail()).contains("holds a copy of the label");
        assertThat(inventory.geom("disk1").state()).isEqualTo(GeomState.DEGRADED);
    }

    @Test
    void twoLinksThatWereExchangedForAnotherFileStayOut() throws Exception {
        register("left", "right");
        inventory.createGeom(spec("left", "right"), Terms.NONE);
        inventory.close();
        Files.delete(folder.resolve("right"));
        Files.createSymbolicLink(folder.resolve("right"), folder.resolve("stranger"));

        start();

        assertThat(inventory.paths("disk1"))
                .extracting(PathView::state)
                .containsExactly(PathState.ACTIVE, PathState.FAIL);
        assertThat(inventory.path("disk1", "right").detail()).isEqualTo("it holds no label");
    }
}
