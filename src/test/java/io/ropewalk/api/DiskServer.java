package io.ropewalk.api;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A disk behind nbdkit on a Unix socket; every export name is another way to it. */
final class DiskServer implements AutoCloseable {
    private final Process process;
    private final Path socket;
    private final Path control;

    private DiskServer(Process process, Path socket, Path control) {
        this.process = process;
        this.socket = socket;
        this.control = control;
    }

    static DiskServer start(Path folder, String name, String... arguments) throws IOException {
        Path socket = folder.resolve(name + ".sock");
        Path control = folder.resolve(name + ".control");
        List<String> command = new ArrayList<>(List.of(
                Tools.require("nbdkit").toString(), "--foreground", "--exit-with-parent", "-U", socket.toString()));
        for (String argument : arguments) {
            command.add(argument.replace("CONTROL", control.toString()));
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile())
                .start();
        Awaitility.await("nbdkit listens: " + command)
                .atMost(Duration.ofSeconds(60))
                .failFast("nbdkit has ended", () -> !process.isAlive())
                .until(() -> Files.exists(socket));
        return new DiskServer(process, socket, control);
    }

    String uri(String export) {
        return "nbd+unix:///" + export + "?socket=" + socket;
    }

    /** Requests get no answer from now on; the server must have the filter of that name. */
    void pause() throws IOException {
        tell('p');
    }

    void resume() throws IOException {
        tell('r');
    }

    private void tell(char what) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(control));
            channel.write(ByteBuffer.wrap(String.valueOf(what).getBytes(StandardCharsets.US_ASCII)));
            channel.read(ByteBuffer.allocate(1));
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
