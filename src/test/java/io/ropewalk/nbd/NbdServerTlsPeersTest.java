package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Geometry;
import io.ropewalk.testing.Command;
import io.ropewalk.testing.MemoryDevice;
import io.ropewalk.testing.TestPki;
import io.ropewalk.testing.Tools;
import io.ropewalk.tls.ClientCertificates;
import io.ropewalk.tls.TlsContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's clients against our server where it requires TLS. */
class NbdServerTlsPeersTest {
    private static final TestPki PKI = new TestPki("peers");
    private static final TlsContext SERVER = PKI.tls(PKI.server("127.0.0.1", "localhost"));

    @TempDir
    private Path folder;

    private final MemoryDevice disk = new MemoryDevice("disk", Geometry.of(16 << 20, 512)).withHeadroom(40);
    private NbdServerFixture fixture;

    @BeforeEach
    void serve() throws Exception {
        PKI.write(folder);
        NbdServerTls tls = new NbdServerTls(() -> SERVER, true, ClientCertificates.NONE);
        fixture = NbdServerFixture.serving(options -> options.withTls(tls), disk);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private String address() {
        return "127.0.0.1:" + fixture.address().getPort();
    }

    private String uri(Path certificates) {
        return "nbds://" + address() + "/disk?tls-certificates=" + certificates;
    }

    private byte[] fill() {
        byte[] bytes = new byte[16 << 20];
        new Random(7).nextBytes(bytes);
        disk.put(0, bytes);
        return bytes;
    }

    @Test
    void nbdinfo_seesTheExportOverTls() throws Exception {
        String json = Command.output(Tools.require("nbdinfo").toString(), "--json", uri(folder));

        assertThat(json).contains("\"TLS\": true", "\"export-size\": " + (16 << 20));
    }

    @Test
    void nbdinfo_getsNothingInClearOrFromAServerThatItDoesNotTrust() throws Exception {
        String nbdinfo = Tools.require("nbdinfo").toString();
        Path foreign = Files.createDirectory(folder.resolve("foreign"));
        new TestPki("foreign").write(foreign);

        assertThat(Command.run(nbdinfo, uri(foreign)).isSuccess()).isFalse();
        assertThat(Command.run(nbdinfo, "nbd://" + address() + "/disk").isSuccess())
                .isFalse();
        assertThat(fixture.heard).noneMatch(line -> line.startsWith("opened"));
    }

    @Test
    void nbdcopy_readsEveryByteOverTls() throws Exception {
        byte[] bytes = fill();
        Path copy = folder.resolve("copy.img");

        Command.output(Tools.require("nbdcopy").toString(), uri(folder), copy.toString());

        assertThat(Files.readAllBytes(copy)).isEqualTo(bytes);
    }

    @Test
    void qemuImg_readsEveryByteOverTls() throws Exception {
        byte[] bytes = fill();
        Path copy = folder.resolve("copy.img");
        String where = "driver=nbd,host=127.0.0.1,port=" + fixture.address().getPort() + ",export=disk,tls-creds=tls0";

        Command.output(
                Tools.require("qemu-img").toString(),
                "convert",
                "--object",
                "tls-creds-x509,id=tls0,endpoint=client,verify-peer=on,dir=" + folder,
                "--image-opts",
                where,
                "-O",
                "raw",
                copy.toString());

        assertThat(Files.readAllBytes(copy)).isEqualTo(bytes);
    }
}
