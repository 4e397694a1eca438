package io.ropewalk.api;

import io.ropewalk.block.Capability;
import io.ropewalk.inventory.DeviceState;
import io.ropewalk.inventory.DeviceView;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A registered device. */
@Schema(name = "Device", description = "A backend that a path can open.")
record DeviceJson(
        @Schema(description = "Its name.", example = "demo-a")
        String name,

        @Schema(description = "What it opens, in its normal form.", example = "nbd://127.0.0.1:10809/lun0")
        String uri,

        @Schema(description = "OPEN: it serves, or reconnects by itself. UNREACHABLE: it does not open yet.")
        DeviceState state,

        @Schema(description = "While UNREACHABLE why; else null.", example = "connection refused") @Nullable String detail,

        @Schema(description = "When it came into this state.")
        Instant since,

        @Schema(description = "Its size in bytes; null while UNREACHABLE.", example = "67108864") @Nullable Long sizeBytes,

        @Schema(description = "Its sector size in bytes; null while UNREACHABLE.", example = "512") @Nullable Integer sectorSize,

        @Schema(description = "What it can do beyond reading; empty while UNREACHABLE.")
        List<Capability> capabilities,

        @Schema(description = "The geom that it is a path of; null when none.", example = "demo") @Nullable String geom) {
    static DeviceJson of(DeviceView view) {
        return new DeviceJson(
                view.name(),
                view.uri(),
                view.state(),
                view.detail(),
                view.since(),
                view.sizeBytes(),
                view.sectorSize(),
                view.capabilities(),
                view.geom());
    }

    /** A page of devices. */
    @Schema(name = "DeviceList", description = "Devices by name.")
    record Listing(
            List<DeviceJson> items,
            @Schema(description = Docs.NEXT_PAGE) @Nullable String nextPageToken) {}
}
