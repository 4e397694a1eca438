package io.ropewalk.inventory;

import io.ropewalk.block.Capability;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A registered device as it was when asked.
 *
 * @param uri normalized
 * @param detail while UNREACHABLE why, one sentence; else null
 * @param since when it came into this state
 * @param sizeBytes null while UNREACHABLE
 * @param sectorSize in bytes; null while UNREACHABLE
 * @param capabilities in declaration order; empty while UNREACHABLE
 * @param geom the geom that it is a path of; null when none
 */
public record DeviceView(
        String name,
        String uri,
        DeviceState state,
        @Nullable String detail,
        Instant since,
        @Nullable Long sizeBytes,
        @Nullable Integer sectorSize,
        List<Capability> capabilities,
        @Nullable String geom) {
    public DeviceView {
        capabilities = List.copyOf(capabilities);
    }
}
