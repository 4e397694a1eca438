package io.ropewalk.label;

import io.ropewalk.block.Geometry;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Labels, as a scan of many devices reads them. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LabelBench {
    private final Label label =
            Label.create("disk1", new UUID(1, 2), Geometry.of(1L << 30, 512), LabelMode.ACTIVE_ACTIVE);
    private final byte[] sector = LabelCodec.encode(label);
    private final byte[] foreign = new byte[512];

    @Benchmark
    public byte[] encode() {
        return LabelCodec.encode(label);
    }

    @Benchmark
    public Object decode() {
        return LabelCodec.decode(sector);
    }

    @Benchmark
    public Object decodeOfAnUnlabelledSector() {
        return LabelCodec.decode(foreign);
    }
}
