package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RhythmTest {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration MOST = Duration.ofSeconds(20);

    private final Rhythm rhythm = new Rhythm(RandomGenerator.of("L64X128MixRandom"));

    @Test
    void pausesDoubleUpToTheMost() {
        Duration[] expected = {FIRST, FIRST.multipliedBy(2), FIRST.multipliedBy(4), FIRST.multipliedBy(8)};
        for (int failures = 1; failures <= expected.length; failures++) {
            assertNear(rhythm.backOff(FIRST, MOST, failures), expected[failures - 1]);
        }
        assertNear(rhythm.backOff(FIRST, MOST, 6), MOST);
        assertNear(rhythm.backOff(FIRST, MOST, Integer.MAX_VALUE), MOST);
    }

    @Test
    void aPauseBecomesLongerUpToTheMost() {
        assertThat(Rhythm.longer(FIRST, MOST)).isEqualTo(FIRST.multipliedBy(2));
        assertThat(Rhythm.longer(FIRST.multipliedBy(15), MOST)).isEqualTo(MOST);
        assertThat(Rhythm.longer(MOST, MOST)).isEqualTo(MOST);
    }

    @Test
    void pausesDiffer() {
        assertThat(rhythm.about(MOST)).isNotEqualTo(rhythm.about(MOST));
        assertThat(rhythm.upTo(FIRST)).isBetween(Duration.ZERO, FIRST);
    }

    private static void assertNear(Duration pause, Duration expected) {
        assertThat(pause.toMillis()).isBetween(expected.toMillis() * 8 / 10 - 1, expected.toMillis() * 12 / 10 + 1);
    }
}
