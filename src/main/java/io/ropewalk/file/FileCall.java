package io.ropewalk.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import io.ropewalk.file.Syncs.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through a thread that may wait for the disk, or through the channel's {@link FileRing}.
 *
 * <pre>
 *   WAITING ──► RUNNING ──► back on the loop: answered, or dropped when abandoned meanwhile
 *      └─────────────────► ABANDONED: never runs
 * </pre>
 *
 * <p>Made, abandoned and answered on the loop, run on one of the device's threads. The hand-overs (executor's queue,
 * channel's stack) order the accesses; only {@link #state} and {@link #unwanted} are touched by both at once. The call
 * holds its own reference of a WRITE's bytes until the kernel has let go of them, whatever became of the request.
 */
final class FileCall implements Runnable {
    /** Room for a protocol header before a READ's data, see {@link IoRequest}. */
    static final int HEADROOM = 32;

    private static final int MOST_EXTENTS = 1024;

    private enum State {
        WAITING,
        RUNNING,
        ABANDONED
    }

    private final FileBlockChannel channel;
    private final Medium medium;
    private final ByteBufAllocator allocator;
    private final IoOp op;
    private final long offset;
    private final long length;
    private final int flags;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile boolean unwanted;

    /** Null once it is answered or abandoned. */
    private @Nullable IoRequest request;

    private @Nullable Settlement settlement;
    private @Nullable ByteBuf payload;
    /** On the ring: the payload once more where the kernel cannot take it as it lies. */
    private @Nullable ByteBuf aligned;

    private long address;
    private int errno;
    private @Nullable IoError error;
    private @Nullable ByteBuf data;
    private int headroom;
    private List<Extent> extents = List.of();
    private @Nullable Sync sync;

    /** The channel's: index among what is in flight. */
    int place;
    /** The channel's: below this one on the stack. */
    @Nullable FileCall next;

    FileCall(FileBlockChannel channel, IoRequest request) {
        this.channel = channel;
        this.medium = channel.fileDevice().medium();
        this.allocator = channel.loop().allocator();
        this.request = request;
        this.op = request.op();
        this.offset = request.offset();
        this.length = request.length();
        this.flags = request.flags();
        if (op == IoOp.WRITE) {
            // A view of its own: the asker may move the indexes of the original once it has been told.
            payload = request.payload().retainedDuplicate();
        }
    }

    // ---- on the loop

    /** Whether its success says that something is durable. */
    private boolean isSync() {
        return op == IoOp.FLUSH || (flags & IoFlags.FUA) != 0;
    }

    /** Whether its success says that everything written before is durable. */
    boolean isFlush() {
        return op == IoOp.FLUSH;
    }

    boolean isAbandoned() {
        return request == null;
    }

    /** Gives the request back, for another answer than this call's. */
    IoRequest abandon() {
        IoRequest given = Objects.requireNonNull(request, "answered already");
        request = null;
        unwanted = true;
        if (state.compareAndSet(State.WAITING, State.ABANDONED)) {
            discard();
        } else if (op.changesData()) {
            settlement = new Settlement();
        }
        return given;
    }

    /** Of an abandoned call that may still change data: fires when the kernel has let go of it. */
    @Nullable Settlement settlement() {
        return settlement;
    }

    /** Gives back the buffers. Also on the device's threads, when there is no loop any more. */
    void discard() {
        if (settlement != null) {
            settlement.settle();
        }
        releasePayload();
        if (data != null) {
            data.release();
            data = null;
        }
    }

    /** Answers the request; a success as the failure {@code instead}, unless that is {@link Errno#NONE}. */
    void answer(int instead) {
        releasePayload();
        IoRequest asked = Objects.requireNonNull(request, "answered already");
        request = null;
        if (error == null && errno == Errno.NONE) {
            errno = instead == Errno.NONE && sync != null ? sync.toldToOthers() : instead;
        }
        IoError failure = errno == Errno.NONE ? error : failure();
        if (failure != null) {
            asked.fail(failure);
        } else if (op == IoOp.READ) {
            asked.succeed(Objects.requireNonNull(data, "a READ gives data"), headroom);
        } else if (op == IoOp.BLOCK_STATUS) {
            asked.succeed(extents);
        } else {
            asked.succeed();
        }
    }

    private IoError failure() {
        String what = op == IoOp.FLUSH ? "FLUSH" : op + " " + offset + "+" + length;
        return IoError.of(
                isSync() ? Errno.kindOfSync(errno) : Errno.kindOf(errno),
                what + " on " + channel.fileDevice().path() + ": " + Errno.text(errno));
    }

    private void releasePayload() {
        if (payload != null) {
            payload.release();
            payload = null;
        }
    }

    // ---- on the loop, by its ring

    boolean isWrite() {
        return op == IoOp.WRITE;
    }

    long offset() {
        return offset;
    }

    int lengthOnRing() {
        return (int) length;
    }

    /** Where the bytes lie in memory, after {@link #beginOnRing}. */
    long address() {
        return address;
    }

