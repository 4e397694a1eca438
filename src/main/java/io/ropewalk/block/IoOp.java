package io.ropewalk.block;

/** What a request asks of a device. */
public enum IoOp {
    /** Bytes from the device. */
    READ(false),
    /** Bytes to the device. */
    WRITE(true),
    /** Everything answered so far becomes durable. Has no range. */
    FLUSH(false),
    /** The range is no longer needed; what it reads afterwards is unspecified. */
    TRIM(true),
    /** The range reads as zeroes afterwards. */
    WRITE_ZEROES(true),
    /** A hint: the range will be read soon. */
    CACHE(false),
    /** Which parts of the range are allocated, which read as zeroes. */
    BLOCK_STATUS(false);

    private final boolean changesData;

    IoOp(boolean changesData) {
        this.changesData = changesData;
    }

    /** Whether the device's content may differ afterwards. */
    public boolean changesData() {
        return changesData;
    }

    /** Whether bytes travel with the request or its answer, so that the payload bound applies. */
    public boolean carriesData() {
        return this == READ || this == WRITE;
    }
}
