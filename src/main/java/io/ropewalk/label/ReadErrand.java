package io.ropewalk.label;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;

/** Reads a range, in pieces no longer than the device takes. */
final class ReadErrand extends Errand<BytesRead> {
    private final long offset;
    private final byte[] bytes;
    private final int pieceBytes;
    private int asked;
    private int taken;

    ReadErrand(BlockDevice device, IoLoop loop, long offset, int length) {
        super(device, loop);
        this.offset = offset;
        this.bytes = new byte[length];
        this.pieceBytes = device.geometry().maximumPayloadBytes();
    }

    @Override
    protected boolean nextRequest() {
        takePiece();
        if (taken == bytes.length) {
            return false;
        }
        asked = Math.min(pieceBytes, bytes.length - taken);
        ask(IoOp.READ, offset + taken, asked, IoFlags.NONE);
        return true;
    }

    private void takePiece() {
        if (asked == 0) {
            return;
        }
        ByteBuf piece = takeData();
        piece.readBytes(bytes, taken, asked);
        piece.release();
        taken += asked;
    }

    @Override
    protected BytesRead succeeded() {
        return new BytesRead.Bytes(bytes);
    }

    @Override
    protected BytesRead failed(IoError error) {
        return new BytesRead.Unread(error);
    }
}
