package io.ropewalk.block;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One question to a device and, later, its answer; GEOM's {@code bio}. Whoever asks subclasses it and may use the same
 * object again once it is answered, so that a request costs no garbage.
 *
 * <p>Life: {@link #ask} fills in the question, {@link BlockChannel#submit} sends it, the device answers exactly once by
 * one of the {@code succeed} methods or {@link #fail}, and {@link #onAnswer} is called. All of that on the channel's
 * loop; the answer may come before {@code submit} returns. Not thread-safe.
 *
 * <p><b>Buffers.</b> The bytes of a WRITE belong to the asker: it keeps its reference until the answer, a device that
 * needs them longer retains them. The bytes of a READ's answer belong to the asker from {@link #onAnswer} on, who
 * releases them. <b>Headroom</b> is the count of bytes just before the buffer's reader index that belong to this
 * request alone and may be overwritten by whoever passes the bytes on, so that a protocol header and its payload leave
 * as one range. It may be 0.
 */
public abstract class IoRequest {
    private IoOp op = IoOp.FLUSH;
    private long offset;
    private long length;
    private int flags;
    private @Nullable ByteBuf payload;
    private int payloadHeadroom;

    private boolean pending;
    private @Nullable IoError error;
    private @Nullable ByteBuf data;
    private int dataHeadroom;
    private List<Extent> extents = List.of();

    /** Fills in a question without payload. {@code offset} and {@code length} in bytes, both 0 for FLUSH. */
    protected final void ask(IoOp op, long offset, long length, int flags) {
        requireIdle();
        this.op = op;
        this.offset = offset;
        this.length = length;
        this.flags = flags;
        this.payload = null;
        this.payloadHeadroom = 0;
        this.error = null;
        this.extents = List.of();
    }

    /** Fills in a WRITE of the readable bytes of {@code payload}. */
    protected final void askWrite(long offset, int flags, ByteBuf payload, int headroom) {
        ask(IoOp.WRITE, offset, payload.readableBytes(), flags);
        this.payload = payload;
        this.payloadHeadroom = headroom;
    }

    /** Fills in the same question as {@code other}'s, sharing its payload. */
    protected final void askSame(IoRequest other, boolean mayUseHeadroom) {
        ask(other.op, other.offset, other.length, other.flags);
        this.payload = other.payload;
        this.payloadHeadroom = mayUseHeadroom ? other.payloadHeadroom : 0;
    }

    public final IoOp op() {
        return op;
    }

    /** First byte, from the start of the device. */
    public final long offset() {
        return offset;
    }

    /** Bytes asked for. */
    public final long length() {
        return length;
    }

    /** Bits of {@link IoFlags}. */
    public final int flags() {
        return flags;
    }

    public final boolean isFua() {
        return (flags & IoFlags.FUA) != 0;
    }

    /** The bytes of a WRITE. */
    public final ByteBuf payload() {
        return Objects.requireNonNull(payload, "only a WRITE has a payload");
    }

    /** See the class comment. */
    public final int payloadHeadroom() {
        return payloadHeadroom;
    }

    /** Whether the question is on its way. */
    public final boolean isPending() {
        return pending;
    }

    /** Answers anything but READ and BLOCK_STATUS. */
    public final void succeed() {
        answer(null, null, 0, List.of());
    }

    /** Answers a READ; {@code data} has exactly {@link #length()} readable bytes and passes to the asker. */
    public final void succeed(ByteBuf data, int headroom) {
        answer(null, data, headroom, List.of());
    }

    /** Answers a BLOCK_STATUS: consecutive extents from {@link #offset()} on, at least one, not beyond the range. */
    public final void succeed(List<Extent> extents) {
        answer(null, null, 0, extents);
    }

    /** Answers that it was not done. */
    public final void fail(IoError error) {
        answer(error, null, 0, List.of());
    }

    /** Answers as {@code other} was answered; its data passes on. */
    public final void answerAs(IoRequest other) {
        ByteBuf passed = other.data;
        other.data = null;
        answer(other.error, passed, other.dataHeadroom, other.extents);
    }

    /** Why it was not done; null when it was. */
    public final @Nullable IoError error() {
        return error;
    }

    /** The bytes of a READ that succeeded; the caller owns them now. Once. */
    public final ByteBuf takeData() {
        ByteBuf taken = Objects.requireNonNull(data, "no data, or taken already");
        data = null;
        return taken;
    }

    /** Headroom of the answer's data. */
    public final int dataHeadroom() {
        return dataHeadroom;
    }

    /** The answer to a BLOCK_STATUS. */
    public final List<Extent> extents() {
        return extents;
    }

    /** The answer is here. Called once per submission, on the channel's loop; must not throw. */
    protected abstract void onAnswer();

    final void begin() {
        requireIdle();
        pending = true;
    }

    private void answer(@Nullable IoError error, @Nullable ByteBuf data, int headroom, List<Extent> extents) {
        if (!pending) {
            throw new IllegalStateException("answered twice, or never asked: " + this);
        }
        pending = false;
        this.error = error;
        this.data = data;
        this.dataHeadroom = headroom;
        this.extents = extents;
        onAnswer();
    }

    private void requireIdle() {
        if (pending) {
            throw new IllegalStateException("still pending: " + this);
        }
    }

    @Override
    public String toString() {
        return op + " " + offset + "+" + length + (flags == 0 ? "" : " flags " + flags);
    }
}
