package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capability;
import io.ropewalk.block.IoOp;
import io.ropewalk.label.Labelling.Options;
import io.ropewalk.label.LabellingResult.Aftermath;
import io.ropewalk.label.LabellingResult.ForeignDataFound;
import io.ropewalk.label.LabellingResult.Labelled;
import io.ropewalk.label.LabellingResult.NotTheSameDisk;
import io.ropewalk.label.LabellingResult.NotWritten;
import io.ropewalk.label.LabellingResult.ShapeMismatch;
import io.ropewalk.label.MemoryPath.Fault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Q29: labelling")
class LabellingTest {
    private static final int SIZE = 1 << 20;
    private static final byte[] BLANK = new byte[512];
    private static final Options FORCE = new Options(true, false);
    private static final Options KEEP = new Options(false, true);

    private final VirtualLoop loop = new VirtualLoop();
    private final Labelling labelling = new Labelling(new LabelStore(loop, Duration.ofSeconds(2), givenUp -> {}));
    private final MemoryDisk disk = new MemoryDisk(SIZE);
    private final MemoryDisk other = new MemoryDisk(SIZE);
    private final MemoryPath d1 = new MemoryPath("d1", disk, 512);
    private final MemoryPath d2 = new MemoryPath("d2", disk, 512);
    private final MemoryPath stranger = new MemoryPath("x", other, 512);
    private final Label label = Label.create("disk1", new UUID(1, 2), d1.geometry(), LabelMode.ACTIVE_ACTIVE);

