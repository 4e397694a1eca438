package io.ropewalk.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import io.ropewalk.engine.Fences.Fence;
import io.ropewalk.testing.ScriptedDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FencesTest {
    private static final long SPAN = 1000;

    private final IoPath path = new IoPath(new ScriptedDevice("md0", new ScriptedDevice.Disk(1)), 0);
    private final Fences fences = new Fences();

    @ParameterizedTest
    @CsvSource({"90, 10, false", "90, 11, true", "100, 10, true", "104, 1, true", "109, 50, true", "110, 10, false"})
    void whatOverlapsByOneByteWaits(long offset, long length, boolean waits) {
        fence(100, 10);
        fence(300, 10);
        assertThat(fences.hold(request(IoOp.WRITE_ZEROES, offset, length))).isEqualTo(waits);
    }

    @ParameterizedTest
    @EnumSource
    void onlyChangesWait(IoOp op) {
        fence(0, 10);
        assertThat(fences.hold(request(op, 0, 10))).isEqualTo(op.changesData());
    }

    @Test
    void aLongFenceIsSeenBehindShortOnes() {
        fence(0, SPAN);
        fence(10, 1);
        fence(20, 1);
        assertThat(fences.hold(request(IoOp.TRIM, 500, 1))).isTrue();
    }

    @Test
    void ofTwoAlikeEachStandsForItself() {
        Fence first = fence(0, 10);
        Fence second = fence(0, 10);
        assertThat(fences.remove(first)).isTrue();
        assertThat(fences.remove(first)).isFalse();
        assertThat(fences.hold(request(IoOp.TRIM, 0, 1))).isTrue();
        assertThat(fences.remove(second)).isTrue();
        assertThat(fences.hold(request(IoOp.TRIM, 0, 1))).isFalse();
        assertThat(fences.isEmpty()).isTrue();
    }

    @Test
    void manyAreAsOneAfterTheOther() {
        Random random = new Random(1);
        List<Fence> standing = new ArrayList<>();
        for (int step = 0; step < 5000; step++) {
            if (random.nextInt(3) > 0 || standing.isEmpty()) {
                standing.add(fence(random.nextLong(SPAN), 1 + random.nextLong(20)));
            } else {
                fences.remove(standing.remove(random.nextInt(standing.size())));
            }
            if (standing.size() > 40) {
                fences.remove(standing.removeFirst());
            }
            long offset = random.nextLong(SPAN);
            long end = offset + 1 + random.nextLong(30);
            boolean waits = standing.stream()
                    .anyMatch(fence -> fence.offset() < end && offset < fence.offset() + fence.length());
            assertThat(fences.hold(request(IoOp.TRIM, offset, end - offset))).isEqualTo(waits);
        }
    }

    private Fence fence(long offset, long length) {
        Fence fence = new Fence(path, request(IoOp.TRIM, offset, length), new Settlement());
        fences.add(fence);
        return fence;
    }

    private static IoRequest request(IoOp op, long offset, long length) {
        return new IoRequest() {
            {
                ask(op, offset, length, 0);
            }

            @Override
            protected void onAnswer() {}
        };
    }
}
