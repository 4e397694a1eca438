package io.ropewalk.inventory;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

    DesiredState withDevice(DesiredDevice device) {
        return new DesiredState(with(devices, device.name(), device), geoms, exports);
    }

    /** No taste makes the device a path of the geom with this UUID until it is asked for; null: any taste may. */
    DesiredState withKeptOut(String device, @Nullable String uuid) {
        DesiredDevice known = devices.get(device);
        return known == null ? this : withDevice(known.withKeptOutOf(uuid));
    }

    /** All devices of the geom are kept out of it: it is gone, and its label may be left. */
    DesiredState withAllKeptOut(DesiredGeom geom) {
        DesiredState state = this;
        for (String device : geom.uuid() == null ? List.<String>of() : geom.devices()) {
            state = state.withKeptOut(device, geom.uuid());
        }
        return state;
    }

    /** Stopped geoms forget the device too. */
    DesiredState withoutDevice(String name) {
        DesiredState state = new DesiredState(without(devices, name), geoms, exports);
        for (DesiredGeom geom : geoms.values()) {
            if (geom.stopped() && geom.hasPath(name)) {
                state = state.withGeom(geom.withoutPath(name));
            }
        }
        return state;
    }

    DesiredState withGeom(DesiredGeom geom) {
        return new DesiredState(devices, with(geoms, geom.name(), geom), exports);
    }

    /** The geom's exports go with it. */
    DesiredState withoutGeom(String name) {
        TreeMap<String, DesiredExport> kept = new TreeMap<>(exports);
        kept.values().removeIf(export -> export.geom().equals(name));
        return new DesiredState(devices, without(geoms, name), kept);
    }

    DesiredState withExport(DesiredExport export) {
        return new DesiredState(devices, geoms, with(exports, export.name(), export));
    }

    DesiredState withoutExport(String name) {
        return new DesiredState(devices, geoms, without(exports, name));
    }

    /** Another state in which the geom is as {@code change} makes it; the same when there is no such geom. */
    DesiredState mapGeom(String name, UnaryOperator<DesiredGeom> change) {
        DesiredGeom geom = geoms.get(name);
        return geom == null ? this : withGeom(change.apply(geom));
    }

    Stream<DesiredExport> exportsOf(String geom) {
        return exports.values().stream().filter(export -> export.geom().equals(geom));
    }

    private static <T> SortedMap<String, T> copy(Map<String, T> map) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }

    private static <T> SortedMap<String, T> with(Map<String, T> map, String name, T value) {
        TreeMap<String, T> copy = new TreeMap<>(map);
        copy.put(name, value);
        return copy;
    }

    private static <T> SortedMap<String, T> without(Map<String, T> map, String name) {
        TreeMap<String, T> copy = new TreeMap<>(map);
        copy.remove(name);
        return copy;
    }
}
