package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.label.KnownGeom.Standing;
import io.ropewalk.label.LabelReading.Damaged;
import io.ropewalk.label.LabelReading.Decoded;
import io.ropewalk.label.LabelReading.NoLabel;
import io.ropewalk.label.LabelReading.Unreadable;
import io.ropewalk.label.LabelReading.WrongVersion;
import io.ropewalk.label.Verdict.Join;
import io.ropewalk.label.Verdict.NewGeom;
import io.ropewalk.label.Verdict.NewGeomTemporaryName;
import io.ropewalk.label.Verdict.NotOurs;
import io.ropewalk.label.Verdict.Reason;
import io.ropewalk.label.Verdict.Refused;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TasterTest {
    private static final String UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private static final String OTHER_UUID = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
    private static final long SIZE = 1 << 20;
    private static final Geometry DEVICE = Geometry.of(SIZE, 512);
    private static final Label LABEL = label("disk1");

    private final Taster taster = new Taster(new Random(1));

    private static Label label(String name) {
        return new Label(name, UUID, 512, SIZE, LabelMode.ACTIVE_PASSIVE);
    }

    private static KnownGeom geom(@Nullable String uuid, String name) {
        return new KnownGeom(uuid, name, SIZE, 512, Standing.LIVE);
    }

    private Verdict taste(Label label, KnownGeom... known) {
        return taster.taste(new Decoded(label), DEVICE, List.of(known));
    }

    private static void assertRefused(Verdict verdict, Reason reason) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    @Test
    @DisplayName("R25: a device that cannot be read, or holds no label, is not ours")
    void notOurs() {
        assertThat(taster.taste(new NoLabel(), DEVICE, List.of())).isInstanceOf(NotOurs.class);
        assertThat(taster.taste(new Unreadable(IoError.of(Kind.IO, "bad sector")), DEVICE, List.of()))
                .isEqualTo(new NotOurs("its last sector cannot be read: bad sector"));
    }

    @Test
    @DisplayName("R25: another version of the label is refused, and told")
    void otherVersion() {
        assertThat(taster.taste(new WrongVersion(7), DEVICE, List.of()))
                .isEqualTo(new Refused(Reason.WRONG_VERSION, null, "its label has version 7, not 1"));
    }

    @Test
    @DisplayName("R25: a label for another size or sector size says nothing about this device")
    void labelOfAnotherDevice() {
        Decoded reading = new Decoded(LABEL);

        assertThat(taster.taste(reading, Geometry.of(SIZE * 2, 512), List.of())).isInstanceOf(NotOurs.class);
        assertThat(taster.taste(reading, Geometry.of(SIZE, 4096), List.of())).isInstanceOf(NotOurs.class);
    }

    @Test
    @DisplayName("R26: a label joins the live geom of its UUID, whatever the geom is called")
    void join() {
        assertThat(taste(LABEL, geom(OTHER_UUID, "disk1"), geom(UUID, "other"))).isEqualTo(new Join(UUID));
    }

    @Test
    @DisplayName("R27: an unknown UUID with a free name is a new geom")
    void newGeom() {
        assertThat(taste(LABEL, geom(OTHER_UUID, "disk2"))).isEqualTo(new NewGeom(LABEL));
    }

    @ParameterizedTest
    @CsvSource({"disk1", "abcdefghijklmn", "abcdefghijklmno"})
    @DisplayName("R28, Q19: a name in use gives a temporary one that fits, is valid and unique, at any length")
    void temporaryName(String name) {
        Verdict verdict = taste(label(name), geom(OTHER_UUID, name));

        assertThat(verdict).isInstanceOfSatisfying(NewGeomTemporaryName.class, temporary -> {
            assertThat(temporary.name()).isNotEqualTo(name).hasSizeLessThanOrEqualTo(15);
            assertThat(temporary.name()).startsWith(name.substring(0, 5)).contains("-");
            assertThat(GeomNames.isValidForLabel(temporary.name())).isTrue();
            assertThat(temporary.label().name()).as("Q20: the name on disk").isEqualTo(name);
        });
    }

    @Test
    @DisplayName("Q19: a thousand collisions give a thousand names, also when the random source repeats itself")
    void uniqueSuffixes() {
        List<KnownGeom> known = new ArrayList<>(List.of(geom(OTHER_UUID, "abcdefghijklmno")));
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            Taster stuck = new Taster(new Random(42));
            Verdict verdict = stuck.taste(new Decoded(label("abcdefghijklmno")), DEVICE, known);
            String name = ((NewGeomTemporaryName) verdict).name();
            names.add(name);
            known.add(geom(null, name));
        }

        assertThat(names).hasSize(1000).allMatch(GeomNames::isValidForLabel);
    }

    @Test
    void theSameSeedGivesTheSameName() {
        KnownGeom taken = geom(OTHER_UUID, "disk1");
        Verdict once = new Taster(new Random(9)).taste(new Decoded(LABEL), DEVICE, List.of(taken));
        Verdict again = new Taster(new Random(9)).taste(new Decoded(LABEL), DEVICE, List.of(taken));

        assertThat(once).isEqualTo(again);
    }

    @ParameterizedTest
    @CsvSource({"my disk, my-disk", "../etc, etc", "ümlaut, mlaut", "___, geom"})
    @DisplayName("Q19: a name that no geom can have gives a temporary one")
    void invalidName(String onDisk, String here) {
        assertThat(taste(label(onDisk))).isEqualTo(new NewGeomTemporaryName(label(onDisk), here));
    }

    @Test
    @DisplayName("R30, Q18: a MANUAL geom gains no path by tasting")
    void manualGeomsAreNotJoined() {
        assertThat(taste(LABEL, geom(null, "manual"), geom("", "also"))).isEqualTo(new NewGeom(LABEL));
    }

    @Test
    @DisplayName("Q18, Q30: a damaged label, an empty UUID included, is refused")
    void damaged() {
        assertThat(taster.taste(new Damaged("the UUID is empty"), DEVICE, List.of(geom("", "manual"))))
                .isEqualTo(new Refused(Reason.DAMAGED, null, "its label is damaged: the UUID is empty"));
    }

    @Test
    @DisplayName("Q17: the UUID of a geom of another size is refused: a clone on a larger disk")
    void cloneOfAnotherSize() {
        KnownGeom smaller = new KnownGeom(UUID, "disk1", SIZE / 2, 512, Standing.LIVE);

        assertRefused(taste(LABEL, smaller), Reason.OTHER_SHAPE);
    }

    @Test
    @DisplayName("Q17: a path that shows less than the disk its label is for is refused")
    void shrunkPath() {
        Verdict verdict = taster.taste(new Decoded(LABEL), Geometry.of(SIZE / 2, 512), List.of(geom(UUID, "disk1")));

        assertRefused(verdict, Reason.OTHER_SHAPE);
    }

    @Test
    @DisplayName("Q17: the UUID of a geom with other sectors is refused")
    void otherSectors() {
        KnownGeom coarse = new KnownGeom(UUID, "disk1", SIZE, 4096, Standing.LIVE);

        assertRefused(taste(LABEL, coarse), Reason.OTHER_SHAPE);
    }

    @Test
    @DisplayName("R35: a stopping geom is invisible: its UUID and its name are free")
    void stoppingGeom() {
        KnownGeom stopping = new KnownGeom(UUID, "disk1", SIZE, 512, Standing.STOPPING);

        assertThat(taste(LABEL, stopping)).isEqualTo(new NewGeom(LABEL));
        assertThat(taste(LABEL, stopping, geom(UUID, "new"))).isEqualTo(new Join(UUID));
    }

    @Test
    @DisplayName("Q26: a geom that an operator stopped is not brought back by its disks, and its name is free")
    void stoppedGeom() {
        KnownGeom stopped = new KnownGeom(UUID, "disk1", SIZE, 512, Standing.STOPPED);
        Label another = new Label("disk1", OTHER_UUID, 512, SIZE, LabelMode.ACTIVE_READ);

        assertRefused(taste(LABEL, stopped), Reason.STOPPED);
        assertThat(taste(another, stopped)).isEqualTo(new NewGeom(another));
        assertThat(taste(LABEL, stopped, geom(UUID, "again"))).isEqualTo(new Join(UUID));
    }
}
