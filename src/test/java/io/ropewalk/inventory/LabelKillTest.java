package io.ropewalk.inventory;

import static io.ropewalk.inventory.InventoryFixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.label.Label;
import io.ropewalk.label.LabelCodec;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.store.TestDatabase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed (SIGKILL) at each step of each verb on labels: before each write to the disk, before each change of
 * the store, and after its acknowledgement. What is started next over the same disk and database finds things wholly as
 * before or wholly as after, and as after when that was acknowledged.
 */
class LabelKillTest {
    private static final int SIZE = 1 << 20;
    private static final String DONE = "DONE";
    /** More steps than any verb has. */
    private static final int MOST_STEPS = 20;

    @TempDir
    Path folder;

    private final NettyLoops loops = new NettyLoops(Transport.NIO, 1);

    /** What a start finds. */
    private record Found(Inventory inventory, @Nullable Label label, boolean acknowledged) {
        boolean runs() {
            return !inventory.geoms().isEmpty();
        }
    }

    private interface Act {
        void on(Inventory inventory) throws Exception;
    }

    private interface Check {
        void of(Found found) throws Exception;
    }

    @BeforeEach
    void makeDisk() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(disk().toFile(), "rw")) {
            file.setLength(SIZE);
        }
        Files.createLink(folder.resolve("b"), disk());
        Files.createDirectory(folder.resolve("data"));
        withInventory(inventory -> {
            inventory.registerDevice(new DeviceSpec("a", disk().toUri().toString()), Terms.NONE);
            inventory.registerDevice(
                    new DeviceSpec("b", folder.resolve("b").toUri().toString()), Terms.NONE);
        });
    }

    @AfterEach
    void closeLoops() {
        loops.close();
    }

    private Path disk() {
        return folder.resolve("a");
    }

    private Path database() {
        return folder.resolve("data").resolve("inventory.mv.db");
    }

    private void withInventory(Act act) throws Exception {
        try (TestDatabase database = TestDatabase.in(folder.resolve("data"));
                Inventory inventory = new Inventory(
                        database.store(),
                        List.of(new FileDeviceFactory()),
                        loops::next,
                        Instant::now,
                        EngineObserver.NONE,
                        MortalService.PATIENT)) {
            inventory.start();
            act.on(inventory);
        }
    }

    private void label() throws Exception {
        withInventory(LabelKillTest::label);
    }

    private static void label(Inventory inventory) {
        GeomSpec spec = new GeomSpec(
                "disk1", GeomType.AUTOMATIC, Mode.ACTIVE_PASSIVE, MortalService.PATIENT.policies(), List.of("a", "b"));
        assertThat(inventory.createGeom(spec, Terms.NONE).state()).isEqualTo(GeomState.OPTIMAL);
    }

    /** Kills the verb at each of its steps, each time from the same beginning. */
    private void killAtEachStep(String verb, Check check) throws Exception {
        byte[] diskBefore = Files.readAllBytes(disk());
        byte[] databaseBefore = Files.readAllBytes(database());
        List<String> deaths = new ArrayList<>();
        for (int step = 1; !deaths.contains(DONE); step++) {
            assertThat(step).as("steps of " + verb + ": " + deaths).isLessThan(MOST_STEPS);
            write(disk(), diskBefore);
            write(database(), databaseBefore);
            String death = killAt(verb, step);
            deaths.add(death);
            withInventory(inventory -> check.of(new Found(inventory, labelOnDisk(), death.equals(DONE))));
        }
        assertThat(deaths).as("where " + verb + " was killed").hasSizeGreaterThan(1);
    }

    /** In place: the file has other names. */
    private static void write(Path path, byte[] content) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(content.length);
            file.write(content);
        }
    }

    private String killAt(String verb, int step) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        MortalService.class.getName(),
                        folder.toString(),
                        verb,
                        Integer.toString(step))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = output.readLine();
            while (line != null && !line.startsWith("AT ") && !line.equals(DONE)) {
                line = output.readLine();
            }
            assertThat(line).as("what " + verb + " said before its end").isNotNull();
            return line;
        } finally {
            process.destroyForcibly();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    private @Nullable Label labelOnDisk() throws IOException {
        byte[] bytes = Files.readAllBytes(disk());
        byte[] last = Arrays.copyOfRange(bytes, bytes.length - 512, bytes.length);
        return LabelCodec.decode(last) instanceof Decoded decoded ? decoded.label() : null;
    }

    private static void assertWhole(Found found, Mode mode) {
        GeomView geom = found.inventory().geom("disk1");
        eventually(() -> assertThat(found.inventory().geom("disk1").state()).isEqualTo(GeomState.OPTIMAL));
        assertThat(geom.mode()).isEqualTo(mode);
        assertThat(found.inventory().label("a").uuid()).isEqualTo(geom.uuid());
        assertThat(found.inventory().label("b").mode()).isEqualTo(mode);
    }

    @Test
    void killedWhileLabelling() throws Exception {
        killAtEachStep("label", found -> {
            if (found.acknowledged()) {
                assertThat(found.label()).isNotNull();
            }
            if (found.label() == null) {
                assertThat(found.runs()).isFalse();
                label(found.inventory());
            } else {
                assertWhole(found, Mode.ACTIVE_PASSIVE);
            }
        });
    }

    @Test
    void killedWhileConfiguring() throws Exception {
        label();
        killAtEachStep("configure", found -> {
            Mode mode = found.inventory().geom("disk1").mode();
            assertWhole(found, mode);
            if (found.acknowledged()) {
                assertThat(mode).isEqualTo(Mode.ACTIVE_ACTIVE);
            }
        });
    }

    @Test
    void killedWhileGrowing() throws Exception {
        label();
        try (RandomAccessFile file = new RandomAccessFile(disk().toFile(), "rw")) {
            file.setLength(2 * SIZE);
        }
        killAtEachStep("resize", found -> {
            eventually(() ->
                    assertThat(found.inventory().geom("disk1").sizeBytes()).isEqualTo(2 * SIZE - 512));
            assertWhole(found, Mode.ACTIVE_PASSIVE);
            eventually(() -> assertThat(sectorAt(SIZE - 512)).containsOnly(0));
        });
    }

    private byte[] sectorAt(int offset) throws IOException {
        return Arrays.copyOfRange(Files.readAllBytes(disk()), offset, offset + 512);
    }

    @Test
    void killedWhileDestroying() throws Exception {
        label();
        killAtEachStep("destroy", found -> {
            if (found.runs()) {
                assertThat(found.acknowledged()).isFalse();
                assertWhole(found, Mode.ACTIVE_PASSIVE);
            } else if (found.acknowledged()) {
                assertThat(found.label()).isNull();
                label(found.inventory());
            } else {
                found.inventory().destroyGeom("disk1", false, Terms.NONE);
                assertThat(labelOnDisk()).isNull();
                label(found.inventory());
            }
        });
    }

    @Test
    void killedWhileClearing() throws Exception {
        withInventory(inventory -> {
            label(inventory);
            inventory.stopGeom("disk1", Terms.NONE);
        });
        killAtEachStep("clear", found -> {
            assertThat(found.runs()).isFalse();
            if (found.acknowledged()) {
                assertThat(found.label()).isNull();
            }
            if (found.label() != null) {
                found.inventory().clearLabel("a", Terms.NONE);
            }
            assertThat(labelOnDisk()).isNull();
        });
    }
}
