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
import java.nio.file.StandardCopyOption;
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
        NbdServerTls tls = new NbdServerTls(() -> SERVER, true, ClientCertificates.WANT);
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

    /** On a curve: with TLS 1.3, GnuTLS finds no RSA key that it would use for a server of the JDK. */
    @Test
    void nbdinfo_showsItsCertificate() throws Exception {
        fixture.allowed = peer -> peer.certificateNames().contains("db1");
        assertThat(Command.run(Tools.require("nbdinfo").toString(), uri(folder)).isSuccess())
                .isFalse();
        PKI.clientOnCurve("db1").write(folder, "client");
        String key = folder.resolve("client-key.pem").toString();
        // GnuTLS wants the public key in the private one's file.
        Command.output(Tools.require("openssl").toString(), "ec", "-in", key, "-out", key + ".whole");
        Files.move(Path.of(key + ".whole"), Path.of(key), StandardCopyOption.REPLACE_EXISTING);

        Command.output(Tools.require("nbdinfo").toString(), uri(folder));

        assertThat(fixture.heard).contains("opened disk");
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
