package io.ropewalk.label;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import java.util.Optional;

/** Writes a sector so that it is durable when done: with FUA where the device has it, else with a FLUSH behind it. */
final class WriteErrand extends Errand<Optional<IoError>> {

    private enum Step {
        WRITE,
        FLUSH,
        NONE
    }

    private final long offset;
    private final ByteBuf sector;
    private final Capabilities capabilities;
    private Step next = Step.WRITE;

    WriteErrand(BlockDevice device, IoLoop loop, long offset, byte[] sector) {
        super(device, loop);
        this.offset = offset;
        this.sector = Unpooled.directBuffer(sector.length).writeBytes(sector);
        this.capabilities = device.capabilities();
    }

    @Override
    protected boolean nextRequest() {
        switch (next) {
            case WRITE -> askForWrite();
            case FLUSH -> askForFlush();
            case NONE -> {
                return false;
            }
        }
        return true;
    }

    private void askForWrite() {
        boolean fua = capabilities.has(Capability.FUA);
        askWrite(offset, fua ? IoFlags.FUA : IoFlags.NONE, sector, 0);
        next = !fua && capabilities.has(Capability.FLUSH) ? Step.FLUSH : Step.NONE;
    }

    private void askForFlush() {
        ask(IoOp.FLUSH, 0, 0, IoFlags.NONE);
        next = Step.NONE;
    }

    @Override
    protected Optional<IoError> succeeded() {
        sector.release();
        return Optional.empty();
    }

    @Override
    protected Optional<IoError> failed(IoError error) {
        sector.release();
        return Optional.of(error);
    }
}
