package io.ropewalk.api;

import io.ropewalk.engine.Mode;
import io.ropewalk.inventory.LabelView;
import io.swagger.v3.oas.annotations.media.Schema;

/** A label as it was read. */
@Schema(name = "Label", description = "The label in a disk's last sector, byte for byte FreeBSD's.")
record LabelJson(
        @Schema(
                description = "The geom's name as on disk; here it may run under another, temporary one.",
                example = "disk1")
        String name,

        @Schema(description = "Tells one labelled disk from another.", example = "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        String uuid,

        @Schema(description = "Of the format.", example = "1")
        int version,

        @Schema(description = "In bytes, of the device that the label was written for.", example = "512")
        int sectorSize,

        @Schema(description = "Of that device, in bytes, the label's sector included.", example = "67108864")
        long sizeBytes,

        @Schema(description = "Which paths serve which requests.")
        Mode mode) {
    static LabelJson of(LabelView label) {
        return new LabelJson(
                label.name(), label.uuid(), label.version(), label.sectorSize(), label.sizeBytes(), label.mode());
    }
}
