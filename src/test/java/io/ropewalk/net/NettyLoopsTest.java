package io.ropewalk.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NettyLoopsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @ParameterizedTest
    @ValueSource(ints = {264 << 10, (1 << 20) + 28, 2 << 20})
    void aReceiveBuffer_staysWithItsLoop(int bytes) {
        try (NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
            await().atMost(PATIENCE).until(() -> on(loops, () -> buffersGivenBack(loops, bytes) == 0));
        }
    }

    @Test
    void aBufferBeyondTheLongestExpectedMessage_goesBackToThePool() {
        try (NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
            await().atMost(PATIENCE).until(() -> on(loops, () -> buffersGivenBack(loops, 3 << 20) == 1));
        }
    }

    @Test
    void whatALoopKept_goesBackWhenItIsNotUsed() {
        long before = activeBuffers();
        try (NettyLoops loops = new NettyLoops(Transport.best(), 1)) {
            assertThat(on(loops, () -> buffersGivenBack(loops, 1 << 20))).isZero();
            await().atMost(PATIENCE).until(() -> activeBuffers() <= before);
        }
    }

    /** How many of one buffer that is got and released go back to the pool that all threads share. */
    private static long buffersGivenBack(NettyLoops loops, int bytes) {
        ByteBufAllocator allocator = loops.loops().getFirst().allocator();
        ByteBuf buffer = allocator.directBuffer(bytes);
        long held = activeBuffers();
        buffer.release();
        return held - activeBuffers();
    }

    private static long activeBuffers() {
        return PooledByteBufAllocator.DEFAULT.metric().directArenas().stream()
                .mapToLong(PoolArenaMetric::numActiveAllocations)
                .sum();
    }

    private static <T> T on(NettyLoops loops, Callable<T> task) {
        return loops.loops()
                .getFirst()
                .eventLoop()
                .submit(task)
                .syncUninterruptibly()
                .getNow();
    }
}
