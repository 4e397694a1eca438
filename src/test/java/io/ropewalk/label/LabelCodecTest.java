package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.WrongVersion;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelCodecTest {
    private static final String UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private static final Label DISK1 = new Label("disk1", UUID, 512, 64 << 20, LabelMode.ACTIVE_PASSIVE);

    /** The first 0x60 bytes of the sector as FreeBSD's tools show it; the rest is zero. */
    private static final String DUMP = """
            47 45 4f 4d 3a 3a 4d 55  4c 54 49 50 41 54 48 00
            36 62 61 37 62 38 31 30  2d 39 64 61 64 2d 31 31
            64 31 2d 38 30 62 34 2d  30 30 63 30 34 66 64 34
            33 30 63 38 00 00 00 00  64 69 73 6b 31 00 00 00
            00 00 00 00 00 00 00 00  01 00 00 00 00 02 00 00
            00 00 00 04 00 00 00 00  00 00 00 00 00 00 00 00
            """;

    private static byte[] dumped() {
        return Arrays.copyOf(HexFormat.of().parseHex(DUMP.replaceAll("\\s", "")), 512);
    }

    private static byte[] damaged(int at, byte... bytes) {
        byte[] sector = LabelCodec.encode(DISK1);
        System.arraycopy(bytes, 0, sector, at, bytes.length);
        return sector;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    @DisplayName("Q21: a label is written as the dump shows it, byte for byte, zero to the end of the sector")
    void writesTheDump() {
        assertThat(LabelCodec.encode(DISK1)).isEqualTo(dumped());
    }

    @Test
    void aSectorTypedInFromTheDumpIsRead() {
        assertThat(LabelCodec.decode(dumped())).isEqualTo(new Decoded(DISK1));
        assertThat(DISK1.exportedSizeBytes()).isEqualTo(67108352);
        assertThat(DISK1.version()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"ACTIVE_PASSIVE, 0", "ACTIVE_ACTIVE, 1", "ACTIVE_READ, 2"})
    void theModeIsTheByteAt0x58(LabelMode mode, int code) {
        byte[] sector = LabelCodec.encode(DISK1.withMode(mode));

        assertThat(sector[0x58]).isEqualTo((byte) code);
        assertThat(LabelCodec.decode(sector)).isEqualTo(new Decoded(DISK1.withMode(mode)));
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536})
    void everySectorSizeIsOneWholeSector(int sectorSize) {
        Label label = new Label("a", UUID, sectorSize, 5L * sectorSize, LabelMode.ACTIVE_READ);

        byte[] sector = LabelCodec.encode(label);

        assertThat(sector).hasSize(sectorSize);
        assertThat(Arrays.copyOfRange(sector, 89, sectorSize)).containsOnly(0);
        assertThat(LabelCodec.decode(sector)).isEqualTo(new Decoded(label));
    }

    @Test
    void aSizeBeyondFourGigabytesUsesAllEightBytes() {
        Label huge = DISK1.withSize(0x0102_0304_0506_0800L);

        byte[] sector = LabelCodec.encode(huge);

        assertThat(Arrays.copyOfRange(sector, 80, 88)).containsExactly(0, 8, 6, 5, 4, 3, 2, 1);
        assertThat(LabelCodec.decode(sector)).isEqualTo(new Decoded(huge));
    }

    @Test
    @DisplayName("Q19: a name of 15 bytes fits, one of 16 does not exist")
    void fifteenBytesOfName() {
        Label longest = new Label("abcdefghijklmno", UUID, 512, 1024, LabelMode.ACTIVE_PASSIVE);

        assertThat(LabelCodec.decode(LabelCodec.encode(longest))).isEqualTo(new Decoded(longest));
        assertThatThrownBy(() -> new Label("abcdefghijklmnop", UUID, 512, 1024, LabelMode.ACTIVE_PASSIVE))
                .hasMessage("Bad label: the name is longer than 15 bytes");
    }

    @Test
    @DisplayName("Q21: garbage behind the NUL of UUID and name is tolerated, as FreeBSD leaves it there")
    void toleratesGarbageBehindNul() {
        byte[] sector = LabelCodec.encode(DISK1);
        Arrays.fill(sector, 16 + 37, 16 + 40, (byte) 0xa5);
        Arrays.fill(sector, 56 + 6, 56 + 16, (byte) 0xff);
        Arrays.fill(sector, 89, 512, (byte) 0x5a);

        assertThat(LabelCodec.decode(sector)).isEqualTo(new Decoded(DISK1));
    }

    @Test
    @DisplayName("R25: all 16 bytes of the magic count, its NUL included")
    void everyByteOfTheMagicCounts() {
        for (int i = 0; i < 16; i++) {
            assertThat(LabelCodec.decode(damaged(i, (byte) 0x21)))
                    .as("byte " + i)
                    .isEqualTo(new NoLabel());
        }
        assertThat(LabelCodec.decode(new byte[512])).isEqualTo(new NoLabel());
    }

    @Test
    @DisplayName("R25: another version is told apart from damage")
    void otherVersions() {
        assertThat(LabelCodec.decode(damaged(72, (byte) 2))).isEqualTo(new WrongVersion(2));
        assertThat(LabelCodec.decode(damaged(72, (byte) 0))).isEqualTo(new WrongVersion(0));
        assertThat(LabelCodec.decode(damaged(75, (byte) 0x80))).isEqualTo(new WrongVersion(0x8000_0001L));
    }

    @Test
    @DisplayName("Q18: an empty UUID is damage")
    void emptyUuid() {
        assertThat(LabelCodec.decode(damaged(16, (byte) 0))).isEqualTo(new Damaged("the UUID is empty"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                "6ba7b810-9dad-11d1-80b4-00c04fd430c8f",
                "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
                "6ba7b8109dad-11d1-80b4--00c04fd430c8",
                "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                "x"
            })
    @DisplayName("Q18: a UUID that is not 8-4-4-4-12 lower-case digits is damage")
    void malformedUuid(String uuid) {
        byte[] sector = damaged(16, Arrays.copyOf(ascii(uuid), 40));

        assertThat(LabelCodec.decode(sector)).isEqualTo(new Damaged("the UUID is not well-formed"));
    }

    @Test
    @DisplayName("Q30: a UUID or name without NUL within its field is damage")
    void nulWithinBounds() {
        assertThat(LabelCodec.decode(damaged(16, ascii("0".repeat(40)))))
                .isEqualTo(new Damaged("the UUID does not end, or is not text"));
        assertThat(LabelCodec.decode(damaged(56, ascii("0".repeat(16)))))
                .isEqualTo(new Damaged("the name does not end, or is not text"));
    }

    @Test
    @DisplayName("Q19: an empty name, control characters and broken UTF-8 are damage")
    void badNames() {
        assertThat(LabelCodec.decode(damaged(56, (byte) 0))).isEqualTo(new Damaged("the name is empty"));
        assertThat(LabelCodec.decode(damaged(56, (byte) 7))).isEqualTo(new Damaged("the name has control characters"));
        assertThat(LabelCodec.decode(damaged(56, (byte) 0xc3, (byte) 0x28)))
                .isEqualTo(new Damaged("the name does not end, or is not text"));
    }

    @Test
    void aNameThatNoGeomHereCanHaveIsStillRead() {
        Label odd = new Label("my dïsk/1", UUID, 512, 1024, LabelMode.ACTIVE_PASSIVE);

        assertThat(LabelCodec.decode(LabelCodec.encode(odd))).isEqualTo(new Decoded(odd));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 0x7f, 0xff})
    @DisplayName("Q30: a mode byte above 2 is damage")
    void badMode(int mode) {
        assertThat(LabelCodec.decode(damaged(88, (byte) mode)))
                .isEqualTo(new Damaged("mode " + mode + " does not exist"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000000", "01000000", "00010000", "00030000", "00000200", "00000080", "ffffffff"})
    @DisplayName("Q30: a sector size that is not a power of two from 512 to 65536 is damage")
    void badSectorSize(String littleEndian) {
        assertThat(LabelCodec.decode(damaged(76, HexFormat.of().parseHex(littleEndian))))
                .isInstanceOfSatisfying(
                        Damaged.class,
                        damage -> assertThat(damage.reason())
                                .startsWith("a sector size of ")
                                .endsWith(" bytes does not exist"));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 512, 1025, 67108863, -512, Long.MIN_VALUE, -1})
    @DisplayName("Q23, Q30: a size that is not two or more whole sectors is damage, 0 included")
    void badSize(long size) {
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (size >>> (8 * i));
        }

        assertThat(LabelCodec.decode(damaged(80, bytes)))
                .isInstanceOfSatisfying(
                        Damaged.class,
                        damage -> assertThat(damage.reason()).endsWith(" bytes is not two or more sectors of 512"));
    }

    @Test
    void everyFlippedBitMattersExceptInPadding() {
        byte[] good = LabelCodec.encode(DISK1);
        for (int bit = 0; bit < 512 * 8; bit++) {
            byte[] sector = good.clone();
            sector[bit / 8] ^= (byte) (1 << (bit % 8));
            boolean same = LabelCodec.decode(sector).equals(new Decoded(DISK1));
            assertThat(same).as("bit " + bit).isEqualTo(isPadding(bit / 8));
        }
    }

    private static boolean isPadding(int at) {
        boolean behindUuid = at > 16 + 36 && at < 56;
        boolean behindName = at > 56 + 5 && at < 72;
        return behindUuid || behindName || at >= 89;
    }

    @Test
    void lessThanALabelIsNotASector() {
        assertThatThrownBy(() -> LabelCodec.decode(new byte[88])).isInstanceOf(IllegalArgumentException.class);
    }
}
