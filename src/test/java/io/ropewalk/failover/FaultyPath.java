package io.ropewalk.failover;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.PathState;
import io.ropewalk.failover.Relay.Behavior;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Two nbdkits over one store, and what can be done to the way to the first of them. */
final class FaultyPath implements AutoCloseable {
    /** How clients come to the first server, or what stands before its store. */
    enum Entrance {
        DIRECT,
        RELAY,
        ERRORS,
        SOME_ERRORS,
        /** As the disk is full for everybody, both servers say so. */
        FULL
    }

    private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
    private static final int MOST_FLAPS = 12;

    private final Path store;
    private final Path trigger;
    private final Backend server;
    private final Backend other;
    private final @Nullable Relay relay;

    /** Set once the geom stands. */
    private Supplier<PathReport> report = () -> {
        throw new IllegalStateException("no geom yet");
    };

    FaultyPath(Path folder, Path store, Entrance entrance) throws IOException {
        this.store = store;
        this.trigger = folder.resolve("trigger");
        this.server = new Backend("a", folder, arguments(entrance));
        this.other = new Backend("b", folder, arguments(entrance == Entrance.FULL ? entrance : Entrance.DIRECT));
        this.relay = entrance == Entrance.RELAY ? new Relay(server.socket()) : null;
        if (relay != null) {
            server.reachedAt(relay.uri());
        }
    }

    private List<String> arguments(Entrance entrance) {
        return switch (entrance) {
            case DIRECT, RELAY -> List.of("file", store.toString());
            case ERRORS -> errors("100%");
            case SOME_ERRORS -> errors("50%");
            case FULL ->
                List.of(
                        "--filter=error",
                        "file",
                        store.toString(),
                        "error=ENOSPC",
                        "error-pwrite-rate=100%",
                        file("-pwrite"),
                        "error-zero-rate=100%",
                        file("-zero"));
        };
    }

    private List<String> errors(String rate) {
        return List.of("--filter=error", "file", store.toString(), "error=EIO", "error-rate=" + rate, file(""));
    }

    private String file(String operation) {
        return "error" + operation + "-file=" + trigger;
    }

    List<Backend> servers() {
        return List.of(server, other);
    }

    Backend server() {
        return server;
    }

    Relay relay() {
        return Objects.requireNonNull(relay);
    }

    void isReportedBy(Supplier<PathReport> newReport) {
        report = newReport;
    }

    void pullTrigger() throws IOException {
        Files.createFile(trigger);
    }

    void releaseTrigger() throws IOException {
        Files.delete(trigger);
    }

    void comeBackHalved() throws Exception {
        comeBack(List.of("--filter=truncate"), List.of("truncate=" + Files.size(store) / 2));
    }

    /** A file of the same size and other bytes. */
    void comeBackElsewhere() throws Exception {
        Path other = Files.createTempFile(store.getParent(), "other", ".img");
        byte[] bytes = new byte[(int) Files.size(store)];
        new Random(1).nextBytes(bytes);
        Files.write(other, bytes);
        server.replace(List.of("file", other.toString()));
    }

    void comeBackReadOnly() throws Exception {
        comeBack(List.of("-r"), List.of());
    }

    void comeBackWell() throws Exception {
        comeBack(List.of(), List.of());
    }

    private void comeBack(List<String> before, List<String> after) throws Exception {
        List<String> arguments = new ArrayList<>(before);
        arguments.addAll(arguments(Entrance.DIRECT));
        arguments.addAll(after);
        server.replace(arguments);
    }

    /** Half a second gone, half a second there, each time long enough to be noticed, until it is kept out for that. */
    void flap() throws Exception {
        for (int i = 0; i < MOST_FLAPS && report.get().reason() != FailReason.FLAPPING; i++) {
            relay().behave(Behavior.REFUSING);
            await("path fails", path -> path.state() == PathState.FAIL);
            relay().behave(Behavior.HONEST);
            await("path back", path -> path.state() != PathState.FAIL || path.reason() == FailReason.FLAPPING);
        }
    }

    private void await(String what, Predicate<PathReport> condition) {
        long start = System.nanoTime();
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> System.nanoTime() - start >= HALF_A_SECOND.toNanos() && condition.test(report.get()));
    }

    /** Ends the relay; the servers are the rig's. */
    @Override
    public void close() throws IOException {
        if (relay != null) {
            relay.close();
        }
    }
}
