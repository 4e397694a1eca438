package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.label.LabelReading;
import org.jspecify.annotations.Nullable;

/**
 * What was read of one device.
 *
 * @param device as it was opened then
 * @param last its last sector
 * @param former the sector that was the last one when it had the size that its geom knows; null when that is no other
 */
record LabelTaste(
        BlockDevice device, LabelReading last, @Nullable LabelReading former) {}
