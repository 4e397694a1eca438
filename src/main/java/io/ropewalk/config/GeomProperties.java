package io.ropewalk.config;

import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.GeomSpec;
import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * A declared geom.
 *
 * @param mode which paths serve which requests
 * @param type whether a label is written to the disk
 * @param paths names of declared or registered devices; the first becomes the active path
 * @param policies what differs from ropewalk.geom-defaults
 */
record GeomProperties(
        @DefaultValue("ACTIVE_PASSIVE") Mode mode,
        @DefaultValue("MANUAL") GeomType type,
        @DefaultValue List<String> paths,
        @DefaultValue PolicyProperties policies) {
    GeomSpec spec(String name, Policies defaults) {
        return new GeomSpec(name, type, mode, policies.over(defaults), paths);
    }
}
