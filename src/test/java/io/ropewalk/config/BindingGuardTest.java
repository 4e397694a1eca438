package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BindingGuardTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1"})
    void loopbackNeedsNoSecurity(String address) throws UnknownHostException {
        Map<String, InetAddress> addresses = Map.of("server.address", InetAddress.getByName(address));

        assertThatCode(() -> BindingGuard.check(addresses, null)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "192.0.2.1", "::"})
    void anyOtherAddressDoes(String address) throws UnknownHostException {
        Map<String, InetAddress> addresses = Map.of("server.address", InetAddress.getByName(address));

        assertThatThrownBy(() -> BindingGuard.check(addresses, null)).isInstanceOf(StartupException.class);
        assertThatCode(() -> BindingGuard.check(addresses, RopewalkProperties.SecurityMode.NONE))
                .doesNotThrowAnyException();
        assertThatCode(() -> BindingGuard.check(addresses, RopewalkProperties.SecurityMode.TOKEN))
                .doesNotThrowAnyException();
    }

    @Test
    void anAddressThatIsNotSetIsEveryAddress() {
        Map<String, InetAddress> addresses = new HashMap<>();
        addresses.put("server.address", null);

        assertThatThrownBy(() -> BindingGuard.check(addresses, null)).hasMessageContaining("every address");
    }
}