    private LabellingResult label(Options options, BlockDevice... devices) {
        return loop.await(labelling.label(List.of(devices), label, options));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void writesThroughTheFirstAndReadsThroughEvery() {
        assertThat(label(Options.CAREFUL, d1, d2)).isEqualTo(new Labelled(label, "d1"));
        assertThat(disk.lastSector(512)).isEqualTo(LabelCodec.encode(label));
        assertThat(d1.log).contains("WRITE 1048064+512", "FLUSH 0+0");
        assertThat(d2.log).isNotEmpty().allMatch(request -> request.startsWith("READ"));
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void worksForEverySectorSize(int sectorSize) {
        MemoryPath path = new MemoryPath("d", disk, sectorSize);
        Label fitting = Label.create("disk1", new UUID(3, 4), path.geometry(), LabelMode.ACTIVE_READ);

        assertThat(loop.await(labelling.label(List.of(path), fitting, Options.CAREFUL)))
                .isEqualTo(new Labelled(fitting, "d"));
        assertThat(disk.lastSector(sectorSize)).isEqualTo(LabelCodec.encode(fitting));
    }

    @Test
    void anotherBlankDiskIsTheCulpritAndTheLabelIsTakenBack() {
        assertThat(label(Options.CAREFUL, d1, stranger, d2))
                .isEqualTo(
                        new NotTheSameDisk(List.of(new Culprit("x", "does not show the label")), Aftermath.TAKEN_BACK));
        assertThat(disk.lastSector(512)).isEqualTo(BLANK);
        assertThat(other.lastSector(512)).isEqualTo(BLANK);
    }

    @Test
    void theLabelStaysWhenItIsToBeKept() {
        assertThat(label(KEEP, d1, stranger))
                .isEqualTo(new NotTheSameDisk(List.of(new Culprit("x", "does not show the label")), Aftermath.KEPT));
        assertThat(disk.lastSector(512)).isEqualTo(LabelCodec.encode(label));
    }

    @Test
    void takingBackRestoresWhatWasForciblyOverwritten() {
        disk.put(SIZE - 512, text("precious"));
        other.put(SIZE - 512, text("precious"));

        assertThat(label(FORCE, d1, stranger))
                .isEqualTo(
                        new NotTheSameDisk(List.of(new Culprit("x", "does not show the label")), Aftermath.TAKEN_BACK));
        assertThat(disk.lastSector(512)).startsWith(text("precious"));
    }

    @Test
    void disksThatDifferBeforehandAreToldApartWithoutAWrite() {
        other.put(SIZE - 512, text("x"));

        assertThat(label(FORCE, d1, stranger))
                .isEqualTo(new NotTheSameDisk(
                        List.of(new Culprit("x", "has another last sector than the devices before it")),
                        Aftermath.NOTHING_WRITTEN));
        assertThat(d1.log).noneMatch(request -> request.startsWith("WRITE"));
    }

    @Test
    void foreignDataIsNamedAndLeftAlone() {
        disk.put(SIZE - 512, text("EFI PART"));

        assertThat(label(Options.CAREFUL, d1, d2))
                .isEqualTo(new ForeignDataFound(List.of(
                        new Culprit("d1", "holds a GPT backup header"),
                        new Culprit("d2", "holds a GPT backup header"))));
        assertThat(disk.lastSector(512)).startsWith(text("EFI PART"));
    }

    @Test
    void anotherLabelIsForeignDataToo() {
        label(Options.CAREFUL, d1);

        assertThat(label(Options.CAREFUL, d1)).isInstanceOf(ForeignDataFound.class);
        assertThat(label(FORCE, d1)).isInstanceOf(Labelled.class);
    }

    @Test
    void forceWritesOverForeignData() {
        disk.put(SIZE - 512, text("EFI PART"));

        assertThat(label(FORCE, d1, d2)).isEqualTo(new Labelled(label, "d1"));
    }

    @Test
    void devicesOfAnotherShapeAreNotEvenRead() {
        MemoryPath larger = new MemoryPath("l", new MemoryDisk(SIZE * 2), 512);
        MemoryPath coarse = new MemoryPath("c", disk, 4096);

        assertThat(label(Options.CAREFUL, d1, larger))
                .isEqualTo(
                        new ShapeMismatch(ShapeMismatch.Kind.SIZE, new Culprit("l", "has 2097152 bytes, not 1048576")));
        assertThat(label(Options.CAREFUL, d1, coarse))
                .isEqualTo(new ShapeMismatch(
                        ShapeMismatch.Kind.SECTOR_SIZE, new Culprit("c", "has sectors of 4096 bytes, not 512")));
        assertThat(d1.log).isEmpty();
    }

    @Test
    void aFirstDeviceThatCannotWriteIsNoReasonToGiveUp() {
        d1.with();

        assertThat(label(Options.CAREFUL, d1, d2)).isEqualTo(new Labelled(label, "d2"));
    }

    @Test
    void aDeviceThatCannotBeReadIsACulpritBeforeAnythingIsWritten() {
        d2.on(IoOp.READ, Fault.HANGS);

        assertThat(label(Options.CAREFUL, d1, d2))
                .isEqualTo(new NotTheSameDisk(
                        List.of(new Culprit("d2", "cannot be read: d2 did not answer within 2000 ms")),
                        Aftermath.NOTHING_WRITTEN));
        assertThat(disk.lastSector(512)).isEqualTo(BLANK);
    }

    @Test
    void whenNoDeviceTakesTheWriteEachSaysWhy() {
        d1.on(IoOp.WRITE, Fault.FAILS);
        d2.with();

        assertThat(label(Options.CAREFUL, d1, d2))
                .isInstanceOfSatisfying(
                        NotWritten.class,
                        result -> assertThat(result.culprits())
                                .extracting(Culprit::toString)
                                .containsExactly(
                                        "d1 could not be written: input/output error",
                                        "d2 could not be written: WRITE on a read-only device"));
    }

    @Test
    void aWriteThatWasDoneButNotAnsweredIsTakenBackAsFarAsCanBeKnown() {
        d1.on(IoOp.FLUSH, Fault.FAILS);

        assertThat(label(Options.CAREFUL, d1))
                .isInstanceOfSatisfying(
                        NotWritten.class,
                        result -> assertThat(result.aftermath()).isEqualTo(Aftermath.UNCERTAIN));
    }

    @Test
    void aCulpritThatCannotBeReadDoesNotMakeTakingBackUncertain() {
        stranger.failingAfterReads(1);

        assertThat(label(Options.CAREFUL, d1, stranger))
                .isEqualTo(new NotTheSameDisk(
                        List.of(new Culprit("x", "cannot be read: input/output error")), Aftermath.TAKEN_BACK));
        assertThat(disk.lastSector(512)).isEqualTo(BLANK);
    }

    @Test
    void aDiskThatIsGoneBeforeTheLabelCouldBeTakenBackIsUncertain() {
        d1.failingAfterReads(1);

        assertThat(label(Options.CAREFUL, d1))
                .isEqualTo(new NotTheSameDisk(
                        List.of(new Culprit("d1", "cannot be read: input/output error")), Aftermath.UNCERTAIN));
    }

    @Test
    void eachDiskGetsBackItsOwnBytesWhenEveryWriteFails() {
        disk.put(SIZE - 512, text("mine"));
        other.put(SIZE - 512, text("theirs"));
        d1.on(IoOp.WRITE, Fault.DONE_BUT_FAILS).recoveringAfter(1);
        stranger.on(IoOp.WRITE, Fault.DONE_BUT_FAILS).recoveringAfter(1);

        assertThat(label(new Options(true, true), d1, stranger)).isInstanceOf(NotWritten.class);
        assertThat(disk.lastSector(512)).startsWith(text("mine"));
        assertThat(other.lastSector(512)).startsWith(text("theirs"));
    }

    @Test
    void aLabelToBeKeptIsWrittenThoughADeviceCannotBeRead() {
        d2.on(IoOp.READ, Fault.FAILS);

        assertThat(label(KEEP, d1, d2))
                .isEqualTo(new NotTheSameDisk(
                        List.of(new Culprit("d2", "cannot be read: input/output error")), Aftermath.KEPT));
        assertThat(disk.lastSector(512)).isEqualTo(LabelCodec.encode(label));
    }

    @Test
    void checkingChangesNothing() {
        assertThat(loop.await(labelling.check(List.of(d1, d2), label, Options.CAREFUL)))
                .isEmpty();
        disk.put(SIZE - 512, text("EFI PART"));
        assertThat(loop.await(labelling.check(List.of(d1, d2), label, Options.CAREFUL)))
                .containsInstanceOf(ForeignDataFound.class);
        assertThat(d1.log).allMatch(request -> request.startsWith("READ"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("a power failure at any moment leaves the last sector wholly before or wholly after")
    void powerFailure(boolean fua) {
        for (int changes = 0; changes < 6; changes++) {
            MemoryDisk victim = new MemoryDisk(SIZE);
            MemoryPath path = new MemoryPath("d1", victim, 512);
            if (fua) {
                path.with(Capability.WRITE, Capability.FLUSH, Capability.FUA);
            }
            victim.powerFailsAfter(changes);
            LabellingResult result = loop.await(labelling.label(List.of(path, stranger), label, Options.CAREFUL));
            victim.powerOn();

            assertThat(result).isNotInstanceOf(Labelled.class);
            byte[] sector = victim.lastSector(512);
            assertThat(Arrays.equals(sector, BLANK) || Arrays.equals(sector, LabelCodec.encode(label)))
                    .as("after " + changes + " changes")
                    .isTrue();
        }
    }

    @Test
    @DisplayName("a label that is reported is on the medium")
    void acknowledgedIsDurable() {
        assertThat(label(Options.CAREFUL, d1, d2)).isInstanceOf(Labelled.class);
        disk.powerOn();

        assertThat(disk.lastSector(512)).isEqualTo(LabelCodec.encode(label));
    }
}
