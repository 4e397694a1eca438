package io.ropewalk.nbd;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real NBD server in a process of its own, on a loopback port or a Unix socket, in a folder of its own. */
final class NbdClientServerProcess implements AutoCloseable {
    /** Where a server that goes to the background says who it is. */
    private static final String PID_FILE = "pid";

    private final Path folder;
    private final List<String> command;
    private final @Nullable Path socket;
    private final int port;
    private @Nullable Process process;

    private NbdClientServerProcess(Path folder, List<String> command, @Nullable Path socket, int port) {
        this.folder = folder;
        this.command = command;
        this.socket = socket;
        this.port = port;
    }

    /** nbdkit on a Unix socket. */
    static NbdClientServerProcess nbdkitUnix(String... arguments) throws IOException {
        Path folder = Files.createTempDirectory("nbd");
        Path socket = folder.resolve("nbd.sock");
        List<String> command = nbdkit(List.of("-U", socket.toString()), arguments);
        return new NbdClientServerProcess(folder, command, socket, 0).start();
    }

    /** nbdkit on a loopback port. */
    static NbdClientServerProcess nbdkitTcp(String... arguments) throws IOException {
        int port = freePort();
        List<String> command = nbdkit(List.of("-i", "127.0.0.1", "-p", "" + port), arguments);
        return new NbdClientServerProcess(Files.createTempDirectory("nbd"), command, null, port).start();
    }

    /** qemu-nbd on a Unix socket, for clients that come and go, serving an empty image of {@code sizeBytes}. */
    static NbdClientServerProcess qemuUnix(long sizeBytes, String... arguments) throws IOException {
        Path folder = Files.createTempDirectory("nbd");
        Path socket = folder.resolve("nbd.sock");
        List<String> command = new ArrayList<>();
        command.addAll(List.of(Tools.require("qemu-nbd").toString(), "-t", "-k", socket.toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-f", "raw", image(folder, sizeBytes).toString()));
        return new NbdClientServerProcess(folder, command, socket, 0).start();
    }

    /** The reference implementation on a loopback port, serving an image of {@code sizeBytes} as "disk". */
    static NbdClientServerProcess referenceTcp(long sizeBytes, String... settings) throws IOException {
        Path folder = Files.createTempDirectory("nbd");
        int port = freePort();
        String configuration =
                "[generic]\nport = %d\nlistenaddr = 127.0.0.1\nallowlist = true\n[disk]\nexportname = %s\n%s\n"
                        .formatted(port, image(folder, sizeBytes), String.join("\n", settings));
        Path settingsFile = Files.writeString(folder.resolve("nbd.conf"), configuration);
        List<String> command = List.of(
                Tools.require("nbd-server").toString(),
                "-C",
                settingsFile.toString(),
                "-p",
                folder.resolve(PID_FILE).toString());
        return new NbdClientServerProcess(folder, command, null, port).start();
    }

    URI uri(String export) {
        return socket == null
                ? URI.create("nbd://127.0.0.1:" + port + "/" + export)
                : URI.create("nbd+unix:///" + export + "?socket=" + socket);
    }

    NbdClientServerProcess start() throws IOException {
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        Awaitility.await("the server listens: " + command)
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .until(this::isListening);
        return this;
    }

    void kill() throws IOException, InterruptedException {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
        Path pidFile = folder.resolve(PID_FILE);
        if (Files.exists(pidFile)) {
            long pid = Long.parseLong(Files.readString(pidFile).strip());
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** Sends {@code signal}, such as STOP or CONT. */
    void signal(String signal) throws IOException, InterruptedException {
        Process running = process;
        if (running != null) {
            new ProcessBuilder("kill", "-" + signal, "" + running.pid()).start().waitFor();
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        kill();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    Path folder() {
        return folder;
    }

    private boolean isListening() throws IOException {
        Process running = process;
        if (running != null && !running.isAlive() && running.exitValue() != 0) {
            throw new AssertionError(command + " ended: " + Files.readString(folder.resolve("log")));
        }
        Path path = socket;
        try {
            if (path != null) {
                SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
            } else {
                try (Socket probe = new Socket()) {
                    probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> nbdkit(List<String> where, String... arguments) {
        List<String> command = new ArrayList<>();
        command.addAll(List.of(Tools.require("nbdkit").toString(), "-f"));
        command.addAll(where);
        command.addAll(List.of(arguments));
        return command;
    }

    private static Path image(Path folder, long sizeBytes) throws IOException {
        Path image = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(sizeBytes);
        }
        return image;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
