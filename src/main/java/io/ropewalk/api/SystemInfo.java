package io.ropewalk.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;

/** What this service is and how much it can take. */
@Schema(name = "System", description = "What this service is and how much it can take.")
public record SystemInfo(
        @Schema(description = "The version of Ropewalk.", example = "0.1.0")
        String version,

        @Schema(description = "The name of the machine or pod.", example = "node-1")
        String node,

        @Schema(description = "When the service started.") Instant startedAt,

        @Schema(description = "The URI schemes that devices can have.", example = "[\"file\",\"nbd\",\"nbd+unix\"]")
        List<String> deviceSchemes,

        @Schema(description = "What it can do, by stable words.", example = "[\"demo\",\"transport-epoll\"]")
        List<String> features,

        Limits limits) {

    /** With the limits that REST sets itself. */
    public static SystemInfo of(
            String version,
            String node,
            Instant startedAt,
            List<String> deviceSchemes,
            List<String> features,
            int pathsPerGeom,
            int payloadBytes) {
        return new SystemInfo(
                version,
                node,
                startedAt,
                deviceSchemes,
                features,
                new Limits(
                        pathsPerGeom, payloadBytes, BodyLimitFilter.MOST_BYTES, Page.LARGEST_SIZE, EventStreams.MOST));
    }

    /** How much it can take. */
    @Schema(name = "Limits", description = "How much the service can take.")
    public record Limits(
            @Schema(description = "Paths of one geom.", example = "64")
            int pathsPerGeom,

            @Schema(description = "Longest READ or WRITE of a client, in bytes.", example = "33554432")
            int payloadBytes,

            @Schema(description = "Longest body of a request here, in bytes.", example = "65536")
            int bodyBytes,

            @Schema(description = "Largest pageSize.", example = "1000")
            int pageSize,

            @Schema(description = "Event streams open at once.", example = "100")
            int eventStreams) {}
}
