package io.ropewalk.nbd;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;

/** What an export says of itself: capabilities as transmission flags. Pure. */
final class NbdExportFlags {

    private NbdExportFlags() {}

    /**
     * The transmission flags.
     *
     * @param chunked whether structured replies or extended headers are agreed, without which DF means nothing
     */
    static int of(Capabilities capabilities, boolean readOnly, boolean chunked) {
        int flags = Nbd.TRANS_HAS_FLAGS
                | flag(capabilities, Capability.FLUSH, Nbd.TRANS_SEND_FLUSH)
                | flag(capabilities, Capability.ROTATIONAL, Nbd.TRANS_ROTATIONAL)
                | flag(capabilities, Capability.MULTI_CHANNEL, Nbd.TRANS_CAN_MULTI_CONN)
                | flag(capabilities, Capability.CACHE, Nbd.TRANS_SEND_CACHE)
                | (chunked ? Nbd.TRANS_SEND_DF : 0);
        boolean writable = !readOnly && capabilities.has(Capability.WRITE);
        return flags | (writable ? changing(capabilities) : Nbd.TRANS_READ_ONLY);
    }

    private static int changing(Capabilities capabilities) {
        boolean zeroes = capabilities.has(Capability.WRITE_ZEROES);
        return flag(capabilities, Capability.FUA, Nbd.TRANS_SEND_FUA)
                | flag(capabilities, Capability.TRIM, Nbd.TRANS_SEND_TRIM)
                | flag(capabilities, Capability.WRITE_ZEROES, Nbd.TRANS_SEND_WRITE_ZEROES)
                | (zeroes ? flag(capabilities, Capability.FAST_ZERO, Nbd.TRANS_SEND_FAST_ZERO) : 0);
    }

    private static int flag(Capabilities capabilities, Capability capability, int flag) {
        return capabilities.has(capability) ? flag : 0;
    }
}
