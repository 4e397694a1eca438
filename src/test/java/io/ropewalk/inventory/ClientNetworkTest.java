package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientNetworkTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 192.0.2.7, true",
        "192.0.2.7, 192.0.2.8, false",
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.200, true",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 192.0.2.7, false",
        "::ffff:192.0.2.7, 192.0.2.7, true"
    })
    void aClientComesFromHereOrNot(String network, String client, boolean expected) {
        assertThat(ClientNetwork.parse(network).contains(InetAddress.ofLiteral(client)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "localhost",
                "1",
                "1.2",
                "1.2.3",
                "1.2.3.4.5",
                "256.0.0.1",
                "01.2.3.4",
                "0x1.2.3.4",
                "1.2.3.4/",
                "1.2.3.4/33",
                "1.2.3.4/-1",
                "1.2.3.4/+8",
                "1.2.3.4/08",
                "1.2.3.4/x",
                "::1/129",
                "fe80::1%lo",
                ":",
                ":::",
                "1.2.3.4 ",
                "/8",
                "1.2.3.4/8/8",
                "192.0.2.1/24",
                "2001:db8::1/32"
            })
    void whatIsNoNetworkIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> ClientNetwork.parse(text));
    }

    @Test
    void bitsBeyondThePrefixAreAnsweredWithTheNetwork() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientNetwork.parse("192.0.2.129/25"))
                .withMessageEndingWith("the network is 192.0.2.128/25");
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "2001:db8:0:0:0:0:0:0/32"})
    void itsTextIsReadAgainAsTheSame(String text) {
        assertThat(ClientNetwork.parse(text)).hasToString(text);
        assertThat(ClientNetwork.parse(ClientNetwork.parse(text).toString())).isEqualTo(ClientNetwork.parse(text));
    }
}
