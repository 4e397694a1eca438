package io.ropewalk.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A request that a test thread waits for. Uses its answer's headroom up, to see that it may. */
final class NbdClientTestRequest extends IoRequest {
    private static final long DEADLINE_SECONDS = 20;

    private final CompletableFuture<NbdClientTestRequest> answered = new CompletableFuture<>();
    private @Nullable ByteBuf written;
    private byte[] bytes = new byte[0];
    private @Nullable Runnable onAnswer;

    static NbdClientTestRequest of(IoOp op, long offset, long length, int flags) {
        NbdClientTestRequest request = new NbdClientTestRequest();
        request.ask(op, offset, length, flags);
        return request;
    }

    static NbdClientTestRequest read(long offset, int length) {
        return of(IoOp.READ, offset, length, 0);
    }

    static NbdClientTestRequest write(long offset, int flags, byte[] bytes, int headroom) {
        NbdClientTestRequest request = new NbdClientTestRequest();
        ByteBuf payload = Unpooled.directBuffer(headroom + bytes.length);
        payload.writeZero(headroom).writeBytes(bytes).readerIndex(headroom);
        request.written = payload;
        request.askWrite(offset, flags, payload, headroom);
        return request;
    }

    NbdClientTestRequest whenAnswered(Runnable task) {
        onAnswer = task;
        return this;
    }

    /** Submits on the channel's loop. */
    NbdClientTestRequest on(BlockChannel channel) {
        channel.loop().execute(() -> channel.submit(this));
        return this;
    }

    boolean isAnswered() {
        return answered.isDone();
    }

    NbdClientTestRequest await() {
        try {
            return answered.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("no answer to " + this, e);
        }
    }

    byte[] awaitData() {
        awaitSuccess();
        return bytes;
    }

    List<Extent> awaitExtents() {
        awaitSuccess();
        return extents();
    }

    void awaitSuccess() {
        assertThat(await().error()).as("error of %s", this).isNull();
    }

    IoError awaitError() {
        IoError error = await().error();
        assertThat(error).as("error of %s", this).isNotNull();
        return java.util.Objects.requireNonNull(error);
    }

    @Override
    protected void onAnswer() {
        if (op() == IoOp.READ && error() == null) {
            ByteBuf data = takeData();
            bytes = new byte[data.readableBytes()];
            data.setZero(data.readerIndex() - dataHeadroom(), dataHeadroom());
            data.readBytes(bytes).release();
        }
        if (written != null) {
            written.release();
        }
        if (onAnswer != null) {
            onAnswer.run();
        }
        answered.complete(this);
    }
}
