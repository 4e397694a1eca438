package io.ropewalk.nbd;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.Extent;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The place of one request in the table of those that wait for their answer: what the server was asked, and what it has
 * answered so far. Used again for later requests, each time with another cookie. Lives on its link's loop.
 */
final class NbdClientSlot {
    /** What a compact request asks for at most where no payload bounds it: a multiple of every block size. */
    static final long MAXIMUM_COMPACT_LENGTH = 1 << 30;

    final int index;
    long cookie;
    boolean sent;
    /** The next one in whichever list the slot is in. */
    @Nullable NbdClientSlot next;

    private @Nullable IoRequest request;
    private @Nullable NbdDeviceChannel owner;

    IoOp op = IoOp.FLUSH;
    /** The part of the request's range that is under way: the whole, where one message can ask for it. */
    long offset;

    long length;
    private long rest;

    @Nullable IoError error;

    @Nullable ByteBuf data;

    int dataHeadroom;

    @Nullable NbdClientReadAssembly assembly;

    @Nullable List<Extent> extents;

    NbdClientSlot(int index) {
        this.index = index;
        this.cookie = index;
    }

    void occupy(IoRequest newRequest, NbdDeviceChannel newOwner) {
        request = newRequest;
        owner = newOwner;
        op = newRequest.op();
        offset = newRequest.offset();
        length = newRequest.length();
        rest = 0;
        sent = false;
    }

    boolean isOccupied() {
        return request != null;
    }

    IoRequest request() {
        return Objects.requireNonNull(request, "a free slot");
    }

    NbdDeviceChannel owner() {
        return Objects.requireNonNull(owner, "a free slot");
    }

    /** Leaves for the next message what is beyond {@code maximum} bytes; a BLOCK_STATUS may answer less than asked. */
    void limitLength(long maximum) {
        if (length > maximum) {
            rest = op == IoOp.BLOCK_STATUS ? 0 : length - maximum;
            length = maximum;
        }
    }

    boolean hasRest() {
        return rest > 0;
    }

    /** Turns to what is left of the range. */
    void advance() {
        offset += length;
        length = rest;
        rest = 0;
    }

    /** Gives the slot back; its cookie is not used again soon. */
    void vacate() {
        dropAnswer();
        request = null;
        owner = null;
        cookie += 1L << Integer.SIZE;
    }

    private void dropAnswer() {
        if (data != null) {
            data.release();
            data = null;
        }
        if (assembly != null) {
            assembly.release();
            assembly = null;
        }
        error = null;
        extents = null;
    }
}
