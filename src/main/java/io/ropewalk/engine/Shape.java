package io.ropewalk.engine;

import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Geometry;

/** What a geom shows to its clients. */
public record Shape(Geometry geometry, Capabilities capabilities) {}
