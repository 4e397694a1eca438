package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The headers of replies, as they are written before data that are passed on. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBench {
    @Param({"SIMPLE", "STRUCTURED", "EXTENDED"})
    String layout = "";

    private NbdReplyFormat format = NbdReplyFormat.SIMPLE;
    private ByteBuf out = io.netty.buffer.Unpooled.EMPTY_BUFFER;
    private long cookie;

    @Setup
    public void prepare() {
        format = NbdReplyFormat.valueOf(layout);
        out = PooledByteBufAllocator.DEFAULT.directBuffer(4096);
    }

    @TearDown
    public void release() {
        out.release();
    }

    @Benchmark
    public ByteBuf dataHeader() {
        out.clear();
        format.writeDataHeader(out, cookie++, 4096, 4096);
        return out;
    }

    @Benchmark
    public ByteBuf done() {
        out.clear();
        format.writeDone(out, cookie++, 4096);
        return out;
    }
}