    /**
     * Gets ready for the ring.
     *
     * @return false for what a thread must do: whatever is neither READ nor WRITE, and what says that data are durable,
     *     for a failure to make them so is told once only
     */
    boolean beginOnRing() {
        boolean simple = op == IoOp.READ || op == IoOp.WRITE && !isSync();
        if (!simple || !channel.fileDevice().file().acquire()) {
            return false;
        }
        try {
            address = op == IoOp.READ ? roomToRead() : payloadAddress();
        } catch (OutOfMemoryError e) {
            channel.fileDevice().file().release();
            return false;
        }
        state.set(State.RUNNING);
        return true;
    }

    private long payloadAddress() {
        ByteBuf bytes = Objects.requireNonNull(payload, "a WRITE has a payload");
        if (bytes.hasMemoryAddress()) {
            long lies = Buffers.address(bytes, bytes.readerIndex(), (int) length);
            if ((lies & medium.memoryAlignment() - 1) == 0) {
                return lies;
            }
        }
        ByteBuf copy = alignedCopy(bytes);
        aligned = copy;
        return Buffers.address(copy, copy.readerIndex(), (int) length);
    }

    /**
     * The ring is through with it.
     *
     * @return false when it is to be done by a thread instead
     */
    boolean endOnRing(int result) {
        channel.fileDevice().file().release();
        if (aligned != null) {
            aligned.release();
            aligned = null;
        }
        if (isAbandoned() || result == length) {
            return true;
        }
        dropData();
        state.set(State.WAITING);
        return false;
    }

    // ---- on one of the device's threads

    @Override
    public void run() {
        if (!state.compareAndSet(State.WAITING, State.RUNNING)) {
            return;
        }
        OpenFile file = channel.fileDevice().file();
        if (!file.acquire()) {
            error = IoError.of(Kind.SHUTTING_DOWN, channel.fileDevice() + " is closed");
        } else {
            try {
                perform();
            } finally {
                file.release();
            }
        }
        Sync made = sync;
        if (made == null || unwanted) {
            channel.finished(this);
        } else {
            made.whenOthersAreHeard(() -> channel.finished(this));
        }
    }

    private void perform() {
        try {
            sync = isSync() ? medium.syncs().new Sync() : null;
            errno = callKernel();
            if (errno != Errno.NONE) {
                dropData();
                lookWhetherGone();
            }
        } catch (OutOfMemoryError e) {
            dropData();
            error = IoError.of(Kind.NO_MEMORY, "no memory for " + op + " of " + length + " bytes", e);
        } catch (Throwable e) {
            dropData();
            error = IoError.of(Kind.IO, op + " on " + channel.fileDevice().path() + " failed: " + e, e);
        }
    }

    private void dropData() {
        if (data != null) {
            data.release();
            data = null;
        }
    }

    private void lookWhetherGone() {
        if (medium.saysGone(errno)) {
            IoError gone = IoError.of(Kind.GONE, channel.fileDevice().path() + " is gone: " + Errno.text(errno));
            if (!isSync()) {
                error = gone;
                errno = Errno.NONE;
            }
            channel.fileDevice().tellVanished(gone);
        }
    }

    private int callKernel() {
        return switch (op) {
            case READ -> read();
            case WRITE -> write();
            case FLUSH -> medium.flush(Objects.requireNonNull(sync, "a FLUSH is one"));
            case TRIM -> medium.trim(offset, length, sync);
            case WRITE_ZEROES -> medium.zero(offset, length, flags, sync, () -> unwanted);
            case CACHE -> medium.willNeed(offset, length);
            case BLOCK_STATUS -> status();
        };
    }

    private int read() {
        return medium.read(roomToRead(), length, offset);
    }

    /** Makes {@link #data}, to be filled. Gives its address. */
    private long roomToRead() {
        ByteBuf buffer = Buffers.allocate(allocator, (int) length, medium.memoryAlignment(), HEADROOM);
        data = buffer;
        headroom = buffer.readerIndex();
        buffer.writerIndex(headroom + (int) length);
        return Buffers.address(buffer, headroom, (int) length);
    }

    private int write() {
        ByteBuf bytes = Objects.requireNonNull(payload, "a WRITE has a payload");
        int pieces = Buffers.toVector(bytes, medium.memoryAlignment());
        if (pieces > 0) {
            return medium.write(pieces, offset, sync);
        }
        ByteBuf copy = alignedCopy(bytes);
        try {
            Libc.setPiece(0, Buffers.address(copy, copy.readerIndex(), (int) length), length);
            return medium.write(1, offset, sync);
        } finally {
            copy.release();
        }
    }

    private ByteBuf alignedCopy(ByteBuf bytes) {
        return Buffers.allocate(allocator, (int) length, medium.memoryAlignment(), 0)
                .writeBytes(bytes, bytes.readerIndex(), (int) length);
    }

    private int status() {
        boolean one = (flags & IoFlags.ONE_EXTENT) != 0;
        List<Extent> found = new ArrayList<>();
        int result = medium.status(offset, length, one ? 1 : MOST_EXTENTS, found);
        extents = List.copyOf(found);
        return result;
    }
}
