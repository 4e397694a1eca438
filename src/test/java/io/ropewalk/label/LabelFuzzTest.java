package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Geometry;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.testing.Fuzz;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Whatever the end of a disk holds, reading it does not throw; what is taken for a label can be written again and reads
 * the same. The input is the last sector of a disk, and what follows in it are the sectors before.
 */
public class LabelFuzzTest {
    private static final String CORPUS = "label";
    private static final int SECTOR = 512;

    @Test
    void everyInputOfTheCorpusIsRead() {
        Fuzz.replay(CORPUS, LabelFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void mutantsOfTheCorpusAreRead() {
        Fuzz.mutate(CORPUS, LabelFuzzTest::fuzzerTestOneInput);
    }

    /** Once, before a search. */
    public static void fuzzerInitialize() {
        Fuzz.silence();
    }

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] last = Arrays.copyOf(input, SECTOR);
        byte[] disk = new byte[Math.max(2, Math.ceilDiv(input.length, SECTOR)) * SECTOR];
        System.arraycopy(last, 0, disk, disk.length - SECTOR, SECTOR);
        System.arraycopy(input, Math.min(input.length, SECTOR), disk, 0, Math.max(0, input.length - SECTOR));
        if (LabelCodec.decode(last) instanceof Decoded decoded) {
            Label label = decoded.label();
            assertThat(LabelCodec.decode(LabelCodec.encode(label))).isEqualTo(decoded);
            assertThat(GeomNames.isValidForLabel(GeomNames.nearestValid(label.name())))
                    .isTrue();
        }
        ForeignDataFinder.find(new DeviceTail(Geometry.of(disk.length, SECTOR), disk));
    }
}
