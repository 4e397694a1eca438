package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.ropewalk.block.Geometry;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.Tools;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Other people's clients against our server, over TCP and over a Unix socket. */
class NbdServerPeersTest {
    private static final int SIZE = 64 << 20;

    private enum Over {
        TCP,
        UNIX
    }

    @TempDir
    private Path folder;

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(SIZE, 512)).withHeadroom(40);
    private @Nullable NbdServerFixture fixture;
    private String uri = "";

    private void serve(Over over) throws IOException {
        serve(over, Transport.best());
    }

    private void serve(Over over, Transport transport) throws IOException {
        Path socket = folder.resolve("nbd.sock");
        NbdServerFixture started = NbdServerFixture.serving(transport, socket, options -> options, disk);
        fixture = started;
        started.exports.set(0, new NbdExport("disk", disk, false, "a disk in memory"));
        uri = over == Over.TCP
                ? "nbd://127.0.0.1:" + started.address().getPort() + "/disk"
                : "nbd+unix:///disk?socket=" + socket;
    }

    @AfterEach
    void stop() {
        if (fixture != null) {
            fixture.close();
            fixture = null;
        }
    }

    private String run(String tool, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Tools.require(tool).toString());
        command.addAll(Arrays.asList(arguments));
        File output = folder.resolve(tool + ".out").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        // Debian's tools in Python want Debian's Python.
        builder.environment().merge("PATH", "", (path, none) -> "/usr/bin:" + path);
        Process process = builder.start();
        try {
            boolean done = process.waitFor(60, TimeUnit.SECONDS);
            String text = Files.readString(output.toPath(), StandardCharsets.UTF_8);
            assertThat(done).as(command + " takes too long: " + text).isTrue();
            assertThat(process.exitValue()).as(command + ": " + text).isZero();
            return text;
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        } finally {
            process.destroyForcibly();
        }
    }

    private byte[] fill(int at, int length) {
        byte[] bytes = new byte[length];
        new Random(at).nextBytes(bytes);
        disk.put(at, bytes);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdinfo_seesTheExport(Over over) throws IOException {
        serve(over);
        fill(1 << 20, 1 << 20);
        String json = run("nbdinfo", "--json", uri);
        assertThat(json)
                .contains("\"export-name\": \"disk\"")
                .contains("\"description\": \"a disk in memory\"")
                .contains("\"export-size\": " + SIZE)
                .contains("\"base:allocation\"")
                .contains("\"can_multi_conn\": true")
                .contains("\"can_fast_zero\": true")
                .contains("\"is_read_only\": false")
                .contains("\"block_size_minimum\": 512")
                .contains("\"block_size_maximum\": 33554432");
        assertThat(run("nbdinfo", "--list", uri)).contains("export=\"disk\"").contains("a disk in memory");
        assertThat(run("nbdinfo", "--map", uri).lines())
                .map(line -> line.trim().split("\\s+")[2])
                .containsExactly("3", "0", "3");
        assertThat(run("nbdinfo", "--size", uri).trim()).isEqualTo(String.valueOf(SIZE));
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdcopy_copiesBothWaysOverFourConnections(Over over) throws IOException {
        serve(over);
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Arrays.fill(content, 10 << 20, 20 << 20, (byte) 0);
        Path source = Files.write(folder.resolve("source"), content);
        run("nbdcopy", "--connections=4", "--requests=64", "--flush", source.toString(), uri);
        assertThat(Arrays.equals(disk.bytes(0, SIZE), content)).isTrue();
        Path copy = folder.resolve("copy");
        run("nbdcopy", "--connections=4", "--requests=64", uri, copy.toString());
        assertThat(Files.mismatch(source, copy)).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void nbdcopy_worksOnEveryTransport(Transport transport) throws IOException {
        assumeThat(transport.isAvailable()).isTrue();
        for (Over over : Over.values()) {
            serve(over, transport);
            fill(0, SIZE);
            Path copy = folder.resolve("copy");
            run("nbdcopy", "--connections=4", uri, copy.toString());
            assertThat(Arrays.equals(Files.readAllBytes(copy), disk.bytes(0, SIZE)))
                    .isTrue();
            run("nbdcopy", "--connections=2", copy.toString(), uri);
            stop();
        }
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdsh_getsTheErrorsItExpects(Over over) throws IOException {
        serve(over);
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
                h.cache(4096, 0)
                refused(errno.EINVAL, lambda: h.pread(512, h.get_size()))
                refused(errno.ENOSPC, lambda: h.pwrite(data, h.get_size() - 512))
                refused(errno.ENOSPC, lambda: h.zero(4096, h.get_size()))
                refused(errno.EINVAL, lambda: h.pread(512, 1))
                refused(errno.EINVAL, lambda: h.trim(0, 0))
                assert h.pread(512, 0) == bytes(512)
                extents = []
                def collect(context, offset, entries, error):
                    extents.append((context, offset, entries))
                h.block_status(1 << 20, 0, collect, nbd.CMD_FLAG_REQ_ONE)
                assert extents[0][0] == "base:allocation" and len(extents[0][2]) == 2, extents
                print("structured", h.get_structured_replies_negotiated())
                h.shutdown()
                """;
        Path file = Files.writeString(folder.resolve("script.py"), script);
        String output = run("nbdsh", "--base-allocation", "-u", uri, "-c", "exec(open('" + file + "').read())");
        assertThat(output).contains("structured True");
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void nbdsh_worksWithTheOldestHandshake(Over over) throws IOException {
        serve(over);
        byte[] content = fill(0, 512);
        String script = """
                h.set_handshake_flags(0)
                h.set_request_structured_replies(False)
                h.set_opt_mode(False)
                h.connect_uri("%s")
                assert h.pread(512, 0)[0] == %d
                """.formatted(uri, content[0] & 0xff);
        Path file = Files.writeString(folder.resolve("script.py"), script);
        run("nbdsh", "-c", "exec(open('" + file + "').read())");
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void qemuImg_comparesAndMaps(Over over) throws IOException {
        serve(over);
        fill(3 << 20, 2 << 20);
        assertThat(run("qemu-img", "info", uri)).contains("virtual size: 64 MiB");
        Path copy = folder.resolve("copy.raw");
        run("qemu-img", "convert", "-O", "raw", uri, copy.toString());
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, copy.toString()))
                .contains("Images are identical");
        assertThat(run("qemu-img", "map", "--output=json", "-f", "raw", uri).lines())
                .hasSize(3)
                .anyMatch(line -> line.contains("\"start\": 3145728, \"length\": 2097152")
                        && line.contains("\"zero\": false, \"data\": true"));
        run("qemu-img", "convert", "-n", "-O", "raw", copy.toString(), uri);
        assertThat(run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, copy.toString()))
                .contains("identical");
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void qemuIo_writesZeroesDiscardsAndFlushes(Over over) throws IOException {
        serve(over);
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
                "read -P 0xab 576k 448k",
                "-c",
                "read -P 0xcd 1M 64k",
                "-c",
                "discard 0 512k",
                "-c",
                "aio_write -P 0x11 2M 1M",
                "-c",
                "aio_flush",
                "-c",
                "read -P 0x11 2M 1M",
                "-c",
                "flush",
                uri);
        assertThat(output).doesNotContain("failed").doesNotContain("rror");
        assertThat(disk.journal()).anyMatch(line -> line.startsWith("TRIM")).anyMatch(line -> line.startsWith("FLUSH"));
        assertThat(disk.journal()).anyMatch(line -> line.startsWith("WRITE ") && line.endsWith("flags 1"));
    }

    @ParameterizedTest
    @EnumSource(Over.class)
    void fio_verifiesWhatItWrote(Over over) throws IOException {
        serve(over);
        for (String size : List.of("--bs=4k", "--bs=512k")) {
            String output = run(
                    "fio",
                    "--name=verify",
                    "--ioengine=nbd",
                    "--uri=" + uri,
                    "--rw=randwrite",
                    size,
                    "--size=32m",
                    "--iodepth=16",
                    "--verify=crc32c",
                    "--verify_fatal=1",
                    "--numjobs=1");
            assertThat(output).contains("err= 0");
        }
    }
}
