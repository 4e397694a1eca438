package io.ropewalk.label;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoOp;
import io.ropewalk.label.LabelChange.Done;
import io.ropewalk.label.LabelChange.Failed;
import io.ropewalk.label.LabelChange.Nothing;
import io.ropewalk.label.MemoryPath.Fault;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LabelChangerTest {
    private static final int SIZE = 1 << 20;
    private static final byte[] BLANK = new byte[512];

    private final VirtualLoop loop = new VirtualLoop();
    private final LabelChanger changer = new LabelChanger(new LabelStore(loop, Duration.ofSeconds(2), givenUp -> {}));
    private final MemoryDisk disk = new MemoryDisk(SIZE);
    private final MemoryPath d1 = new MemoryPath("d1", disk, 512);
    private final MemoryPath d2 = new MemoryPath("d2", disk, 512);
    private final Label label = Label.create("disk1", new UUID(1, 2), d1.geometry(), LabelMode.ACTIVE_PASSIVE);

    LabelChangerTest() {
        disk.put(label.exportedSizeBytes(), LabelCodec.encode(label));
    }

    private LabelReading onDisk() {
        return LabelCodec.decode(disk.lastSector(512));
    }

    @Test
    @DisplayName("R43: configure rewrites the label")
    void rewrite() {
        Label after = label.withMode(LabelMode.ACTIVE_READ);

        assertThat(loop.await(changer.rewrite(List.of(d1, d2), after))).isEqualTo(new Done("d1", List.of()));
        assertThat(disk.lastSector(512)).isEqualTo(LabelCodec.encode(after));
    }

    @Test
    @DisplayName("Q24: any good path will do")
    void rewriteThroughAnyPath() {
        d1.on(IoOp.WRITE, Fault.FAILS);
        Label after = label.withMode(LabelMode.ACTIVE_READ);

        assertThat(loop.await(changer.rewrite(List.of(d1, d2), after)))
                .isEqualTo(new Done("d2", List.of(new Culprit("d1", "could not be written: input/output error"))));
        assertThat(onDisk()).isEqualTo(new LabelReading.Decoded(after));
    }

    @Test
    @DisplayName("Q24: a change that no path carries out is no change")
    void rewriteFails() {
        d1.on(IoOp.WRITE, Fault.FAILS);
        d2.on(IoOp.READ, Fault.HANGS);

        assertThat(loop.await(changer.rewrite(List.of(d1, d2), label.withMode(LabelMode.ACTIVE_READ))))
                .isEqualTo(new Failed(List.of(
                        new Culprit("d1", "could not be written: input/output error"),
                        new Culprit("d2", "cannot be read: d2 did not answer within 2000 ms"))));
        assertThat(onDisk()).isEqualTo(new LabelReading.Decoded(label));
    }

    @Test
    void rewritingPassesOverAPathThatLeadsToAnotherDisk() {
        MemoryDisk swapped = new MemoryDisk(SIZE);
        MemoryPath wrong = new MemoryPath("w", swapped, 512);

        assertThat(loop.await(changer.rewrite(List.of(wrong, d2), label.withMode(LabelMode.ACTIVE_READ))))
                .isEqualTo(new Done("d2", List.of()));
        assertThat(swapped.lastSector(512)).isEqualTo(BLANK);
    }

    @Test
    @DisplayName("Q25: destroy erases the label of its own geom")
    void erase() {
        assertThat(loop.await(changer.erase(List.of(d1), label.uuid()))).isEqualTo(new Done("d1", List.of()));
        assertThat(disk.lastSector(512)).isEqualTo(BLANK);
    }

    @Test
    @DisplayName("Q25: destroy leaves what is not its own label")
    void eraseNothingElse() {
        assertThat(loop.await(changer.erase(List.of(d1), new UUID(9, 9).toString())))
                .isEqualTo(new Nothing(List.of(new Culprit("d1", "holds the label of disk1"))));
        disk.put(SIZE - 512, "EFI PART".getBytes(StandardCharsets.US_ASCII));
        assertThat(loop.await(changer.erase(List.of(d1), label.uuid())))
                .isEqualTo(new Nothing(List.of(new Culprit("d1", "holds no label"))));
        assertThat(d1.log).allMatch(request -> request.startsWith("READ"));
    }

    @Test
    void anEraseWhoseAnswerWasLostIsFoundDoneThroughTheNextPath() {
        d1.on(IoOp.WRITE, Fault.DONE_BUT_FAILS);

        assertThat(loop.await(changer.erase(List.of(d1, d2), label.uuid())))
                .isEqualTo(new Done("d2", List.of(new Culprit("d1", "could not be written: connection reset"))));
    }

    @Test
    void clearErasesWhateverHasOurMagic() {
        disk.put(SIZE - 512 + 16, (byte) 'x');

        assertThat(loop.await(changer.clear(d1))).isEqualTo(new Done("d1", List.of()));
        assertThat(disk.lastSector(512)).isEqualTo(BLANK);
    }

    @Test
    void clearLeavesWhatHasNot() {
        disk.put(SIZE - 512, (byte) 'g');

        assertThat(loop.await(changer.clear(d1))).isEqualTo(new Nothing(List.of(new Culprit("d1", "holds no label"))));
        assertThat(loop.await(changer.clear(new MemoryPath("tiny", new MemoryDisk(512), 512))))
                .isEqualTo(new Nothing(List.of(new Culprit("tiny", "has no room for a label"))));
    }

    @Test
    @DisplayName("Q22: a disk that grew gets its new label first, then loses the old one")
    void move() {
        disk.grow(2 * SIZE);
        Label after = label.withSize(2 * SIZE);

        assertThat(loop.await(changer.move(List.of(d1, d2), label, after))).isEqualTo(new Done("d1", List.of()));
        assertThat(disk.lastSector(512)).isEqualTo(LabelCodec.encode(after));
        assertThat(disk.read(label.exportedSizeBytes(), 512)).isEqualTo(BLANK);
        assertThat(d1.log.stream().filter(request -> request.startsWith("WRITE")))
                .containsExactly("WRITE 2096640+512", "WRITE 1048064+512");
    }

    @Test
    @DisplayName("Q22: a path that did not grow yet is passed over")
    void moveNeedsTheNewSize() {
        assertThat(loop.await(changer.move(List.of(d1), label, label.withSize(2 * SIZE))))
                .isEqualTo(new Failed(List.of(new Culprit("d1", "has not the size the label is for"))));
    }

    @Test
    @DisplayName("Q22: data that lies where the old label was is not wiped")
    void moveTwice() {
        Label after = label.withSize(2 * SIZE);
        disk.grow(2 * SIZE);
        disk.put(after.exportedSizeBytes(), LabelCodec.encode(after));
        disk.put(label.exportedSizeBytes(), (byte) 'd');

        assertThat(loop.await(changer.move(List.of(d1), label, after))).isEqualTo(new Done("d1", List.of()));
        assertThat(disk.read(label.exportedSizeBytes(), 1)).containsExactly('d');
    }

    @Test
    @DisplayName("Q25: a disk that shows the label neither at its old end nor at its new one is left as it is")
    void moveOnAnotherDisk() {
        disk.grow(2 * SIZE);
        disk.put(label.exportedSizeBytes(), (byte) 'd');
        disk.put(2 * SIZE - 512, (byte) 'e');

        LabelChange change = loop.await(changer.move(List.of(d1), label, label.withSize(2 * SIZE)));

        assertThat(change).isInstanceOf(Nothing.class);
        assertThat(disk.read(2 * SIZE - 512, 1)).containsExactly('e');
    }

    @Test
    @DisplayName("Q22: a power failure at any moment of a move leaves no label, or the new one, in the last sector")
    void movePowerFailure() {
        for (int changes = 0; changes < 5; changes++) {
            MemoryDisk victim = new MemoryDisk(SIZE);
            victim.put(label.exportedSizeBytes(), LabelCodec.encode(label));
            victim.grow(2 * SIZE);
            MemoryPath path = new MemoryPath("d1", victim, 512);
            Label after = label.withSize(2 * SIZE);
            victim.powerFailsAfter(changes);
            LabelChange change = loop.await(changer.move(List.of(path), label, after));
            victim.powerOn();

            byte[] sector = victim.lastSector(512);
            boolean moved = Arrays.equals(sector, LabelCodec.encode(after));
            boolean oldStands = Arrays.equals(victim.read(label.exportedSizeBytes(), 512), LabelCodec.encode(label));
            assertThat(moved || (Arrays.equals(sector, BLANK) && oldStands))
                    .as("after " + changes)
                    .isTrue();
            assertThat(moved || change instanceof Failed).as("after " + changes).isTrue();
        }
    }

    @Test
    @DisplayName(
            "R43, R48: a power failure at any moment of rewriting or erasing leaves the label, or what was asked for")
    void rewriteAndErasePowerFailure() {
        Label after = label.withMode(LabelMode.ACTIVE_READ);
        assertBeforeOrAfter(device -> changer.rewrite(List.of(device), after), LabelCodec.encode(after));
        assertBeforeOrAfter(device -> changer.erase(List.of(device), label.uuid()), BLANK);
    }

    private void assertBeforeOrAfter(Function<MemoryPath, CompletableFuture<LabelChange>> change, byte[] after) {
        byte[] before = LabelCodec.encode(label);
        for (int changes = 0; changes < 3; changes++) {
            MemoryDisk victim = new MemoryDisk(SIZE);
            victim.put(label.exportedSizeBytes(), before);
            victim.powerFailsAfter(changes);
            LabelChange told = loop.await(change.apply(new MemoryPath("d1", victim, 512)));
            victim.powerOn();

            byte[] sector = victim.lastSector(512);
            assertThat(Arrays.equals(sector, before) || Arrays.equals(sector, after))
                    .isTrue();
            assertThat(told instanceof Done).isEqualTo(changes == 2).isEqualTo(Arrays.equals(sector, after));
        }
    }
}
