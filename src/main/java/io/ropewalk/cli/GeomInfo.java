package io.ropewalk.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What the listings show of a geom.
 *
 * @param uuid empty for a MANUAL geom
 * @param sizeBytes as exported
 * @param sessions open on its export
 * @param readOnly whether the export is
 * @param paths in the order they were added
 */
record GeomInfo(
        String name,
        String uuid,
        String type,
        String mode,
        String state,
        long sizeBytes,
        long sectorSize,
        int sessions,
        boolean readOnly,
        List<PathInfo> paths) {

    /** One path: the device's name and the path's state. */
    record PathInfo(String device, String state) {}

    static GeomInfo of(JsonNode geom) {
        JsonNode export = geom.path("export");
        return new GeomInfo(
                text(geom, "name"),
                text(geom, "uuid"),
                text(geom, "type"),
                modeName(text(geom, "mode")),
                text(geom, "state"),
                geom.path("sizeBytes").asLong(0),
                geom.path("sectorSize").asLong(0),
                export.path("sessions").asInt(0),
                export.path("readOnly").asBoolean(false),
                paths(geom));
    }

    boolean isLabelled() {
        return type.equals("AUTOMATIC");
    }

    boolean isStopping() {
        return state.equals("STOPPING");
    }

    /** As it is called among the devices of a system. */
    String providerName() {
        return "multipath/" + name;
    }

    /** The size of each path where its device does not tell: the export, and the label's sector if there is one. */
    long pathSizeBytes() {
        return isLabelled() ? sizeBytes + sectorSize : sizeBytes;
    }

    private static List<PathInfo> paths(JsonNode geom) {
        List<PathInfo> paths = new ArrayList<>();
        geom.path("paths").forEach(path -> paths.add(new PathInfo(text(path, "device"), text(path, "state"))));
        return List.copyOf(paths);
    }

    private static String modeName(String mode) {
        return switch (mode) {
            case "ACTIVE_PASSIVE" -> "Active/Passive";
            case "ACTIVE_ACTIVE" -> "Active/Active";
            case "ACTIVE_READ" -> "Active/Read";
            default -> mode;
        };
    }

    private static String text(JsonNode node, String member) {
        return node.path(member).asString("");
    }
}
