package io.ropewalk.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.util.concurrent.Future;
import io.ropewalk.block.IoLoop;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One Netty event loop as an {@link IoLoop}. */
public final class NettyLoop implements IoLoop {
    private final SingleThreadIoEventLoop eventLoop;
    private final ByteBufAllocator allocator;

    NettyLoop(SingleThreadIoEventLoop eventLoop, ByteBufAllocator allocator) {
        this.eventLoop = eventLoop;
        this.allocator = allocator;
    }

    /** For channels that are to live on this loop. */
    public EventLoop eventLoop() {
        return eventLoop;
    }

    @Override
    public boolean inLoop() {
        return eventLoop.inEventLoop();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void execute(Runnable task) {
        eventLoop.execute(task);
    }

    @Override
    public Timer schedule(Runnable task, long delayNanos) {
        Future<?> future = eventLoop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        eventLoop.executeAfterEventLoopIteration(task);
    }

    @Override
    public @Nullable Watch watch(int fd, Runnable onReadable) {
        return eventLoop.isCompatible(EpollIoHandle.class) ? EpollWatch.begin(eventLoop, fd, onReadable) : null;
    }

    @Override
    public ByteBufAllocator allocator() {
        return allocator;
    }
}
