package io.ropewalk.block;

/** One thing a device can do beyond READ. */
public enum Capability {
    /** Accepts WRITE; a device without it is read-only. */
    WRITE,
    /** Accepts FLUSH. */
    FLUSH,
    /** Honours {@link IoFlags#FUA}. */
    FUA,
    /** Accepts TRIM. */
    TRIM,
    /** Accepts WRITE_ZEROES. */
    WRITE_ZEROES,
    /** Honours {@link IoFlags#FAST_ONLY}. */
    FAST_ZERO,
    /** Accepts CACHE. */
    CACHE,
    /** Accepts BLOCK_STATUS. */
    BLOCK_STATUS,
    /**
     * Several channels see one consistent device: what one channel was told is done, every other sees, and a FLUSH
     * on any of them covers the writes answered on all.
     */
    MULTI_CHANNEL,
    /** Seeks are slow; a hint that is passed on. */
    ROTATIONAL
}
