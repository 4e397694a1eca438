package io.ropewalk.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.awaitility.Awaitility;

/**
 * A channel for a test's own thread: submits on the channel's loop and waits for the answer, with a deadline. On the
 * way it checks what every device owes: the answer comes on the loop, a READ gives exactly what was asked for, its
 * headroom may be overwritten.
 */
public final class Requests {
    /** How long a test waits for anything. */
    public static final Duration DEADLINE = Duration.ofSeconds(30);

    /** Ways to lay out a WRITE's bytes in memory. */
    public enum Layout {
        DIRECT,
        HEAP,
        /** A slice of a larger direct buffer, with 32 bytes of headroom, at an odd address. */
        SLICE,
        /** Several direct and heap pieces. */
        COMPOSITE,
        READ_ONLY
    }

    private final BlockChannel channel;
    private final ConcurrentLinkedQueue<ByteBuf> buffers = new ConcurrentLinkedQueue<>();

    public Requests(BlockChannel channel) {
        this.channel = channel;
    }

    /** Opens a channel of {@code device} on {@code loop}. */
    public static Requests open(BlockDevice device, IoLoop loop) {
        return new Requests(device.open(loop));
    }

    public BlockChannel channel() {
        return channel;
    }

    public byte[] read(long offset, int length) {
        return await(readLater(offset, length)).bytes();
    }

    public Answer write(long offset, byte[] bytes) {
        return await(writeLater(offset, bytes, IoFlags.NONE));
    }

    public Answer write(long offset, byte[] bytes, int flags) {
        return await(writeLater(offset, bytes, flags));
    }

    public Answer write(long offset, byte[] bytes, Layout layout) {
        return await(writeLater(offset, bytes, IoFlags.NONE, layout));
    }

    public Answer flush() {
        return await(askLater(IoOp.FLUSH, 0, 0, IoFlags.NONE));
    }

    /** Any request but a WRITE. */
    public Answer ask(IoOp op, long offset, long length, int flags) {
        return await(askLater(op, offset, length, flags));
    }

    public CompletableFuture<Answer> readLater(long offset, long length) {
        return askLater(IoOp.READ, offset, length, IoFlags.NONE);
    }

    public CompletableFuture<Answer> askLater(IoOp op, long offset, long length, int flags) {
        Pending pending = new Pending();
        channel.loop().execute(() -> submit(pending.fill(op, offset, length, flags)));
        return pending.answer;
    }

    public CompletableFuture<Answer> writeLater(long offset, byte[] bytes, int flags) {
        return writeLater(offset, bytes, flags, Layout.DIRECT);
    }

    public CompletableFuture<Answer> writeLater(long offset, byte[] bytes, int flags, Layout layout) {
        Pending pending = new Pending();
        channel.loop().execute(() -> submit(pending.fillWrite(offset, bytes, flags, layout)));
        return pending.answer;
    }

    /** Submits at once; the caller is on the loop. */
    public CompletableFuture<Answer> askNow(IoOp op, long offset, long length, int flags) {
        Pending pending = new Pending();
        submit(pending.fill(op, offset, length, flags));
        return pending.answer;
    }

    /** Submits at once; the caller is on the loop. */
    public CompletableFuture<Answer> writeNow(long offset, byte[] bytes, int flags) {
        Pending pending = new Pending();
        submit(pending.fillWrite(offset, bytes, flags, Layout.DIRECT));
        return pending.answer;
    }

    /** Runs {@code action} on the loop and gives what it gave. */
    public <T> T onLoop(Function<BlockChannel, T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        channel.loop().execute(() -> {
            try {
                result.complete(action.apply(channel));
            } catch (Throwable problem) {
                result.completeExceptionally(problem);
            }
        });
        return await(result);
    }

    /** Aborts the channel, on its loop. */
    public void abort(IoError error) {
        onLoop(open -> {
            open.abort(error);
            return true;
        });
    }

    /** Closes the channel, on its loop. */
    public void close() {
        onLoop(open -> {
            open.close();
            return true;
        });
    }

    /** Every buffer that went out or came back has no owner any more. */
    public void assertNothingHeld() {
        Awaitility.await("buffers of requests and answers are released")
                .atMost(DEADLINE)
                .untilAsserted(() -> assertThat(buffers)
                        .allSatisfy(buffer -> assertThat(buffer.refCnt()).isZero()));
    }

    /** The result of {@code future}, or a failed assertion when it takes longer than {@link #DEADLINE}. */
    public static <T> T await(CompletableFuture<T> future) {
        try {
            return future.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + DEADLINE, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public static List<Answer> awaitAll(List<CompletableFuture<Answer>> futures) {
        return futures.stream().map(Requests::await).toList();
    }

    private void submit(Pending pending) {
        try {
            channel.submit(pending);
        } catch (RuntimeException e) {
            pending.answer.completeExceptionally(e);
        }
    }

    private ByteBuf lay(byte[] bytes, Layout layout) {
        ByteBufAllocator allocator = channel.loop().allocator();
        return switch (layout) {
            case DIRECT -> allocator.directBuffer(bytes.length).writeBytes(bytes);
            case HEAP -> allocator.heapBuffer(bytes.length).writeBytes(bytes);
            case SLICE ->
                allocator
                        .directBuffer(bytes.length + 40)
                        .writeZero(33)
                        .writeBytes(bytes)
                        .writeZero(7)
                        .slice(33, bytes.length);
            case COMPOSITE -> composite(allocator, bytes);
            case READ_ONLY ->
                allocator.directBuffer(bytes.length).writeBytes(bytes).asReadOnly();
        };
    }

    private static ByteBuf composite(ByteBufAllocator allocator, byte[] bytes) {
        int first = bytes.length / 3;
        int second = bytes.length / 2;
        return allocator
                .compositeBuffer()
                .addComponent(true, allocator.directBuffer().writeBytes(bytes, 0, first))
                .addComponent(true, allocator.heapBuffer().writeBytes(bytes, first, second - first))
                .addComponent(true, allocator.directBuffer().writeBytes(bytes, second, bytes.length - second));
    }

    /** One question on its way. */
    private final class Pending extends IoRequest {
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();

        Pending fill(IoOp op, long offset, long length, int flags) {
            ask(op, offset, length, flags);
            return this;
        }

        Pending fillWrite(long offset, byte[] bytes, int flags, Layout layout) {
            ByteBuf payload = lay(bytes, layout);
            buffers.add(payload);
            askWrite(offset, flags, payload, 0);
            return this;
        }

        @Override
        protected void onAnswer() {
            try {
                answer.complete(look());
            } catch (Throwable problem) {
                answer.completeExceptionally(problem);
            }
        }

        private Answer look() {
            assertThat(channel.loop().inLoop()).as("answered on the loop").isTrue();
            byte[] data = null;
            if (op() == IoOp.READ && error() == null) {
                data = drain(takeData());
            }
            if (op() == IoOp.WRITE) {
                payload().release();
            }
            return new Answer(toString(), error(), data, extents());
        }

        private byte[] drain(ByteBuf data) {
            buffers.add(data);
            try {
                assertThat(data.readableBytes()).as("bytes read").isEqualTo((int) length());
                int headroom = dataHeadroom();
                assertThat(data.readerIndex()).as("room for the headroom").isGreaterThanOrEqualTo(headroom);
                for (int index = data.readerIndex() - headroom; index < data.readerIndex(); index++) {
                    data.setByte(index, 0xEE);
                }
                return ByteBufUtil.getBytes(data);
            } finally {
                data.release();
            }
        }
    }
}
