package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.IoOp;
import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathState;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.testing.Ask;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The stale write: W1 is on its way to a server that was stopped, is retried through the other one and acknowledged; W2 to
 * the same block follows; then the first server is continued and reads W1. The block must hold W2.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class StaleWriteTest {
    private static final int ROUNDS = Integer.getInteger("stale.rounds", 20);

    private static final long STORE_BYTES = 16 << 20;
    private static final long BLOCK = 4096;
    private static final int WRITES = 16;

    @Test
    void aStoppedServerThatContinues_neverBringsBackAnOldWrite() throws Exception {
        play(ROUNDS, Duration.ofMillis(100), Rig::twoPaths);
    }

    /** Here the client's lane is not the one that has the connections: its writes go there by way of another loop. */
    @Test
    void whereServersTakeOneConnection_itIsTheSame() throws Exception {
        // Seldom checked, so that it is mostly the client's own lane that gives up.
        play(Math.max(1, ROUNDS / 4), Duration.ofSeconds(2), Rig::twoPathsOfOneConnection);
    }

    private interface Servers {
        List<Backend> over(Path folder, Path store) throws IOException;
    }

    private static void play(int rounds, Duration checkEvery, Servers kind) throws Exception {
        Policies policies = Policies.DEFAULT.withAttemptTimeout(Duration.ofMillis(500));
        try (ScratchFolder scratch = ScratchFolder.named("stale")) {
            Path folder = scratch.path();
            Path store = Rig.store(folder, STORE_BYTES);
            List<Backend> servers = kind.over(folder, store);
            try (Rig rig = new Rig(folder, Mode.ACTIVE_PASSIVE, policies, checkEvery, servers)) {
                for (Backend each : servers) {
                    // so the connections that there is but one of are the home lane's
                    rig.geom.check(each.name()).get(10, TimeUnit.SECONDS);
                }
                Client client = new Client(rig);
                for (int round = 0; round < rounds; round++) {
                    playRound(rig, client, store, round);
                }
                assertThat(rig.geom.stats().unfencedWrites()).isZero();
                System.out.printf("%d rounds, %d times the block held W2%n", rounds, rounds);
            }
        }
    }

    private static void playRound(Rig rig, Client client, Path store, int round) throws Exception {
        int first = activeIndex(rig);
        Backend stopped = rig.backends.get(first);
        byte old = (byte) (2 * round + 1);
        byte now = (byte) (2 * round + 2);

        client.write(2 * BLOCK, old).get(10, TimeUnit.SECONDS);
        stopped.stop();
        client.write(0, old).get(10, TimeUnit.SECONDS);
        CompletableFuture<Ask> held = client.write(0, now);
        assertThat(client.read(0).get(10, TimeUnit.SECONDS).bytes()[0]).isEqualTo(old);
        assertNothingElseWaits(client, now);
        assertThat(held).isNotDone();
        assertThat(rig.geom.stats().heldWrites()).as("held, in round %d", round).isEqualTo(1);
        stopped.resume();
        held.get(10, TimeUnit.SECONDS);

        assertThat(firstByte(store)).as("round %d", round).isEqualTo(now);
        Awaitility.await("path back")
                .atMost(Duration.ofSeconds(100))
                .until(() -> rig.path(first).state() != PathState.FAIL || restoreIfFlapping(rig, first));
        assertThat(firstByte(store)).as("round %d, later", round).isEqualTo(now);
        Awaitility.await().until(() -> rig.geom.report().state() == GeomState.OPTIMAL);
    }

    /** Every other block, changed in every way, and a flush: all at once, and all answered while W2 waits. */
    private static void assertNothingElseWaits(Client client, byte value) throws Exception {
        List<CompletableFuture<Ask>> others = new ArrayList<>();
        for (long offset = BLOCK; offset < STORE_BYTES; offset += 64 * BLOCK) {
            others.add(client.write(offset, value));
            others.add(client.of(IoOp.WRITE_ZEROES, offset + BLOCK, BLOCK));
            others.add(client.of(IoOp.TRIM, offset + 2 * BLOCK, BLOCK));
            others.add(client.read(offset + 3 * BLOCK));
        }
        others.add(client.of(IoOp.FLUSH, 0, 0));
        for (CompletableFuture<Ask> other : others) {
            other.get(10, TimeUnit.SECONDS);
        }
    }

    /** Twenty failures in a row are flapping; here it is an operator who vouches for the path. */
    private static boolean restoreIfFlapping(Rig rig, int index) throws Exception {
        if (rig.path(index).reason() == FailReason.FLAPPING) {
            rig.geom.restore(rig.path(index).device(), RestoreTrigger.OPERATOR);
        }
        return false;
    }

    /** Whoever has the disk after a stop, another geom or another gateway, writes W2. */
    @Test
    void whatAGeomHadSent_landsBeforeItsStopIsDone() throws Exception {
        Policies policies = Policies.DEFAULT.withAttemptTimeout(Duration.ofMillis(500));
        try (ScratchFolder scratch = ScratchFolder.named("handed")) {
            Path folder = scratch.path();
            Path store = Rig.store(folder, STORE_BYTES);
            List<Backend> servers = Rig.twoPaths(folder, store);
            try (Rig rig = new Rig(folder, Mode.ACTIVE_PASSIVE, policies, Duration.ofMillis(100), servers)) {
                Backend silent = rig.backends.get(activeIndex(rig));
                Client client = new Client(rig);
                client.write(0, (byte) 1).get(10, TimeUnit.SECONDS);
                silent.stop();
                client.write(0, (byte) 1).get(10, TimeUnit.SECONDS);
                CompletableFuture<Void> stopped = rig.geom.stop();
                assertThat(stopped).failsWithin(Duration.ofSeconds(2)).withThrowableOfType(TimeoutException.class);
                silent.resume();
                stopped.get(10, TimeUnit.SECONDS);
                writeByte(store, (byte) 2);
                Thread.sleep(500);
                assertThat(firstByte(store)).isEqualTo((byte) 2);
                assertThat(rig.geom.stats().unfencedWrites()).isZero();
            }
        }
    }

    private static void writeByte(Path store, byte value) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "rw")) {
            file.write(value);
        }
    }

    /** Here W1 is sent to the other server as well while the first only says nothing (ADR 25), and no path fails. */
    @Test
    void whatWasSentTwice_isNotUndoneByItsSlowerCopy() throws Exception {
        Policies policies = Policies.DEFAULT.withAttemptTimeout(Duration.ofSeconds(20));
        try (ScratchFolder scratch = ScratchFolder.named("twice")) {
            Path folder = scratch.path();
            Path store = Rig.store(folder, STORE_BYTES);
            List<Backend> servers = Rig.twoPaths(folder, store);
            try (Rig rig = new Rig(folder, Mode.ACTIVE_ACTIVE, policies, Duration.ofSeconds(30), servers)) {
                Client client = new Client(rig);
                for (int round = 0; round < ROUNDS; round++) {
                    playRoundOfTwo(rig, client, store, round);
                }
                assertThat(rig.geom.report().state()).isEqualTo(GeomState.OPTIMAL);
                assertThat(rig.geom.stats().unfencedWrites()).isZero();
            }
        }
    }

    private static void playRoundOfTwo(Rig rig, Client client, Path store, int round) throws Exception {
        byte old = (byte) (2 * round + 1);
        byte now = (byte) (2 * round + 2);
        int silent = round % 2;
        Awaitility.await("both paths at work").until(() -> {
            long before = writtenBy(rig, silent);
            for (int i = 0; i < 50; i++) {
                all(client.writeBlocks(2 * WRITES, WRITES, old), 10);
            }
            return writtenBy(rig, silent) - before > 20 * WRITES * BLOCK;
        });
        long hedgesBefore = rig.geom.stats().hedges();
        Backend stopped = rig.backends.get(silent);
        stopped.stop();
        List<CompletableFuture<Ask>> first = client.writeBlocks(0, WRITES, old);
        Awaitility.await("W1, with others under way")
                .atMost(Duration.ofSeconds(10))
                .until(() -> {
                    client.writeBlocks(2 * WRITES, WRITES, old);
                    return first.stream().allMatch(CompletableFuture::isDone);
                });
        all(first, 1);
        assertThat(rig.geom.stats().hedges()).isGreaterThan(hedgesBefore);
        List<CompletableFuture<Ask>> second = client.writeBlocks(0, WRITES, now);
        Awaitility.await("W2 waits").until(() -> rig.geom.stats().heldWrites() > 0);
        stopped.resume();
        all(second, 10);
        Awaitility.await("nothing under way")
                .until(() -> rig.geom.stats().paths().stream().allMatch(path -> path.inFlight() == 0));
        for (int block = 0; block < WRITES; block++) {
            assertThat(byteAt(store, block * BLOCK))
                    .as("block %d, round %d", block, round)
                    .isEqualTo(now);
        }
    }

    private static long writtenBy(Rig rig, int path) {
        return Objects.requireNonNull(
                rig.geom.stats().paths().get(path).io().bytes().get(IoOp.WRITE));
    }

    private static void all(List<CompletableFuture<Ask>> writes, int seconds) throws Exception {
        for (CompletableFuture<Ask> write : writes) {
            write.get(seconds, TimeUnit.SECONDS);
        }
    }

    private static int activeIndex(Rig rig) {
        String active = rig.geom.report().activePaths().getFirst();
        return rig.backends.get(0).name().equals(active) ? 0 : 1;
    }

    private static byte firstByte(Path store) throws Exception {
        return byteAt(store, 0);
    }

    private static byte byteAt(Path store, long offset) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(store.toFile(), "r")) {
            file.seek(offset);
            return file.readByte();
        }
    }

    /** Requests on the geom itself, on one of its loops. */
    private static final class Client {
        private final NettyLoop loop;
        private final BlockChannel channel;

        Client(Rig rig) {
            loop = rig.loops().loops().getLast();
            channel = rig.geom.open(loop);
        }

        CompletableFuture<Ask> write(long offset, byte value) {
            byte[] data = new byte[4096];
            Arrays.fill(data, value);
            return submit(() -> Ask.write(channel, offset, data));
        }

        List<CompletableFuture<Ask>> writeBlocks(int first, int count, byte value) {
            return IntStream.range(first, first + count)
                    .mapToObj(block -> write(block * BLOCK, value))
                    .toList();
        }

        CompletableFuture<Ask> of(IoOp op, long offset, long length) {
            return submit(() -> Ask.of(channel, op, offset, length, 0));
        }

        CompletableFuture<Ask> read(long offset) {
            return submit(() -> Ask.read(channel, offset, 4096));
        }

        private CompletableFuture<Ask> submit(Supplier<Ask> ask) {
            CompletableFuture<Ask> done = new CompletableFuture<>();
            loop.execute(() -> await(ask.get(), done));
            return done;
        }

        private void await(Ask ask, CompletableFuture<Ask> done) {
            if (!ask.isAnswered()) {
                loop.schedule(() -> await(ask, done), TimeUnit.MILLISECONDS.toNanos(1));
            } else if (ask.succeeded()) {
                done.complete(ask);
            } else {
                done.completeExceptionally(new AssertionError(ask + ": " + ask.error()));
            }
        }
    }
}
