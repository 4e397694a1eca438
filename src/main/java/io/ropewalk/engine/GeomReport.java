package io.ropewalk.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a geom was when asked, in itself consistent.
 *
 * @param uuid of the label; null for a MANUAL geom
 * @param sizeBytes as exported
 * @param activePaths as {@code getactive} tells: the active path, or in Active/Active every usable one, newest first
 *     (R50)
 * @param paths in the order they were added
 * @param openChannels how many channels are open on it
 */
public record GeomReport(
        String name,
        @Nullable String uuid,
        GeomType type,
        Mode mode,
        GeomState state,
        long sizeBytes,
        int sectorSize,
        Policies policies,
        List<String> activePaths,
        List<PathReport> paths,
        int openChannels) {

    public GeomReport {
        activePaths = List.copyOf(activePaths);
        paths = List.copyOf(paths);
    }
}
