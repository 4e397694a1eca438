package io.ropewalk.failover;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** One nbdkit over a file on a Unix socket: a path to the store, to be killed, stopped, continued, started again. */
final class Backend implements AutoCloseable {
    private final String name;
    private final Path socket;
    private List<String> arguments;
    private URI uri;
    private Process process;

    /** {@code arguments} are nbdkit's filters, plugin and parameters. */
    Backend(String name, Path folder, List<String> arguments) throws IOException {
        this.name = name;
        this.socket = folder.resolve(name + ".sock");
        this.arguments = arguments;
        this.uri = URI.create("nbd+unix:///?socket=" + socket);
        start();
    }

    String name() {
        return name;
    }

    /** Where clients are to go. */
    URI uri() {
        return uri;
    }

    Path socket() {
        return socket;
    }

    /** Clients come to it by way of something else. */
    void reachedAt(URI entrance) {
        uri = entrance;
    }

    /** SIGKILL, and another one takes its place. */
    void replace(List<String> newArguments) throws Exception {
        kill();
        arguments = newArguments;
        start();
    }

    void start() throws IOException {
        Files.deleteIfExists(socket);
        List<String> command =
                new ArrayList<>(List.of(Tools.require("nbdkit").toString(), "-f", "-U", socket.toString(), "-t", "16"));
        command.addAll(arguments);
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        Awaitility.await("nbdkit " + name)
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(2))
                .until(this::answers);
    }

    private boolean answers() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    /** SIGKILL, and it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    /** SIGSTOP, and every thread of it has heard: it answers nothing, its sockets stay. */
    void stop() throws Exception {
        signal("STOP");
        Awaitility.await("nbdkit " + name + " stops")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(2))
                .until(this::isStopped);
    }

    /** A thread that the signal has not reached yet may still answer something. */
    private boolean isStopped() throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
            for (Path thread : threads.toList()) {
                String status = Files.readString(thread.resolve("stat"));
                if (!status.substring(status.lastIndexOf(')')).startsWith(") T")) {
                    return false;
                }
            }
            return true;
        }
    }

    void resume() throws Exception {
        signal("CONT");
    }

    private void signal(String signal) throws Exception {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        resume();
        kill();
        Files.deleteIfExists(socket);
    }
}
