package io.ropewalk.engine;

import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.Settlement;
import io.ropewalk.engine.Fences.Fence;
import io.ropewalk.testing.ScriptedDevice;
import io.ropewalk.testing.ScriptedDevice.Disk;
import io.ropewalk.testing.VirtualLoop;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What every request is asked before it is sent: which path (R7–R9), and whether a fence is in its way. */
@State(Scope.Thread)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChoiceBench {
    @Param({"2", "4", "64"})
    int paths;

    @Param({"0", "16"})
    int fenced;

    private LanePath[] usable = {};
    private final Fences fences = new Fences();
    private final BenchRequest request = new BenchRequest();

    @Setup
    public void prepare() {
        IoLoop loop = new VirtualLoop();
        Disk disk = new Disk(1 << 20);
        usable = new LanePath[paths];
        for (int i = 0; i < paths; i++) {
            ScriptedDevice device = new ScriptedDevice("path" + i, disk);
            usable[i] = new LanePath(null, new IoPath(device, i), null, device.open(loop), 0);
        }
        for (int i = 0; i < fenced; i++) {
            request.at(1_000_000L + i * 8192L);
            fences.add(new Fence(usable[0].path, request, new Settlement()));
        }
        request.at(4096);
    }

    @Benchmark
    public Object activePassive() {
        return PathSelector.choose(Mode.ACTIVE_PASSIVE, IoOp.READ, usable, usable[1], 0);
    }

    @Benchmark
    public Object activeActive() {
        return PathSelector.choose(Mode.ACTIVE_ACTIVE, IoOp.READ, usable, null, 0);
    }

    @Benchmark
    public boolean fence() {
        return fences.hold(request);
    }

    private static final class BenchRequest extends io.ropewalk.block.IoRequest {
        void at(long offset) {
            ask(IoOp.WRITE_ZEROES, offset, 4096, 0);
        }

        @Override
        protected void onAnswer() {}
    }
}
