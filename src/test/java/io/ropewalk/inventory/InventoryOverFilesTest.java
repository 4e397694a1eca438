package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.QUICK;
import static io.ropewalk.inventory.InventoryFixture.assertRefused;
import static io.ropewalk.inventory.InventoryFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.file.FileDeviceFactory;
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
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real files, the real database: two links to one file are two paths to one disk. */
class InventoryOverFilesTest {
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
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        Files.createSymbolicLink(folder.resolve("left"), disk);
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

    private void register(String name) {
        inventory.registerDevice(
                new DeviceSpec(name, folder.resolve(name).toUri().toString()), Terms.NONE);
    }

    private Ask ask(Function<BlockChannel, Ask> question) {
        NettyLoop loop = loops.next();
        BlockDevice device = inventory.findExport("disk").orElseThrow().device();
        CompletableFuture<Ask> asked = new CompletableFuture<>();
        loop.execute(() -> asked.complete(question.apply(device.open(loop))));
        Ask ask = asked.join();
        eventually(() -> assertThat(ask.isAnswered()).isTrue());
        return ask;
    }

    @Test
    void whatIsWrittenThroughOnePathIsReadThroughTheOtherAfterARestart() throws Exception {
        register("left");
        register("right");
        inventory.createGeom(
                GeomSpec.manual("disk", Mode.ACTIVE_PASSIVE, QUICK.policies(), List.of("left", "right")), Terms.NONE);
        assertThat(ask(channel -> Ask.write(channel, 4096, WORDS)).succeeded()).isTrue();
        assertThat(Files.readAllBytes(disk)).contains(WORDS);

        inventory.close();
        start();

        assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL);
        inventory.failPath("disk", "left", null, Terms.NONE);
        assertThat(ask(channel -> Ask.read(channel, 4096, WORDS.length)).bytes())
                .isEqualTo(WORDS);
    }

    @Test
    void aFileThatIsMissingAtTheStartJoinsWhenItIsThere() throws Exception {
        register("left");
        register("right");
        inventory.createGeom(
                GeomSpec.manual("disk", Mode.ACTIVE_PASSIVE, QUICK.policies(), List.of("left", "right")), Terms.NONE);
        inventory.close();
        Files.delete(folder.resolve("right"));

        start();
        assertThat(inventory.paths("disk"))
                .extracting(PathView::state)
                .containsExactly(PathState.ACTIVE, PathState.LOST);

        Files.createSymbolicLink(folder.resolve("right"), disk);
        eventually(() -> assertThat(inventory.geom("disk").state()).isEqualTo(GeomState.OPTIMAL));
    }

    @Test
    void whatCannotBeAPathIsRefusedInOneSentence() throws IOException {
        Files.createDirectory(folder.resolve("folder"));

        assertRefused(Problem.UNSUITABLE_DEVICE, () -> register("folder"));
        assertRefused(Problem.DEVICE_UNREACHABLE, () -> register("nowhere"));
        register("left");
        assertRefused(
                Problem.DEVICE_EXISTS,
                () -> inventory.registerDevice(
                        new DeviceSpec("again", folder.resolve("left").toUri().toString()), Terms.NONE));
    }
}
