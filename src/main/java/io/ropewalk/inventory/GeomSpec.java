package io.ropewalk.inventory;

import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import java.util.List;

/**
 * A geom to make.
 *
 * @param paths names of registered devices, 1 to 64, in the order of listings; the first becomes the active path (R42)
 */
public record GeomSpec(String name, GeomType type, Mode mode, Policies policies, List<String> paths) {
    public GeomSpec {
        paths = List.copyOf(paths);
    }

    /** A geom without label. */
    public static GeomSpec manual(String name, Mode mode, Policies policies, List<String> paths) {
        return new GeomSpec(name, GeomType.MANUAL, mode, policies, paths);
    }
}
