package io.ropewalk.api;

import io.ropewalk.inventory.DeviceSpec;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;

/** A device to register. */
@Schema(
        name = "NewDevice",
        description = "A device to register.",
        example = "{\"name\":\"scratch\",\"uri\":\"nbd://127.0.0.1:10810/demo\"}")
record NewDevice(
        @Schema(
                description = "1 to 63 of A-Z a-z 0-9 . _ -, beginning with a letter or digit; derived from the URI"
                        + " when left out.",
                example = "scratch",
                requiredMode = Schema.RequiredMode.NOT_REQUIRED)
        @Nullable String name,

        @Schema(
                description = "What the device opens: `nbd://host[:port]/export`,"
                        + " `nbd+unix:///export?socket=/path`, or `file:///path` of a regular file or block device.",
                example = "nbd://127.0.0.1:10810/demo",
                requiredMode = Schema.RequiredMode.REQUIRED)
        @NotNull(message = "is missing") @Size(max = 4096, message = "must not be longer than 4096 characters") String uri) {
    DeviceSpec spec() {
        return new DeviceSpec(name, uri);
    }
}
