package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllowedClientsTest {
    @Test
    void everybodyMayWhereNobodyIsNamed() throws UnknownHostException {
        assertThat(AllowedClients.allow(List.of(), InetAddress.getByName("192.0.2.1")))
                .isTrue();
    }

    @Test
    void aProcessOfThisMachineAlwaysMay() {
        assertThat(AllowedClients.allow(List.of("192.0.2.1"), null)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "192.0.2.0/24, 192.0.2.200, true",
        "192.0.2.0/24, 192.0.3.1, false",
        "0.0.0.0/0, 192.0.3.1, true",
        "192.0.2.1, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8::1, true",
        "2001:db8::/32, 192.0.2.1, false",
        "2001:db8::1, 2001:db8::1, true"
    })
    void networksAndAddressesAreKnown(String allowed, String host, boolean may) throws UnknownHostException {
        assertThat(AllowedClients.allow(List.of(allowed), InetAddress.getByName(host)))
                .isEqualTo(may);
    }

    @Test
    void oneOfSeveralIsEnough() throws UnknownHostException {
        assertThat(AllowedClients.allow(
                        List.of("2001:db8::/32", "192.0.2.1", "192.0.2.2"), InetAddress.getByName("192.0.2.2")))
                .isTrue();
    }
}
