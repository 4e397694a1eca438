package io.ropewalk.inventory;

import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A geom that should exist, or that was stopped and should stay so (Q26).
 *
 * @param uuid of the label; null for MANUAL
 * @param shape what it shows to clients, so that it comes up with no device in reach
 * @param paths in the order they were added
 * @param stopped it does not run, and its name and devices are free, until it is made anew
 * @param generation from 1, one more with each change that was asked for
 */
public record DesiredGeom(
        String name,
        GeomType type,
        @Nullable String uuid,
        Mode mode,
        Policies policies,
        Shape shape,
        List<DesiredPath> paths,
        boolean stopped,
        long generation) {
    public DesiredGeom {
        paths = List.copyOf(paths);
    }
}
