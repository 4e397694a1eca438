package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoError;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.VirtualLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PathChecksTest {
    private static final Duration INTERVAL = Duration.ofMillis(50);
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    /** Of 2, 4, 4 and 4 intervals, each shorter by a fifth at most; a little is left for clocks that differ. */
    private static final Duration AT_LEAST =
            INTERVAL.multipliedBy(2 + 4 + 4 + 4).multipliedBy(7).dividedBy(10);

    @Test
    @DisplayName("A healthy path is left alone for longer and longer, up to four intervals")
    void checksOfAHealthyPathBackOff() throws Exception {
        VirtualLoop loop = new VirtualLoop();
        Geom geom = Geom.create(
                "m",
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_PASSIVE,
                Policies.DEFAULT,
                null,
                List.of(new ScriptedDevice("a", new ScriptedDevice.Disk(1 << 20))),
                loop,
                () -> Instant.EPOCH,
                EngineObserver.NONE);
        BlockingQueue<Long> checks = new LinkedBlockingQueue<>();
        Listeners listeners = new Listeners();
        listeners.add(new InventoryListener() {
            @Override
            public void onPathChecked(Geom which, String device, Duration took, @Nullable IoError error) {
                checks.add(System.nanoTime());
            }
        });
        try (Topology topology = new Topology(DEADLINE)) {
            PathChecks pathChecks =
                    new PathChecks(topology, new Rhythm(RandomGenerator.getDefault()), INTERVAL, listeners);
            pathChecks.bind((which, device) -> {
                topology.post(loop::run);
                return CompletableFuture.completedFuture(true);
            });
            pathChecks.begin(geom, "a");
            long first = next(checks);
            for (int i = 0; i < 3; i++) {
                next(checks);
            }
            long last = next(checks);
            assertThat(Duration.ofNanos(last - first)).isGreaterThan(AT_LEAST);
            pathChecks.end(geom);
        }
    }

    private static long next(BlockingQueue<Long> checks) throws InterruptedException {
        Long check = checks.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        assertThat(check).as("a check in time").isNotNull();
        return check;
    }
}
