package io.ropewalk.inventory;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** All that should exist, by name. Immutable: a verb makes the next one. */
public record DesiredState(
        SortedMap<String, DesiredDevice> devices,
        SortedMap<String, DesiredGeom> geoms,
        SortedMap<String, DesiredExport> exports) {
    /** Nothing. */
    public static final DesiredState EMPTY = new DesiredState(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    public DesiredState {
        devices = copy(devices);
        geoms = copy(geoms);
        exports = copy(exports);
    }

    private static <T> SortedMap<String, T> copy(Map<String, T> map) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }
}
