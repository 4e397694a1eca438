package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class NbdClientBackoffTest {
    private static final long MILLI = 1_000_000;

    private double random;
    private final NbdClientBackoff backoff = new NbdClientBackoff(
            new NbdClientOptions(
                    Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(10), Duration.ofMillis(50)),
            () -> random);

    @Test
    void windowDoublesUpToTheMaximum() {
        long now = Long.MAX_VALUE - 5 * MILLI; // monotonic clocks may wrap
        long[] windows = {10, 20, 40, 50, 50};
        for (long window : windows) {
            backoff.failed(now);
            assertThat(backoff.remainingNanos(now)).isEqualTo(window * MILLI);
            assertThat(backoff.remainingNanos(now + window * MILLI - 1)).isEqualTo(1);
            assertThat(backoff.remainingNanos(now + window * MILLI)).isZero();
            now += window * MILLI;
        }
    }

    @Test
    void jitterTakesUpToHalfOff() {
        random = 0.999_999;
        backoff.failed(0);
        assertThat(backoff.remainingNanos(0)).isBetween(5 * MILLI, 5 * MILLI + MILLI / 10);
    }

    @Test
    void resetOpensAtOnceAndBeginsAnew() {
        backoff.failed(0);
        backoff.failed(0);
        backoff.reset();
        assertThat(backoff.remainingNanos(0)).isZero();
        backoff.failed(0);
        assertThat(backoff.remainingNanos(0)).isEqualTo(10 * MILLI);
    }
}
