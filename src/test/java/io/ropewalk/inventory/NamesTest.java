package io.ropewalk.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamesTest {
    @ParameterizedTest
    @CsvSource({
        "file:///srv/disk.img, disk.img",
        "file:///dev/disk/by-id/wwn-0x5000?direct=true, wwn-0x5000",
        "nbd://10.0.0.1:10809/lun0, 10.0.0.1-10809-lun0",
        "nbd://host, host",
        "nbd://[::1]:10809/a, 1-10809-a",
        "nbd+unix:///lun0?socket=/run/nbd.sock, nbd.sock-lun0",
        "nbd+unix:///?socket=/run/nbd.sock, nbd.sock",
        "iscsi://user@host/iqn.2026-11.io:disk/0, host-0",
        "file:///, device",
        "file:///srv/%C3%A4%20b, b"
    })
    void aNameTellsWhereTheUriLeads(String uri, String name) {
        assertThat(Names.derive(URI.create(uri), taken -> false)).isEqualTo(name);
        assertThat(Names.isLegal(name)).isTrue();
    }

    @Test
    void aTakenNameGetsANumberAndAlwaysFits() {
        URI uri = URI.create("file:///srv/" + "x".repeat(100));
        String first = Names.derive(uri, taken -> false);
        String second = Names.derive(uri, Set.of(first)::contains);

        assertThat(first).hasSize(63);
        assertThat(second).hasSize(63).endsWith("-2");
        assertThat(Names.derive(uri, Set.of(first, second)::contains)).endsWith("-3");
    }
}
