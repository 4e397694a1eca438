package io.ropewalk.inventory;

import io.ropewalk.engine.Mode;
import io.ropewalk.label.Label;

/**
 * A label as it was read.
 *
 * @param name of the geom as on disk; here it may run under another, temporary one
 * @param uuid 36 characters, lower case
 * @param version of the format
 * @param sectorSize in bytes, of the device that the label was written for
 * @param sizeBytes of that device, the label's sector included
 */
public record LabelView(String name, String uuid, int version, int sectorSize, long sizeBytes, Mode mode) {
    static LabelView of(Label label) {
        return new LabelView(
                label.name(),
                label.uuid(),
                label.version(),
                label.sectorSize(),
                label.sizeBytes(),
                LabelRules.modeOf(label.mode()));
    }
}
