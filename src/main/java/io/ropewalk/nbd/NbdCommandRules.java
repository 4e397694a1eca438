package io.ropewalk.nbd;

import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoOp;
import org.jspecify.annotations.Nullable;

/**
 * What the protocol says of a request before the device is asked: which flags and fields are legal for a command in this
 * session, and what the command means to a device ("Request types", "Command flags"). Range and alignment are checked at
 * the device's door. Pure.
 */
final class NbdCommandRules {
    private static final int LAST_COMMAND = Nbd.CMD_BLOCK_STATUS;

    private static final IoError READ_ONLY = IoError.of(Kind.READ_ONLY, "the export is read-only");
    private static final IoError FLUSH_RANGE = IoError.of(Kind.INVALID, "FLUSH takes no offset and no length");
    private static final IoError NO_CONTEXT = IoError.of(Kind.INVALID, "no metadata context was negotiated");
    private static final IoError NO_PAYLOAD = IoError.of(Kind.INVALID, "WRITE without PAYLOAD_LEN");

    private final NbdAgreement agreement;
    private final boolean extended;
    private final int[] allowedFlags = new int[LAST_COMMAND + 1];

    NbdCommandRules(NbdAgreement agreement) {
        this.agreement = agreement;
        this.extended = agreement.format() == NbdReplyFormat.EXTENDED;
        for (int command = 0; command <= LAST_COMMAND; command++) {
            allowedFlags[command] = flagsFor(command);
        }
    }

    /** FUA is legal on every command once it was advertised ("Command flags", bit 0). */
    private int flagsFor(int command) {
        int own = switch (command) {
            case Nbd.CMD_READ -> ifAdvertised(Nbd.TRANS_SEND_DF, Nbd.CMD_FLAG_DF);
            case Nbd.CMD_WRITE -> extended ? Nbd.CMD_FLAG_PAYLOAD_LEN : 0;
            case Nbd.CMD_WRITE_ZEROES ->
                Nbd.CMD_FLAG_NO_HOLE | ifAdvertised(Nbd.TRANS_SEND_FAST_ZERO, Nbd.CMD_FLAG_FAST_ZERO);
            case Nbd.CMD_BLOCK_STATUS -> Nbd.CMD_FLAG_REQ_ONE;
            default -> 0;
        };
        return own | ifAdvertised(Nbd.TRANS_SEND_FUA, Nbd.CMD_FLAG_FUA);
    }

    private int ifAdvertised(int transmissionFlag, int commandFlag) {
        return agreement.advertised(transmissionFlag) ? commandFlag : 0;
    }

    /** Whether the header's length is that of a payload which follows. */
    boolean hasPayload(int command, int flags) {
        return extended ? (flags & Nbd.CMD_FLAG_PAYLOAD_LEN) != 0 : command == Nbd.CMD_WRITE;
    }

    /** Why the request is not legal; null when it is. */
    @Nullable IoError refusal(int command, int flags, long offset, long length) {
        if (command > LAST_COMMAND) {
            return IoError.of(Kind.INVALID, "unknown command " + command);
        }
        int unknown = flags & ~allowedFlags[command];
        if (unknown != 0) {
            return IoError.of(Kind.INVALID, "flags 0x" + Integer.toHexString(unknown) + " are not for this command");
        }
        return switch (command) {
            case Nbd.CMD_WRITE -> hasPayload(command, flags) ? readOnlyRefusal() : NO_PAYLOAD;
            case Nbd.CMD_TRIM, Nbd.CMD_WRITE_ZEROES -> readOnlyRefusal();
            case Nbd.CMD_FLUSH -> offset == 0 && length == 0 ? null : FLUSH_RANGE;
            case Nbd.CMD_BLOCK_STATUS -> agreement.allocationContext() ? null : NO_CONTEXT;
            default -> null;
        };
    }

    private @Nullable IoError readOnlyRefusal() {
        return agreement.isReadOnly() ? READ_ONLY : null;
    }

    /** What a legal command, DISC aside, asks of a device. */
    static IoOp operation(int command) {
        return switch (command) {
            case Nbd.CMD_READ -> IoOp.READ;
            case Nbd.CMD_WRITE -> IoOp.WRITE;
            case Nbd.CMD_FLUSH -> IoOp.FLUSH;
            case Nbd.CMD_TRIM -> IoOp.TRIM;
            case Nbd.CMD_CACHE -> IoOp.CACHE;
            case Nbd.CMD_WRITE_ZEROES -> IoOp.WRITE_ZEROES;
            case Nbd.CMD_BLOCK_STATUS -> IoOp.BLOCK_STATUS;
            default -> throw new IllegalArgumentException("command " + command);
        };
    }

    /** A legal command's flags as a device knows them. */
    static int ioFlags(int command, int flags) {
        boolean changes = command == Nbd.CMD_WRITE || command == Nbd.CMD_TRIM || command == Nbd.CMD_WRITE_ZEROES;
        return (changes && (flags & Nbd.CMD_FLAG_FUA) != 0 ? IoFlags.FUA : 0)
                | ((flags & Nbd.CMD_FLAG_NO_HOLE) != 0 ? IoFlags.NO_HOLE : 0)
                | ((flags & Nbd.CMD_FLAG_FAST_ZERO) != 0 ? IoFlags.FAST_ONLY : 0)
                | ((flags & Nbd.CMD_FLAG_REQ_ONE) != 0 ? IoFlags.ONE_EXTENT : 0);
    }
}
