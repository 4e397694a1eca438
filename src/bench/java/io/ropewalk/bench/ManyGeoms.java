package io.ropewalk.bench;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.engine.EngineObserver;
import io.ropewalk.engine.Geom;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.nbd.NbdClientOptions;
import io.ropewalk.nbd.NbdDeviceFactory;
import io.ropewalk.net.NettyLoops;
import io.ropewalk.net.Transport;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * What many geoms cost: {@code ManyGeoms URI PATHS COUNT...} makes geoms of so many paths to one NBD server until there
 * are as many as each {@code COUNT} says, reads once through each so that its lane has its connections, and tells time
 * and memory for each step.
 */
final class ManyGeoms {
    private ManyGeoms() {}

    static void main(String[] arguments) throws Exception {
        NettyLoops loops = new NettyLoops(Transport.best(), 2);
        NbdDeviceFactory factory = new NbdDeviceFactory(loops, NbdClientOptions.DEFAULTS);
        URI uri = URI.create(arguments[0]);
        int paths = Integer.parseInt(arguments[1]);
        List<Geom> geoms = new ArrayList<>();
        System.out.println("geoms   ms for these   heap KiB/geom   direct KiB/geom   resident KiB/geom");
        long heapBefore = heapBytes();
        long residentBefore = residentBytes();
        for (int i = 2; i < arguments.length; i++) {
            int count = Integer.parseInt(arguments[i]);
            long start = System.nanoTime();
            while (geoms.size() < count) {
                geoms.add(geom(loops, factory, uri, paths, geoms.size()));
            }
            long millis = (System.nanoTime() - start) / 1_000_000;
            System.out.printf(
                    "%5d %12d %15.1f %17.1f %19.1f%n",
                    count,
                    millis,
                    (heapBytes() - heapBefore) / 1024.0 / count,
                    directBytes() / 1024.0 / count,
                    (residentBytes() - residentBefore) / 1024.0 / count);
        }
        System.exit(0);
    }

    private static Geom geom(NettyLoops loops, NbdDeviceFactory factory, URI uri, int paths, int number)
            throws Exception {
        List<BlockDevice> devices = new ArrayList<>();
        for (int i = 0; i < paths; i++) {
            devices.add(factory.open("d" + number + "-" + i, uri));
        }
        IoLoop loop = loops.next();
        Geom geom = Geom.create(
                "geom" + number,
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_ACTIVE,
                Policies.DEFAULT,
                null,
                devices,
                loop,
                Instant::now,
                EngineObserver.NONE);
        for (int i = 0; i < paths; i++) {
            readOnce(geom, loop);
        }
        return geom;
    }

    private static void readOnce(Geom geom, IoLoop loop) throws InterruptedException {
        CountDownLatch read = new CountDownLatch(1);
        loop.execute(() -> geom.open(loop).submit(new Once(read)));
        read.await();
    }

    private static long heapBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    private static long residentBytes() throws IOException {
        String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
        return Long.parseLong(pages) * 4096;
    }

    private static final class Once extends IoRequest {
        private final CountDownLatch done;

        Once(CountDownLatch done) {
            this.done = done;
            ask(IoOp.READ, 0, 4096, 0);
        }

        @Override
        protected void onAnswer() {
            if (error() == null) {
                takeData().release();
            }
            done.countDown();
        }
    }
}
