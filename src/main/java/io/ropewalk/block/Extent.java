package io.ropewalk.block;

/**
 * A run of a BLOCK_STATUS answer.
 *
 * @param lengthBytes more than 0
 * @param hole not allocated: writing there may need space
 * @param zero reads as zeroes
 */
public record Extent(long lengthBytes, boolean hole, boolean zero) {
    public Extent {
        if (lengthBytes <= 0) {
            throw new IllegalArgumentException("Extent of " + lengthBytes + " bytes");
        }
    }
}
