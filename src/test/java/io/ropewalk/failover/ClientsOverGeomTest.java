package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.testing.Command;
import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Other people's clients against a geom over two real servers, over TCP and over a Unix socket. What they wrote is
 * looked up in the store itself, behind everybody's back.
 */
@Timeout(180)
class ClientsOverGeomTest {
    private static final int SIZE = 64 << 20;

    private enum Over {
        TCP(Rig::tcpUri),
        UNIX(Rig::uri);

        private final Function<Rig, String> uri;

        Over(Function<Rig, String> uri) {
            this.uri = uri;
        }
    }

    @TempDir
    Path folder;

    private Path store = Path.of("");
    private @Nullable Rig rig;

    @BeforeEach
    void start() throws Exception {
        store = Rig.store(folder, SIZE);
        rig = new Rig(
                folder, Mode.ACTIVE_ACTIVE, Policies.DEFAULT, Duration.ofMillis(200), Rig.twoPaths(folder, store));
    }

    @AfterEach
    void stop() throws Exception {
        if (rig != null) {
            rig.close();
        }
    }

    private static String run(String tool, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Tools.require(tool).toString());
        command.addAll(Arrays.asList(arguments));
        return Command.output(command.toArray(String[]::new));
    }

    private byte[] fill(int at, int length) throws IOException {
        byte[] bytes = new byte[length];
        new Random(at).nextBytes(bytes);
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "rw")) {
            file.seek(at);
            file.write(bytes);
        }
        return bytes;
    }

    private byte[] stored(int at, int length) throws IOException {
        byte[] bytes = new byte[length];
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "r")) {
            file.seek(at);
            file.readFully(bytes);
        }
        return bytes;
    }

    private static byte[] pattern(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdinfo_seesTheGeom(Over over) throws Exception {
        fill(1 << 20, 1 << 20);
        String uri = over.uri.apply(rig);
        assertThat(run("nbdinfo", "--json", uri))
                .contains("\"export-name\": \"rope\"")
                .contains("\"export-size\": " + SIZE)
                .contains("\"base:allocation\"")
                .contains("\"can_multi_conn\": true")
                .contains("\"can_trim\": true")
                .contains("\"can_fua\": true")
                .contains("\"is_read_only\": false");
        assertThat(run("nbdinfo", "--list", uri)).contains("export=\"rope\"");
        assertThat(run("nbdinfo", "--map", uri).lines())
                .map(line -> line.trim().split("\\s+")[2])
                .containsExactly("3", "0", "3");
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdcopy_copiesBothWaysOverFourConnections(Over over) throws Exception {
        String uri = over.uri.apply(rig);
        Path source = contentWithAHole();
        run("nbdcopy", "--connections=4", "--requests=64", "--flush", source.toString(), uri);
        assertThat(Files.mismatch(source, store)).isEqualTo(-1);
        Path copy = folder.resolve("copy");
        run("nbdcopy", "--connections=4", "--requests=64", uri, copy.toString());
        assertThat(Files.mismatch(source, copy)).isEqualTo(-1);
    }

    /** The first server dies while the copy runs; the copy is whole all the same. */
    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdcopy_doesNotNoticeADeadServer(Over over) throws Exception {
        Path source = contentWithAHole();
        Thread copying = Thread.ofPlatform().start(() -> {
            try {
                run("nbdcopy", "--connections=4", "--flush", source.toString(), over.uri.apply(rig));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Awaitility.await("traffic")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> !copying.isAlive() || !Arrays.equals(stored(0, 512), new byte[512]));
        rig.backends.getFirst().kill();
        copying.join(Duration.ofMinutes(1));
        run("qemu-io", "-f", "raw", "-c", "read 0 1M", over.uri.apply(rig));
        assertThat(rig.path(0).state()).isEqualTo(PathState.FAIL);
        assertThat(Files.mismatch(source, store)).isEqualTo(-1);
    }

    private Path contentWithAHole() throws IOException {
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 10 << 20, 20 << 20, (byte) 0);
        return Files.write(folder.resolve("source"), content);
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdsh_getsTheErrorsItExpects(Over over) throws Exception {
        String script = """
                import errno
                h.set_strict_mode(0)
                def refused(number, call):
                    try:
                        call()
                    except nbd.Error as e:
                        assert e.errnum == number, (e.errnum, number)
                        return
                    assert False
                data = bytes(range(256)) * 16
                h.pwrite(data, 4096, nbd.CMD_FLAG_FUA)
                assert h.pread(4096, 4096) == data
                assert h.pread(512, 4096, nbd.CMD_FLAG_DF) == data[:512]
                h.flush()
                h.trim(65536, 0)
                h.zero(65536, 65536, nbd.CMD_FLAG_NO_HOLE | nbd.CMD_FLAG_FUA)
                refused(errno.EINVAL, lambda: h.pread(512, h.get_size()))
                refused(errno.ENOSPC, lambda: h.pwrite(data, h.get_size() - 512))
                refused(errno.ENOSPC, lambda: h.zero(4096, h.get_size()))
                assert h.pread(512, 0) == bytes(512)
                print("structured", h.get_structured_replies_negotiated())
                h.shutdown()
                """;
        Path file = Files.writeString(folder.resolve("script.py"), script);
        String output =
                run("nbdsh", "--base-allocation", "-u", over.uri.apply(rig), "-c", "exec(open('" + file + "').read())");
        assertThat(output).contains("structured True");
        assertThat(rig.geom.report().paths())
                .as("a client's mistakes are no path's fault")
                .allMatch(path -> path.state() == PathState.ACTIVE);
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void qemuImg_comparesAndMaps(Over over) throws Exception {
        String uri = over.uri.apply(rig);
        fill(3 << 20, 2 << 20);
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, store.toString()))
                .contains("Images are identical");
        assertThat(run("qemu-img", "map", "--output=json", "-f", "raw", uri).lines())
                .hasSize(3)
                .anyMatch(line -> line.contains("\"start\": 3145728, \"length\": 2097152")
                        && line.contains("\"zero\": false, \"data\": true"));
        Path other = Files.write(folder.resolve("other"), stored(0, SIZE));
        run("qemu-io", "-f", "raw", "-c", "write -P 1 4M 512", other.toString());
        run("qemu-img", "convert", "-n", "-O", "raw", other.toString(), uri);
        assertThat(Files.mismatch(other, store)).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void qemuIo_writesZeroesDiscardsAndFlushes(Over over) throws Exception {
        fill(0, 4 << 20);
        String output = run(
                "qemu-io",
                "-f",
                "raw",
                "-c",
                "write -P 0xab 0 1M",
                "-c",
                "read -P 0xab 0 1M",
                "-c",
                "write -f -P 0xcd 1M 64k",
                "-c",
                "write -z -u 0 512k",
                "-c",
                "write -z 512k 64k",
                "-c",
                "read -P 0 0 576k",
                "-c",
                "discard 3M 512k",
                "-c",
                "aio_write -P 0x11 2M 1M",
                "-c",
                "aio_flush",
                "-c",
                "flush",
                over.uri.apply(rig));
        assertThat(output).doesNotContain("failed").doesNotContain("rror");
        assertThat(stored(0, 576 << 10)).containsOnly(0);
        assertThat(stored(576 << 10, 448 << 10)).isEqualTo(pattern(0xab, 448 << 10));
        assertThat(stored(1 << 20, 64 << 10)).isEqualTo(pattern(0xcd, 64 << 10));
        assertThat(stored(2 << 20, 1 << 20)).isEqualTo(pattern(0x11, 1 << 20));
        assertThat(stored(3 << 20, 512 << 10)).as("discarded for real").containsOnly(0);
    }
}
