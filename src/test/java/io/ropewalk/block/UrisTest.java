package io.ropewalk.block;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrisTest {
    @ParameterizedTest
    @CsvSource({
        "nbd://user:hunter2@host/x, nbd://…@host/x",
        "nbd://hunter2@host, nbd://…@host",
        "nbd://a:p@ss@host/x, nbd://…@host/x",
        "nbd://host/name@of, nbd://host/name@of",
        "nbd://host/x?password=hunter2&a=b, nbd://host/x?password=…&a=b",
        "iscsi://host/x?chap-secret=hunter2, iscsi://host/x?chap-secret=…",
        "file:///srv/disk.img, file:///srv/disk.img"
    })
    void whatMayBeSecretIsNotShown(String uri, String shown) {
        assertThat(Uris.shown(uri)).isEqualTo(shown);
    }
}
