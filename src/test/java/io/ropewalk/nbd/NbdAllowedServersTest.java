package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NbdAllowedServersTest {
    @ParameterizedTest
    @CsvSource({
        "*, 192.0.2.1, true",
        "*, 127.0.0.1, true",
        "*, 2001:db8::1, true",
        "*, 169.254.169.254, false",
        "*, ::ffff:169.254.169.254, false",
        "*, fe80::1, false",
        "*, fd00:ec2::254, false",
        "*, 100.100.100.200, false",
        "*, 224.0.0.1, false",
        "*, 0.0.0.0, false",
        "*, ::, false",
        "169.254.0.0/16, 169.254.7.7, true",
        "10.20.0.0/16, 10.20.255.1, true",
        "10.20.0.0/16, 10.21.0.1, false",
        "10.20.0.0/16, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:7::1, true",
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false"
    })
    void addressesAreAllowedByNumber(String hosts, String address, boolean allowed) throws Exception {
        assertThat(rules(hosts, "").permitted("any.example", found(address, 10809)))
                .hasSize(allowed ? 1 : 0);
    }

    @Test
    void aNameIsAllowed_butNotWithAnAddressThatIsNoServersOwn() throws Exception {
        NbdAllowedServers rules = rules("Storage.example", "");

        assertThat(rules.permitted("storage.example", found("192.0.2.1", 10809)))
                .hasSize(1);
        assertThat(rules.permitted("storage.example", found("169.254.169.254", 10809)))
                .isEmpty();
        assertThat(rules.permitted("other.example", found("192.0.2.1", 10809))).isEmpty();
    }

    @Test
    void portsAreAllowedByRange() throws Exception {
        NbdAllowedServers rules = rules("*", "10809-10811");

        assertThat(rules.permitted("a", found("192.0.2.1", 10811))).hasSize(1);
        assertThat(rules.permitted("a", found("192.0.2.1", 22))).isEmpty();
    }

    @Test
    void whatIsRefusedStaysSo_exceptForADeclaredServer() throws Exception {
        NbdAllowedServers rules =
                new NbdAllowedServers(List.of("*"), List.of(), List.of("127.0.0.0/8"), List.of("127.0.0.1:7"), null);

        assertThat(rules.permitted("127.0.0.1", found("127.0.0.1", 10809))).isEmpty();
        assertThat(rules.permitted("sneaky.example", found("127.0.0.1", 7))).isEmpty();
        assertThat(rules.permitted("127.0.0.1", found("127.0.0.1", 7))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "10.0.0/8", "x/8", "1.2.3.4/"})
    void whatIsNoNetworkIsRefused(String host) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rules(host, ""))
                .withMessage("'" + host + "' is not a network");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "70000", "9-8", "ssh"})
    void whatIsNoPortIsRefused(String ports) {
        assertThatIllegalArgumentException().isThrownBy(() -> rules("*", ports)).withMessageContaining("is not a port");
    }

    /** "localhost" stands for any name that leads to an address that is not allowed, however it was written. */
    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]"})
    void aServerThatIsNotAllowed_isNotConnectedTo(String host) throws Exception {
        NbdAllowedServers rules = rules("192.0.2.0/24", "");
        try (ServerSocket forbidden = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
            NbdDeviceFactory factory = new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS.withAllowed(rules));

            DeviceException refusal = catchThrowableOfType(
                    DeviceException.class,
                    () -> factory.open("disk", URI.create("nbd://" + host + ":" + forbidden.getLocalPort() + "/")));

            assertThat(refusal.reason()).isEqualTo(Reason.NOT_ALLOWED);
            assertThat(refusal).hasMessageContaining("ropewalk.allow.hosts");
            forbidden.setSoTimeout(100);
            assertThat(catchThrowableOfType(java.net.SocketTimeoutException.class, forbidden::accept))
                    .as("nobody came")
                    .isNotNull();
        }
    }

    private static NbdAllowedServers rules(String host, String ports) {
        return new NbdAllowedServers(
                List.of(host), ports.isEmpty() ? List.of() : List.of(ports), List.of(), List.of(), null);
    }

    private static List<InetSocketAddress> found(String address, int port) throws Exception {
        return List.of(new InetSocketAddress(InetAddress.getByName(address), port));
    }
}
