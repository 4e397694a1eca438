package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NbdUriTest {
    @ParameterizedTest
    @CsvSource({
        "nbd://host/disk, nbd://host:10809/disk",
        "nbd://host, nbd://host:10809/",
        "nbd://host/, nbd://host:10809/",
        "nbd://host:/x, nbd://host:10809/x",
        "NBD://HOST.Example:10810/Disk, nbd://host.example:10810/Disk",
        "nbds://host/disk, nbds://host:10809/disk",
        "nbd://my_host:1/disk, nbd://my_host:1/disk",
        "nbd://10.0.0.1/a%2Fb, nbd://10.0.0.1:10809/a/b",
        "nbd://host//disk, nbd://host:10809//disk",
        "nbd://host/a%20b%25%3f%c3%a9, nbd://host:10809/a%20b%25%3F%C3%A9",
        "nbd://host/é, nbd://host:10809/%C3%A9",
        "nbd://[::1]/disk, nbd://[::1]:10809/disk",
        "nbd://[0:0:0:0:0:0:0:1]:5/disk, nbd://[::1]:5/disk",
        "nbd://[FE80::1%25eth0]/disk, nbd://[fe80::1%25eth0]:10809/disk",
        "nbd+unix:///?socket=/run/nbd.sock, nbd+unix:///?socket=/run/nbd.sock",
        "nbd+unix:///a%20b?socket=/run/x%20y%26z, nbd+unix:///a%20b?socket=/run/x%20y%26z",
        "nbd+unix:///x?socket=//run///nbd%2Esock, nbd+unix:///x?socket=/run/nbd.sock",
        "nbds+unix:///x?socket=/run/nbd.sock, nbds+unix:///x?socket=/run/nbd.sock",
        "nbds://h/x?tls-hostname=NAS.Example&tls-bundle=nas, nbds://h:10809/x?tls-bundle=nas&tls-hostname=nas.example",
        "nbds://h/x?tls-hostname=%3A%3A1, nbds://h:10809/x?tls-hostname=::1",
        "nbds+unix:///x?tls-bundle=a.b&socket=/s, nbds+unix:///x?socket=/s&tls-bundle=a.b",
        "nbds://h/x?, nbds://h:10809/x",
        "nbd+unix:?socket=/x, "
    })
    void equalUrisHaveOneForm(String given, String canonical) throws DeviceException {
        if (canonical == null) {
            assertThat(refusal(given).reason()).isEqualTo(Reason.INVALID_URI);
            return;
        }
        URI form = NbdUri.parse(URI.create(given)).canonical();
        assertThat(form).hasToString(canonical);
        assertThat(NbdUri.parse(form)).isEqualTo(NbdUri.parse(URI.create(given)));
    }

    @ParameterizedTest
    @CsvSource({
        "http://host/disk, scheme is none of",
        "nbd:disk, must be followed by",
        "nbd:///disk, names no host",
        "nbd://:10809/disk, names no host",
        "nbd://host:0/disk, not a port",
        "nbd://host:65536/disk, not a port",
        "nbd://host:abc/disk, not a port",
        "nbd://me@host/disk, names a user",
        "nbd://-host/disk, not a host name",
        "nbd://host/disk?socket=/x, means nothing over TCP",
        "nbd://host/disk#x, fragment",
        "nbd://host/%00, contains a NUL",
        "nbd://host/%ff, not UTF-8",
        "nbd+unix:///disk, needs the absolute path",
        "nbd+unix:///disk?socket=relative, needs the absolute path",
        "nbd+unix:///disk?socket=/a&socket=/b, two of socket",
        "nbd+unix:///disk?socket=/a&tls-certificates=/b, tls-certificates' is not a known parameter",
        "nbd+unix:///disk?socket=/a%00b, contains a NUL",
        "nbd://host/disk?tls-bundle=a, means nothing over TCP",
        "nbd+unix:///disk?socket=/a&tls-bundle=a, tls-bundle' is not a known parameter; only socket is",
        "nbds://host/disk?socket=/a, socket' is not a known parameter; only tls-hostname and tls-bundle are",
        "nbds://host/disk?tls-verify-peer=false, tls-verify-peer' is not a known parameter",
        "nbds://host/disk?tls-bundle, tls-bundle' is not a known parameter",
        "nbds://host/disk?tls-bundle=, not the name of an SSL bundle",
        "nbds://host/disk?tls-bundle=../x, not the name of an SSL bundle",
        "nbds://host/disk?tls-hostname=a_b/c, not a host name or address",
        "nbds://host/disk?tls-bundle=a&tls-bundle=b, two of tls-bundle",
        "nbds://host/disk?tls-certificates=/b, certificates come from an SSL bundle",
        "nbd+unix://host/disk?socket=/a, has no host"
    })
    void whatIsWrongIsSaid(String given, String why) {
        DeviceException refusal = refusal(given);
        assertThat(refusal.reason()).isEqualTo(Reason.INVALID_URI);
        assertThat(refusal)
                .hasMessageContaining(why)
                // Who is named before the @, perhaps with a password, is not repeated.
                .hasMessageContaining(given.replace("me@", "…@"))
                .hasMessageEndingWith(".");
    }

    @Test
    void lengthsHaveBounds() throws DeviceException {
        String name = "x".repeat(4096);
        assertThat(NbdUri.parse(URI.create("nbd://host/" + name)).export()).isEqualTo(name);
        assertThat(refusal("nbd://host/" + name + "y")).hasMessageContaining("longer than 4096 bytes");
        assertThat(refusal("nbd+unix:///?socket=/" + "x".repeat(107))).hasMessageContaining("longer than 107 bytes");
    }

    @Test
    void partsAreDecoded() throws DeviceException {
        NbdUri unix = NbdUri.parse(URI.create("nbd+unix:///a%20b?socket=/run/x%2By+z"));
        assertThat(unix).isEqualTo(new NbdUri(false, "", 0, "/run/x+y+z", "a b", null, null));
        assertThat(unix.server()).isEqualTo("/run/x+y+z");
        assertThat(NbdUri.parse(URI.create("nbds://[::1]:7/")))
                .isEqualTo(new NbdUri(true, "::1", 7, null, "", null, null))
                .returns("[::1]:7", NbdUri::server)
                .returns("the default export", NbdUri::exportForPeople);
    }

    private static DeviceException refusal(String uri) {
        return catchThrowableOfType(DeviceException.class, () -> NbdUri.parse(URI.create(uri)));
    }
}
