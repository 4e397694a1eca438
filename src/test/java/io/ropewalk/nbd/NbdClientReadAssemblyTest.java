package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NbdClientReadAssemblyTest {
    private static final int LENGTH = 4096;

    private final NbdClientReadAssembly assembly = new NbdClientReadAssembly(UnpooledByteBufAllocator.DEFAULT, LENGTH);

    @AfterEach
    void release() {
        assembly.release();
    }

    @Test
    void piecesInAnyOrderMakeTheWhole() throws NbdClientViolation {
        byte[] wanted = new byte[LENGTH];
        Random random = new Random(1);
        random.nextBytes(wanted);
        ByteBuf source = Unpooled.wrappedBuffer(wanted);
        List<Integer> cuts = new ArrayList<>(List.of(0));
        while (cuts.getLast() < LENGTH) {
            cuts.add(Math.min(LENGTH, cuts.getLast() + 1 + random.nextInt(50)));
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i + 1 < cuts.size(); i++) {
            order.add(i);
        }
        Collections.shuffle(order, random);
        for (int i : order) {
            assertThat(assembly.isComplete()).isFalse();
            assembly.addData(cuts.get(i), source, cuts.get(i), cuts.get(i + 1) - cuts.get(i));
        }
        assertThat(assembly.isComplete()).isTrue();
        assertThat(assembly.take()).isEqualTo(source);
        assertThat(assembly.take().readerIndex()).isEqualTo(NbdClientReadAssembly.HEADROOM);
    }

    @Test
    void holesAreZeroes() throws NbdClientViolation {
        assembly.addHole(0, LENGTH);
        assertThat(assembly.isComplete()).isTrue();
        assertThat(assembly.take()).isEqualTo(Unpooled.wrappedBuffer(new byte[LENGTH]));
    }

    @Test
    void overlapsAreRefused() throws NbdClientViolation {
        assembly.addHole(100, 100);
        for (int[] bad : new int[][] {{100, 100}, {100, 1}, {199, 1}, {99, 2}, {0, 4096}, {150, 10}, {199, 50}}) {
            assertThatThrownBy(() -> assembly.addHole(bad[0], bad[1])).hasMessageContaining("twice");
        }
        assembly.addHole(200, 1);
        assembly.addHole(99, 1);
        assertThat(assembly.isComplete()).isFalse();
    }

    @Test
    void whatWasNotAskedForIsRefused() {
        for (long[] bad :
                new long[][] {{-1, 2}, {LENGTH, 1}, {0, LENGTH + 1}, {0, 0}, {Long.MIN_VALUE, 1}, {1L << 40, 1}}) {
            assertThatThrownBy(() -> assembly.addHole(bad[0], bad[1])).hasMessageContaining("outside");
        }
    }

    @Test
    void shredsAreRefused() {
        NbdClientReadAssembly large = new NbdClientReadAssembly(UnpooledByteBufAllocator.DEFAULT, 1 << 20);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 1 << 20; i += 2) {
                        large.addHole(i, 1);
                    }
                })
                .hasMessageContaining("4096 pieces");
        large.release();
    }
}
