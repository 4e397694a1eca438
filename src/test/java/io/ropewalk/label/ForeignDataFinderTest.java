package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Geometry;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Q29: what others keep at the end of a disk is recognised")
class ForeignDataFinderTest {
    /** Not a multiple of any of the alignments that matter. */
    private static final int SIZE = (8 << 20) + (192 << 10) + 512 * 5;

    private final byte[] disk = new byte[SIZE];

    private Optional<String> found(int sectorSize) {
        Geometry geometry = Geometry.of(SIZE / sectorSize * (long) sectorSize, sectorSize);
        int size = (int) geometry.sizeBytes();
        byte[] bytes = Arrays.copyOfRange(disk, size - DeviceTail.length(geometry), size);
        return ForeignDataFinder.find(new DeviceTail(geometry, bytes)).map(ForeignData::what);
    }

    private void put(int offset, byte[] bytes) {
        System.arraycopy(bytes, 0, disk, offset, bytes.length);
    }

    private void put(int offset, String text) {
        put(offset, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] hex(String bytes) {
        return HexFormat.of().parseHex(bytes);
    }

    @Test
    void aBlankEndIsFree() {
        put(0, "EFI PART");
        put(SIZE - 4096, "data of the disk");

        assertThat(found(512)).isEmpty();
    }

    @Test
    void anyByteInTheLastSectorIsSomebodys() {
        put(SIZE - 1, hex("01"));

        assertThat(found(512)).contains("data of an unknown kind");
    }

    @Test
    void gpt() {
        put(SIZE - 512, "EFI PART");

        assertThat(found(512)).contains("a GPT backup header");
    }

    @Test
    void gptOnLargeSectors() {
        put(SIZE / 4096 * 4096 - 4096, "EFI PART");

        assertThat(found(4096)).contains("a GPT backup header");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GEOM::MIRROR", "GEOM::ELI", "GEOM::LABEL", "GEOM::STRIPE"})
    void otherGeomClasses(String magic) {
        put(SIZE - 512, magic);

        assertThat(found(512)).contains("metadata of " + magic);
    }

    @Test
    void ourOwnFormat() {
        String uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        put(SIZE - 512, LabelCodec.encode(new Label("disk1", uuid, 512, SIZE, LabelMode.ACTIVE_PASSIVE)));

        assertThat(found(512)).contains("the label of geom disk1 (" + uuid + ")");
    }

    @Test
    void ourOwnFormatDamaged() {
        put(SIZE - 512, "GEOM::MULTIPATH\0rubbish");

        assertThat(found(512)).contains("a multipath label that is damaged or of another version");
    }

    @ParameterizedTest
    @CsvSource({
        "1024, 496e74656c20526169642049534d2043666720536967 2e20, Intel RAID metadata",
        "512, de11de11, DDF RAID metadata",
        "131584, de11de11, DDF RAID metadata",
        "512, 245849444524, LSI MegaRAID metadata",
        "1024, 4e5649444941, NVIDIA RAID metadata"
    })
    void firmwareRaid(int beforeEnd, String magic, String what) {
        put(SIZE - beforeEnd, hex(magic.replace(" ", "")));

        assertThat(found(512)).contains(what);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fc4e2ba9", "a92b4efc"})
    void mdraid090(String magic) {
        put((SIZE & -65536) - 65536, hex(magic));

        assertThat(found(512)).contains("an mdraid 0.90 superblock");
    }

    @Test
    void mdraid10() {
        put(((SIZE / 512 - 16) & ~7) * 512, hex("fc4e2ba901000000"));

        assertThat(found(512)).contains("an mdraid 1.0 superblock");
    }

    @ParameterizedTest
    @ValueSource(strings = {"8374026b", "8374026d"})
    void drbd(String magic) {
        put((SIZE & -4096) - 4096 + 60, hex(magic));

        assertThat(found(512)).contains("DRBD metadata");
    }

    @ParameterizedTest
    @CsvSource({"524288, 0cb1ba0000000000", "262144, 0000000000bab10c"})
    void zfs(int labelBeforeEnd, String magic) {
        put((SIZE & -262144) - labelBeforeEnd + (128 << 10) + 5 * 1024, hex(magic));

        assertThat(found(512)).contains("a ZFS label");
    }

    @Test
    void ntfs() {
        put(SIZE - 512, hex("eb5290"));
        put(SIZE - 509, "NTFS    ");

        assertThat(found(512)).contains("an NTFS backup boot sector");
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 2048, 65536})
    void aTinyDeviceIsLookedAtAsAWhole(int size) {
        Geometry geometry = Geometry.of(size, 512);

        assertThat(DeviceTail.length(geometry)).isEqualTo(size);
        assertThat(ForeignDataFinder.find(new DeviceTail(geometry, new byte[size])))
                .isEmpty();
    }
}
