package io.ropewalk.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.engine.FailReason;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.PathReport;
import io.ropewalk.engine.Policies;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The main job: two servers, one store; either is killed under load, again and again, and the client notices nothing. */
@Timeout(300)
class KillServersTest {
    /** Each server ten times. */
    private static final int KILLS = 20;

    /** fio's when it was told to end. */
    private static final int ENDED_ON_REQUEST = 128;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Mode.class)
    void killingServersInTurnUnderVerifiedLoad_harmsNobody(Mode mode) throws Exception {
        Path store = Rig.store(folder, 64 << 20);
        try (Rig rig = new Rig(folder, mode, Policies.DEFAULT, Duration.ofMillis(200), Rig.twoPaths(folder, store))) {
            Fio fio = Fio.start(folder, rig.uri(), 290);
            awaitTraffic(rig, 0);
            for (int i = 0; i < KILLS; i++) {
                // In Active/Passive this is the active one each time: the other takes over and there is no failback.
                Backend victim = rig.backends.get(i % 2);
                victim.kill();
                awaitTraffic(rig, requests(rig) + 200);
                victim.start();
                awaitReady(rig);
                awaitTraffic(rig, requests(rig) + 200);
                assertThat(fio.isRunning()).as("fio lives through kill " + i).isTrue();
            }
            Fio.Result result = fio.finish();
            System.out.printf(
                    "%s: %d requests, %d kills, longest %.1f ms%n%s",
                    mode, result.requests(), KILLS, result.longestMillis(), rig.failovers());
            assertThat(result.errors()).isEmpty();
            assertThat(result.exitStatus()).isEqualTo(ENDED_ON_REQUEST);
            assertThat(rig.geom.stats().failovers()).isNotEmpty();
            assertThat(rig.geom.stats().unfencedWrites())
                    .as("writes without proof")
                    .isZero();
            // Generous: what users are promised is measured apart, on a machine that does nothing else.
            assertThat(result.longestMillis()).isLessThan(2_000);
        }
    }

    /** Every path serves, or could: one that died often of late is held back until it is needed. */
    private static void awaitReady(Rig rig) {
        Awaitility.await("both paths back")
                .atMost(Duration.ofSeconds(20))
                .until(() -> rig.geom.report().paths().stream().allMatch(KillServersTest::isReady));
    }

    private static boolean isReady(PathReport path) {
        return switch (path.state()) {
            case ACTIVE, READ, PASSIVE -> true;
            case FAIL -> path.reason() == FailReason.FLAPPING;
            case NEW, LOST -> false;
        };
    }

    private static long requests(Rig rig) {
        return rig.geom.stats().clients().durations().values().stream()
                .mapToLong(durations -> durations.count())
                .sum();
    }

    private static void awaitTraffic(Rig rig, long moreThan) {
        Awaitility.await("traffic").atMost(Duration.ofSeconds(20)).until(() -> requests(rig) > moreThan);
    }
}
