package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DampingTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static Damping failures(int count) {
        Damping damping = Damping.NONE;
        for (int i = 0; i < count; i++) {
            damping = damping.failedAt(START);
        }
        return damping;
    }

    @Test
    void theSeventhFailureAtOnce_isFlapping() {
        assertThat(failures(6).isAboveLimit(START)).isFalse();
        assertThat(failures(7).isAboveLimit(START)).isTrue();
    }

    @Test
    void whatIsThere_halvesEveryMinute() {
        Instant minuteLater = START.plusSeconds(60);
        assertThat(failures(12).isAboveLimit(minuteLater)).isFalse();
        assertThat(failures(12).isRestless(minuteLater)).isTrue();
        assertThat(failures(12).isRestless(START.plusSeconds(121))).isFalse();
        assertThat(failures(12).untilCalm(START)).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void failuresSpreadOverTime_neverFlap() {
        Damping damping = Damping.NONE;
        for (int i = 0; i < 1000; i++) {
            damping = damping.failedAt(START.plusSeconds(i * 30L));
            assertThat(damping.isAboveLimit(START.plusSeconds(i * 30L))).isFalse();
        }
    }

    @Test
    void thousandsOfFailuresInAnOutage_keepAPathOutForTwoMinutesAtMost() {
        assertThat(failures(10_000).untilCalm(START)).isEqualTo(Duration.ofMinutes(2));
        assertThat(failures(10_000).isRestless(START.plusSeconds(121))).isFalse();
    }
}
