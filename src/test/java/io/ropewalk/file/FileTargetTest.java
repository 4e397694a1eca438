package io.ropewalk.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileTargetTest {

    @ParameterizedTest
    @CsvSource({
        "file:///a/disk.img, file:///a/disk.img",
        "file:/a/disk.img, file:///a/disk.img",
        "FILE://localhost/a/disk.img, file:///a/disk.img",
        "file:///a//b/./disk.img, file:///a/b/disk.img",
        "file:///a/disk.img/, file:///a/disk.img",
        "file:///a/%64isk.img, file:///a/disk.img",
        "file:///a/odd%20%3f%23%25name, file:///a/odd%20%3F%23%25name",
        "file:///a/\u00fcber, file:///a/%C3%BCber",
        "file:///a/%ff, file:///a/%FF",
        "file:///a/b?readonly=true&direct=true, file:///a/b?direct=true&readonly=true",
        "file:///a/b?readonly=false&direct=true, file:///a/b?direct=true",
        "file:///a/b?direct=false, file:///a/b?direct=false",
        "file:///a/b?, file:///a/b",
    })
    void equalUrisHaveOneForm(String given, String form) throws Exception {
        URI normal = new FileDeviceFactory().normalize(URI.create(given));

        assertThat(normal).hasToString(form);
        assertThat(new FileDeviceFactory().normalize(normal)).isEqualTo(normal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nbd://127.0.0.1/a",
                "file:disk.img",
                "file://server/a/disk.img",
                "file:///a/../disk.img",
                "file:///a/%2e%2e/disk.img",
                "file:///a/di%00sk",
                "file:///a/di%2fsk",
                "file:///a/disk#1",
                "file:///a/disk?sync=true",
                "file:///a/disk?direct",
                "file:///a/disk?direct=yes",
                "file:///a/disk?direct=true&direct=true",
                "file:///a/disk?direct=true&",
            })
    void aUriThatMeansNothing_isRefused(String given) {
        URI uri = URI.create(given);

        assertThatThrownBy(() -> new FileDeviceFactory().normalize(uri))
                .isInstanceOfSatisfying(
                        DeviceException.class, e -> assertThat(e.reason()).isEqualTo(Reason.INVALID_URI))
                .hasMessageStartingWith("Cannot use " + given + ": ");
    }

    @Test
    void theKernelGetsTheBytesOfTheName_whateverTheyMean() throws Exception {
        FileTarget target = FileTarget.parse(URI.create("file:///a/%FF%C3%BC"));

        assertThat(target.pathBytes()).isEqualTo("/a/\u00ff\u00c3\u00bc".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(target.display()).isEqualTo("/a/\ufffd\u00fc");
    }
}
