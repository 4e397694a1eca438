package io.ropewalk.bench;

import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.net.NettyLoop;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.net.URI;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Random reads of 4 KiB from a local disk through our own file device and nothing else, to put beside fio's:
 * {@code DiskLoad TRANSPORT URI DEPTH SECONDS}. Only epoll's loops have the ring; with nio, threads do the same.
 */
final class DiskLoad {
    private static final int BLOCK = 4096;
    private static final AtomicLong DONE = new AtomicLong();

    private DiskLoad() {}

    static void main(String[] arguments) throws Exception {
        NettyLoops loops = new NettyLoops(Transport.valueOf(arguments[0].toUpperCase(Locale.ROOT)), 1);
        BlockDevice disk = new FileDeviceFactory().open("disk", URI.create(arguments[1]));
        int depth = Integer.parseInt(arguments[2]);
        int seconds = Integer.parseInt(arguments[3]);
        NettyLoop loop = loops.next();
        BlockChannel channel = disk.open(loop);
        loop.execute(() -> {
            for (int i = 0; i < depth; i++) {
                new Reader(channel, i).next();
            }
        });
        for (int second = 0; second < seconds; second++) {
            long before = DONE.get();
            long cpuBefore = cpuNanos();
            TimeUnit.SECONDS.sleep(1);
            long done = DONE.get() - before;
            double micros = (cpuNanos() - cpuBefore) / 1000.0 / Math.max(done, 1);
            System.out.printf("%,d IOPS, %.2f us of processor time each%n", done, micros);
        }
        System.exit(0);
    }

    private static long cpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private static final class Reader extends IoRequest {
        private final BlockChannel channel;
        private final long blocks;
        private long random;

        Reader(BlockChannel channel, int seed) {
            this.channel = channel;
            this.blocks = channel.device().geometry().sizeBytes() / BLOCK;
            this.random = seed * 0x9E3779B97F4A7C15L + 1;
        }

        void next() {
            random ^= random << 13;
            random ^= random >>> 7;
            random ^= random << 17;
            ask(IoOp.READ, Math.floorMod(random, blocks) * BLOCK, BLOCK, 0);
            channel.submit(this);
        }

        @Override
        protected void onAnswer() {
            if (error() != null) {
                throw new IllegalStateException(error().message());
            }
            takeData().release();
            DONE.incrementAndGet();
            next();
        }
    }
}
