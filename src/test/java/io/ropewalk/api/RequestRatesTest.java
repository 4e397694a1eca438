package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RequestRatesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final RequestRates rates = new RequestRates(10, 5);

    @Test
    void aBurstIsAnswered_thenSoManyASecond() {
        for (int i = 0; i < 5; i++) {
            assertThat(rates.count("192.0.2.1", 0)).isZero();
        }
        long wait = rates.count("192.0.2.1", 0);
        assertThat(wait).isEqualTo(SECOND / 10);
        assertThat(rates.count("192.0.2.1", wait)).isZero();
        assertThat(rates.count("192.0.2.1", wait)).isPositive();
    }

    @Test
    void whatIsRefusedCostsNothing_andRestFillsTheBucket() {
        for (int i = 0; i < 100; i++) {
            rates.count("192.0.2.1", 0);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(rates.count("192.0.2.1", SECOND)).isZero();
        }
        assertThat(rates.count("192.0.2.1", SECOND)).isPositive();
    }

    @Test
    void oneAddressDoesNotHinderAnother_butAnIpv6NetworkIsOne() {
        for (int i = 0; i < 5; i++) {
            rates.count("2001:db8::" + i, 0);
        }
        assertThat(rates.count("2001:db8::ffff", 0)).isPositive();
        assertThat(rates.count("2001:db8:0:1::1", 0)).isZero();
        assertThat(rates.count("192.0.2.1", 0)).isZero();
    }

    @Test
    void oneCallerGetsNoMoreByManyAddresses() {
        for (int i = 0; i < 5; i++) {
            assertThat(comes("ann", "192.0.2." + i)).isZero();
        }
        assertThat(comes("ann", "192.0.2.99")).isPositive();
        assertThat(comes("bob", "192.0.2.99")).isZero();
    }

    @Test
    void manyCallersBehindOneAddressDoNotHinderEachOther_andWhoIsUnknownThereIsCounted() {
        for (int caller = 0; caller < 20; caller++) {
            for (int i = 0; i < 5; i++) {
                assertThat(comes("caller" + caller, "192.0.2.1")).isZero();
            }
        }
        for (int i = 0; i < 5; i++) {
            assertThat(rates.count("192.0.2.1", 0)).isZero();
        }
        assertThat(rates.count("192.0.2.1", 0)).isPositive();
    }

    /** As the filters do: charged to the address first. */
    private long comes(String caller, String address) {
        assertThat(rates.count(address, 0)).isZero();
        return rates.countCaller(caller, address, 0);
    }

    @Test
    void howeverManyAddressesCome_theyAreBounded_andThoseAtRestAreForgotten() {
        for (int i = 0; i < 100_000; i++) {
            rates.count("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255), 0);
        }
        assertThat(rates.remembered()).isLessThanOrEqualTo(20_001);
        assertThat(rates.count("192.0.2.1", 0))
                .as("those who cannot be known apart share")
                .isPositive();
        assertThat(rates.count("192.0.2.1", SECOND)).isZero();
        assertThat(rates.remembered()).isLessThan(10);
    }

    @Test
    void zeroMeansAnyNumber() {
        RequestRates any = new RequestRates(0, 1);
        for (int i = 0; i < 1000; i++) {
            assertThat(any.count("192.0.2.1", 0)).isZero();
        }
        assertThat(any.remembered()).isZero();
    }
}
