package io.ropewalk.inventory;

import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.engine.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A geom that should exist, or that was stopped and should stay so (Q26).
 *
 * @param uuid of the label; null for MANUAL
 * @param labelName the name in the label where it is not {@code name}, which is a temporary one then (Q20); else null
 * @param shape what it shows to clients, so that it comes up with no device in reach
 * @param paths in the order they were added
 * @param stopped it does not run, and its name and devices are free, until it is made anew
 * @param generation {@link DesiredState#firstGeneration()} when it is made, one more with each change that was asked for
 */
public record DesiredGeom(
        String name,
        GeomType type,
        @Nullable String uuid,
        @Nullable String labelName,
        Mode mode,
        Policies policies,
        Shape shape,
        List<DesiredPath> paths,
        boolean stopped,
        long generation) {
    public DesiredGeom {
        paths = List.copyOf(paths);
    }

    /** A geom whose label, if it has one, bears its own name. */
    public DesiredGeom(
            String name,
            GeomType type,
            @Nullable String uuid,
            Mode mode,
            Policies policies,
            Shape shape,
            List<DesiredPath> paths,
            boolean stopped,
            long generation) {
        this(name, type, uuid, null, mode, policies, shape, paths, stopped, generation);
    }

    boolean isLabelled() {
        return type == GeomType.AUTOMATIC;
    }

    /** Whether it is the geom that labels with this UUID speak of; never so for a MANUAL one (Q18). */
    boolean hasUuid(@Nullable String other) {
        return uuid != null && uuid.equals(other);
    }

    /** What each of its paths has: what it shows, and the label's sector. */
    long pathSizeBytes() {
        return shape.geometry().sizeBytes() + (isLabelled() ? shape.geometry().sectorSize() : 0);
    }

    boolean hasPath(String device) {
        return path(device).isPresent();
    }

    Optional<DesiredPath> path(String device) {
        return paths.stream().filter(path -> path.device().equals(device)).findFirst();
    }

    List<String> devices() {
        return paths.stream().map(DesiredPath::device).toList();
    }

    GeomSettings settings() {
        return new GeomSettings(mode, policies);
    }

    DesiredGeom withSettings(GeomSettings settings) {
        return new DesiredGeom(
                name, type, uuid, labelName, settings.mode(), settings.policies(), shape, paths, stopped, generation);
    }

    DesiredGeom withPath(String device) {
        List<DesiredPath> more = new ArrayList<>(paths);
        more.add(new DesiredPath(device));
        return withPaths(more);
    }

    DesiredGeom withoutPath(String device) {
        return withPaths(
                paths.stream().filter(path -> !path.device().equals(device)).toList());
    }

    /** An operator wants the path failed and says why, or no longer wants it (null). */
    DesiredGeom withFailed(String device, @Nullable String why) {
        return withPaths(paths.stream()
                .map(path -> path.device().equals(device) ? new DesiredPath(device, why) : path)
                .toList());
    }

    DesiredGeom withShape(Shape newShape) {
        return new DesiredGeom(name, type, uuid, labelName, mode, policies, newShape, paths, stopped, generation);
    }

    DesiredGeom withStopped(boolean newStopped) {
        return new DesiredGeom(name, type, uuid, labelName, mode, policies, shape, paths, newStopped, generation);
    }

    DesiredGeom nextGeneration() {
        return new DesiredGeom(name, type, uuid, labelName, mode, policies, shape, paths, stopped, generation + 1);
    }

    DesiredGeom withPaths(List<DesiredPath> newPaths) {
        return new DesiredGeom(name, type, uuid, labelName, mode, policies, shape, newPaths, stopped, generation);
    }
}
