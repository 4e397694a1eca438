package io.ropewalk.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedHostsTest {
    private final TrustedHosts hosts = new TrustedHosts(Set.of("Gateway.example"));

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "LOCALHOST", "disks.localhost", "127.0.0.1", "127.9.9.9", "::1", "gateway.Example"})
    void theseAreOurs(String name) {
        assertThat(hosts.contains(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example", "::2"})
    void theseAreNot(String name) {
        assertThat(hosts.contains(name)).isFalse();
    }

    @Test
    void whoNamesNone_isNoBrowser() {
        assertThat(hosts.contains(null)).isTrue();
    }
}
