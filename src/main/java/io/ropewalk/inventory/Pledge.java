package io.ropewalk.inventory;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A verb is at work on labels, away from the topology thread: until it is done nobody else takes these devices or this
 * name, and no taste decides anything.
 *
 * @param purpose what is done to the devices, as {@code labelled for geom "disk1"}
 * @param newGeom name of a geom that comes to be; null when none does
 */
record Pledge(String purpose, @Nullable String newGeom, Set<String> devices) {
    Pledge {
        devices = Collections.unmodifiableSet(new TreeSet<>(devices));
    }
}
