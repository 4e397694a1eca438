package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.engine.Drained;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.RestoreTrigger;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import io.ropewalk.testing.Requests;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Planned maintenance of one server after the other, under load, where each has a cache of its own. */
@Timeout(300)
class DrainUnderLoadTest {
    private static final int ROUNDS = 20;
    private static final int BLOCK = 4096;
    private static final long SIZE = 8 << 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Mode.class)
    @DisplayName("PER_PATH: clients that write and flush see no error while paths are drained, restarted and restored")
    void drainingPathsInTurnUnderLoad_harmsNobody(Mode mode) throws Exception {
        Path store = Rig.store(folder, SIZE);
        Policies policies = Policies.DEFAULT.withCache(Policies.Cache.PER_PATH);
        try (Rig rig = new Rig(folder, mode, policies, Duration.ofMillis(200), Rig.twoPaths(folder, store));
                NettyLoops loops = new NettyLoops(Transport.NIO, 2)) {
            try (Client one = new Client(loops, rig, 0);
                    Client other = new Client(loops, rig, SIZE / 2)) {
                for (int i = 0; i < ROUNDS; i++) {
                    Backend served = rig.backends.get(i % 2);
                    one.awaitWrites(10);
                    other.awaitWrites(10);
                    assertThat(rig.geom.drain(served.name(), "maintenance").get(30, TimeUnit.SECONDS))
                            .isEqualTo(Drained.NOTHING);
                    served.kill();
                    served.start();
                    rig.geom.restore(served.name(), RestoreTrigger.OPERATOR);
                }
            }
        }
    }

    /** Writes block after block, and now and then a FLUSH, and stops at the first error. */
    private static final class Client implements AutoCloseable {
        private final BlockDevice device;
        private final Requests requests;
        private final long begin;
        private final AtomicLong writes = new AtomicLong();
        private final AtomicBoolean ends = new AtomicBoolean();
        private final CompletableFuture<Void> work;

        Client(NettyLoops loops, Rig rig, long begin) throws Exception {
            this.begin = begin;
            this.device = new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS).open("client", URI.create(rig.uri()));
            this.requests = Requests.open(device, loops.next());
            this.work = CompletableFuture.runAsync(this::work);
        }

        private void work() {
            while (!ends.get()) {
                long number = writes.incrementAndGet();
                requests.write(begin + number * BLOCK % (SIZE / 2), new byte[BLOCK])
                        .expectSuccess();
                if (number % 7 == 0) {
                    requests.flush().expectSuccess();
                }
            }
        }

        void awaitWrites(int more) {
            long until = writes.get() + more;
            Awaitility.await("writes")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> work.isCompletedExceptionally() || writes.get() > until);
            if (work.isCompletedExceptionally()) {
                work.join();
            }
        }

        @Override
        public void close() {
            ends.set(true);
            work.join();
            requests.close();
            device.close();
        }
    }
}
