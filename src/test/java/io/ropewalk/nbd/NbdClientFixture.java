package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.IoLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;

/** Two event loops and a device factory on them; closing it checks that no buffer was leaked. */
final class NbdClientFixture implements AutoCloseable {
    /** Short, for tests of time-outs. */
    static final NbdClientOptions IMPATIENT = new NbdClientOptions(
            Duration.ofSeconds(2), Duration.ofMillis(700), Duration.ofMillis(10), Duration.ofMillis(200));

    /** Long, for real servers on a busy machine. */
    static final NbdClientOptions PATIENT = new NbdClientOptions(
            Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofMillis(10), Duration.ofMillis(200));

    private final long buffersBefore = activeBuffers();
    private final List<BlockDevice> devices = new ArrayList<>();
    final NettyLoops loops;
    final NbdDeviceFactory factory;

    NbdClientFixture(NbdClientOptions options) {
        this(options, Transport.best());
    }

    NbdClientFixture(NbdClientOptions options, Transport transport) {
        loops = new NettyLoops(transport, 2);
        factory = new NbdDeviceFactory(loops, options);
    }

    BlockDevice open(URI uri) {
        try {
            BlockDevice device = factory.open("disk", uri);
            devices.add(device);
            return device;
        } catch (DeviceException e) {
            throw new AssertionError(e);
        }
    }

    DeviceException refusal(URI uri) {
        return Assertions.catchThrowableOfType(DeviceException.class, () -> factory.open("disk", uri));
    }

    IoLoop loop(int index) {
        return loops.loops().get(index);
    }

    BlockChannel channel(BlockDevice device) {
        return device.open(loop(0));
    }

    /** Runs {@code task} on {@code loop} and waits for it. */
    static void runOn(IoLoop loop, Runnable task) {
        try {
            CompletableFuture.runAsync(task, loop).get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        devices.forEach(BlockDevice::close);
        loops.loops().forEach(loop -> runOn(loop, () -> {}));
        loops.close();
        // the loops' threads are gone, and with them their caches
        assertThat(activeBuffers()).as("buffers not released").isLessThanOrEqualTo(buffersBefore);
    }

    private static long activeBuffers() {
        var metric = PooledByteBufAllocator.DEFAULT.metric();
        return Stream.concat(metric.directArenas().stream(), metric.heapArenas().stream())
                .mapToLong(PoolArenaMetric::numActiveAllocations)
                .sum();
    }
}
