package io.ropewalk.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Buffers as the kernel sees them: addresses and lengths. Any thread. */
final class Buffers {
    private Buffers() {}

    /**
     * An empty direct buffer with room for {@code length} bytes at an address that is a multiple of {@code alignment}
     * (a power of two), and at least {@code headroom} bytes before.
     */
    static ByteBuf allocate(ByteBufAllocator allocator, int length, int alignment, int headroom) {
        int capacity = headroom + length + alignment - 1;
        ByteBuf buffer = allocator.directBuffer(capacity, capacity);
        long first = address(buffer, headroom, length) & alignment - 1;
        int start = headroom + (first == 0 ? 0 : alignment - (int) first);
        return buffer.setIndex(start, start);
    }

    /** Where a range of a direct buffer lies in memory. */
    static long address(ByteBuf direct, int index, int length) {
        return direct.hasMemoryAddress()
                ? direct.memoryAddress() + index
                : MemorySegment.ofBuffer(direct.nioBuffer(index, length)).address();
    }

    /**
     * Puts the readable bytes into this thread's vector ({@link Libc#setPiece}) as they lie. Gives the number of
     * pieces, or 0 when they cannot be used as they lie: on the heap, not aligned, or too many.
     */
    static int toVector(ByteBuf bytes, int alignment) {
        int length = bytes.readableBytes();
        if (bytes.hasMemoryAddress()) {
            long address = bytes.memoryAddress() + bytes.readerIndex();
            Libc.setPiece(0, address, length);
            return isAligned(address, alignment) ? 1 : 0;
        }
        int count = bytes.nioBufferCount();
        return count < 1 || count > Libc.IOV_MAX ? 0 : toVector(bytes.nioBuffers(), alignment);
    }

    private static int toVector(ByteBuffer[] parts, int alignment) {
        int pieces = 0;
        for (ByteBuffer part : parts) {
            if (!part.isDirect()) {
                return 0;
            }
            long address = MemorySegment.ofBuffer(part).address();
            if (!isAligned(address | part.remaining(), alignment)) {
                return 0;
            }
            if (part.hasRemaining()) {
                Libc.setPiece(pieces++, address, part.remaining());
            }
        }
        return pieces;
    }

    private static boolean isAligned(long value, int alignment) {
        return (value & alignment - 1) == 0;
    }
}
