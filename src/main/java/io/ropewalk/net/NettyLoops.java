package io.ropewalk.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The service's event loops, one thread each. Any thread may ask. */
public final class NettyLoops implements AutoCloseable {
    static {
        // Netty follows one buffer in 128, with all its slices: a stack trace for each request in it. And it takes
        // neighbours that leave as one, held by the buffer below the one it follows, for a leak. Tests count the pool's
        // buffers instead.
        if (System.getProperty("io.netty.leakDetection.level") == null) {
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
        keepReceiveBuffers();
    }

    private final Transport transport;
    private final MultiThreadIoEventLoopGroup group;
    private final Map<EventLoop, NettyLoop> byEventLoop = new IdentityHashMap<>();
    private final List<NettyLoop> loops;
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * Starts the loops.
     *
     * @param threads how many, 1 or more
     */
    public NettyLoops(Transport transport, int threads) {
        this.transport = transport;
        this.group = new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory("io", true), transport.handlerFactory());
        ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
        for (EventExecutor executor : group) {
            SingleThreadIoEventLoop eventLoop = (SingleThreadIoEventLoop) executor;
            byEventLoop.put(eventLoop, new NettyLoop(eventLoop, allocator));
        }
        this.loops = List.copyOf(byEventLoop.values());
    }

    public Transport transport() {
        return transport;
    }

    /** Every loop, in a fixed order. */
    public List<NettyLoop> loops() {
        return loops;
    }

    /** The loops in turn, for work that has no home yet. */
    public NettyLoop next() {
        return loops.get(Math.floorMod(turn.getAndIncrement(), loops.size()));
    }

    /** The loop that {@code channel} lives on. */
    public NettyLoop of(Channel channel) {
        NettyLoop loop = byEventLoop.get(channel.eventLoop());
        if (loop == null) {
            throw new IllegalArgumentException(channel + " does not live on one of our loops");
        }
        return loop;
    }

    /** The group that accepts and serves channels. */
    public MultiThreadIoEventLoopGroup group() {
        return group;
    }

    public Class<? extends Channel> clientChannel(boolean unixSocket) {
        return transport.clientChannel(unixSocket);
    }

    public Class<? extends ServerChannel> serverChannel(boolean unixSocket) {
        return transport.serverChannel(unixSocket);
    }

    /**
     * Receive buffers of up to 2 MiB stay with their loop. By default only those of up to 32 KiB do; larger ones empty a
     * chunk of the pool again and again, and each new chunk is 4 MiB for the kernel and for Java to clear. What was not
     * used for a while goes back. Netty reads this when its pool is first used, hence before.
     */
    private static void keepReceiveBuffers() {
        setUnlessSet("io.netty.allocator.maxCachedBufferCapacity", 5 << 19);
        setUnlessSet("io.netty.allocator.normalCacheSize", 8);
        setUnlessSet("io.netty.allocator.cacheTrimIntervalMillis", 5_000);
    }

    private static void setUnlessSet(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(6, TimeUnit.SECONDS);
    }
}
