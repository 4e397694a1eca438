package io.ropewalk.inventory;

import io.ropewalk.engine.Mode;
import io.ropewalk.engine.Policies;

/** What {@code configure} may change of a geom. */
public record GeomSettings(Mode mode, Policies policies) {}
