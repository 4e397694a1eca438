package io.ropewalk.nbd;

/**
 * What client and server have settled when negotiation ends.
 *
 * @param export what is served
 * @param format the layout of requests and replies
 * @param allocationContext whether the client may ask BLOCK_STATUS, and gets {@code base:allocation}
 * @param transmissionFlags as the client was told
 */
record NbdAgreement(NbdExport export, NbdReplyFormat format, boolean allocationContext, int transmissionFlags) {

    boolean advertised(int flag) {
        return (transmissionFlags & flag) != 0;
    }

    boolean isReadOnly() {
        return advertised(Nbd.TRANS_READ_ONLY);
    }
}
