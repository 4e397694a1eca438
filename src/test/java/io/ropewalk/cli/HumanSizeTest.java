package io.ropewalk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HumanSizeTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0B",
        "512, 512B",
        "999, 999B",
        "1000, 1.0K",
        "1024, 1.0K",
        "1536, 1.5K",
        "10188, 9.9K",
        "10240, 10K",
        "1048576, 1.0M",
        "1047552, 1.0M",
        "67108352, 64M",
        "67108864, 64M",
        "1073741824, 1.0G",
        "500107862016, 466G",
        "1000204886016, 932G",
        "4000787030016, 3.6T",
        "9223372036854775807, 8.0E"
    })
    void isAtMostThreeDigitsAndAUnit(long bytes, String text) {
        assertThat(HumanSize.of(bytes)).isEqualTo(text);
    }
}
