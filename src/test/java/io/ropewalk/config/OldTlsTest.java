package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ropewalk.Ropewalk;
import io.ropewalk.testing.TestPki;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is old or odd about TLS, at both doors. The service runs in a Java of its own that allows everything: what is
 * refused, we refuse, whatever the Java that it runs on thinks of it.
 */
class OldTlsTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int ALERT = 0x15;
    private static final int HANDSHAKE = 0x16;
    private static final int TLS_1_0 = 0x0301;
    private static final int TLS_1_1 = 0x0302;
    private static final int TLS_1_2 = 0x0303;

    /** Curves, signatures, secure renegotiation, extended master secret: all that a server may miss. */
    private static final byte[] EXTENSIONS = HexFormat.of()
            .parseHex("000a00080006001d00170018" + "000b00020100" + "000d0010000e0401040305010601020102030804"
                    + "ff01000100" + "00170000");

    private static final byte[] CIPHERS = HexFormat.of().parseHex("c014c013c00ac009002f0035009cc02fc030");

    private static final TestPki PKI = new TestPki("ours");

    @TempDir
    static Path folder;

    private static Process service;
    private static int restPort;
    private static int nbdPort;

    /** Where TLS is spoken. */
    enum Door {
        REST {
            @Override
            Socket connect() throws IOException {
                return socket(restPort);
            }
        },
        NBD {
            @Override
            Socket connect() throws IOException {
                Socket socket = socket(nbdPort);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                in.readNBytes(18);
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeInt(3);
                out.writeBytes("IHAVEOPT");
                out.writeInt(5); // STARTTLS
                out.writeInt(0);
                out.flush();
                byte[] reply = in.readNBytes(20);
                assertThat(Arrays.copyOfRange(reply, 12, 16)).as("ACK").containsExactly(0, 0, 0, 1);
                return socket;
            }
        };

        /** A connection on which TLS may begin. */
        abstract Socket connect() throws IOException;

        private static Socket socket(int port) throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout((int) PATIENCE.toMillis());
            return socket;
        }
    }

    @BeforeAll
    static void start() throws Exception {
        PKI.write(folder);
        PKI.server("localhost", "127.0.0.1").write(folder, "server");
        Path weak = Files.writeString(
                folder.resolve("weak.properties"),
                "jdk.tls.disabledAlgorithms=\njdk.tls.legacyAlgorithms=\njdk.certpath.disabledAlgorithms=\n");
        restPort = freePort();
        nbdPort = freePort();
        String bundle = "--spring.ssl.bundle.pem.door.";
        service = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Djava.security.properties=" + weak,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Ropewalk.class.getName(),
                        "--server.port=" + restPort,
                        "--management.server.port=0",
                        "--ropewalk.nbd.port=" + nbdPort,
                        "--ropewalk.data-dir=" + folder.resolve("data"),
                        bundle + "keystore.certificate=file:" + folder.resolve("server-cert.pem"),
                        bundle + "keystore.private-key=file:" + folder.resolve("server-key.pem"),
                        "--server.ssl.bundle=door",
                        "--ropewalk.limits.request-time=3s",
                        "--ropewalk.nbd.ssl-bundle=door"))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile())
                .start();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .failFast("the service has ended", () -> !service.isAlive())
                .until(() -> answerTo(Door.NBD, TLS_1_2) == HANDSHAKE && answerTo(Door.REST, TLS_1_2) == HANDSHAKE);
    }

    @AfterAll
    static void stop() throws Exception {
        service.destroy();
        assertThat(service.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The kind of record that comes back, or -1 when the connection ends. */
    private static int answerTo(Door door, int version) throws IOException {
        try (Socket socket = door.connect()) {
            socket.getOutputStream().write(clientHello(version));
            return socket.getInputStream().read();
        }
    }

    private static byte[] clientHello(int version) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream hello = new DataOutputStream(body);
        hello.writeShort(version);
        hello.write(new byte[32]);
        hello.writeByte(0);
        hello.writeShort(CIPHERS.length);
        hello.write(CIPHERS);
        hello.write(new byte[] {1, 0});
        hello.writeShort(EXTENSIONS.length);
        hello.write(EXTENSIONS);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream message = new DataOutputStream(bytes);
        message.writeByte(HANDSHAKE);
        message.writeShort(TLS_1_0);
        message.writeShort(body.size() + 4);
        message.writeInt(1 << 24 | body.size());
        message.write(body.toByteArray());
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @EnumSource
    void nothingOlderThanTls12IsSpoken(Door door) throws IOException {
        assertThat(answerTo(door, TLS_1_1)).as("TLS 1.1").isEqualTo(ALERT);
        assertThat(answerTo(door, TLS_1_0)).as("TLS 1.0").isEqualTo(ALERT);
        assertThat(answerTo(door, TLS_1_2)).as("TLS 1.2").isEqualTo(HANDSHAKE);
    }

    @ParameterizedTest
    @EnumSource
    void nobodyHandshakesTwice(Door door) throws Exception {
        SSLContext trust = PKI.context(null);
        try (Socket plain = door.connect();
                SSLSocket tls = (SSLSocket) trust.getSocketFactory().createSocket(plain, "localhost", 0, true)) {
            tls.setEnabledProtocols(new String[] {"TLSv1.2"});
            tls.startHandshake();
            assertThat(tls.getSession().getProtocol()).isEqualTo("TLSv1.2");

            assertThatThrownBy(() -> {
                        tls.startHandshake();
                        tls.getInputStream().read();
                    })
                    .isInstanceOf(IOException.class);
        }
        assertThat(answerTo(door, TLS_1_2)).as("it is unharmed").isEqualTo(HANDSHAKE);
    }

    /** Byte by byte: the time for a handshake is for all of it. */
    @ParameterizedTest
    @EnumSource
    void aHandshakeThatDripsIsEnded(Door door) throws IOException {
        byte[] drops = clientHello(TLS_1_2);
        long start = System.nanoTime();
        try (Socket socket = door.connect()) {
            socket.setSoTimeout(500);
            int next = 0;
            while (next < drops.length - 1 && System.nanoTime() - start < PATIENCE.toNanos()) {
                socket.getOutputStream().write(drops, next++, 1);
                try {
                    if (socket.getInputStream().read() < 0) {
                        return;
                    }
                } catch (java.net.SocketTimeoutException stillOpen) {
                    // The next drop, then.
                }
            }
        } catch (IOException reset) {
            return;
        }
        throw new AssertionError("The connection is still open, and was told nothing.");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNoTlsAtAllIsNotAnsweredInKind(Door door) throws IOException {
        try (Socket socket = door.connect()) {
            socket.getOutputStream()
                    .write("GET /api/v1/system HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(answer).doesNotContain("\"version\"", "HTTP/1.1 2");
        } catch (IOException reset) {
            // Fair, too.
        }
    }
}
