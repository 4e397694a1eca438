package io.ropewalk.inventory;

import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A geom as it was when asked: what is desired of it and how it is.
 *
 * @param uuid of the label; null for MANUAL
 * @param state OPTIMAL only when every desired path is there and usable
 * @param activePaths the active path, or in Active/Active every usable one, newest first (R50)
 * @param paths every desired path, in the order they were added
 * @param export under the geom's own name; null when it is not exported
 * @param generation of the desired state; a path failing does not change it
 */
public record GeomView(
        String name,
        @Nullable String uuid,
        GeomType type,
        Mode mode,
        GeomState state,
        long sizeBytes,
        int sectorSize,
        List<String> activePaths,
        List<PathView> paths,
        Policies policies,
        @Nullable ExportView export,
        long generation) {
    public GeomView {
        activePaths = List.copyOf(activePaths);
        paths = List.copyOf(paths);
    }
}
