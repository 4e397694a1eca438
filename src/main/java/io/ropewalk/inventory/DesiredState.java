package io.ropewalk.inventory;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/**
 * All that should exist, by name. Immutable: a verb makes the next one, which shares with it all but what the verb changed.
 *
 * @param retiredGeneration the highest that a geom or export had which is no more; what is made now begins above it, so
 *     that a change meant for what bore the name before is refused (STALE_ETAG)
 */
public record DesiredState(
        SortedMap<String, DesiredDevice> devices,
        SortedMap<String, DesiredGeom> geoms,
        SortedMap<String, DesiredExport> exports,
        long retiredGeneration) {
    /** Nothing. */
    public static final DesiredState EMPTY = new DesiredState(TreePMap.empty(), TreePMap.empty(), TreePMap.empty(), 0);

    public DesiredState {
        devices = shared(devices);
        geoms = shared(geoms);
        exports = shared(exports);
    }

    /** Of a geom or export that is made now. */
    long firstGeneration() {
        return retiredGeneration + 1;
    }

    DesiredState withDevice(DesiredDevice device) {
        return new DesiredState(shared(devices).plus(device.name(), device), geoms, exports, retiredGeneration);
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
        DesiredState state = new DesiredState(shared(devices).minus(name), geoms, exports, retiredGeneration);
        for (DesiredGeom geom : geoms.values()) {
            if (geom.stopped() && geom.hasPath(name)) {
                state = state.withGeom(geom.withoutPath(name));
            }
        }
        return state;
    }

    DesiredState withGeom(DesiredGeom geom) {
        return new DesiredState(devices, shared(geoms).plus(geom.name(), geom), exports, retiredGeneration);
    }

    /** The geom's exports go with it. */
    DesiredState withoutGeom(String name) {
        DesiredGeom geom = geoms.get(name);
        DesiredState state = this;
        for (DesiredExport export : exportsOf(name).toList()) {
            state = state.withoutExport(export.name());
        }
        long retired = geom == null ? 0 : geom.generation();
        return new DesiredState(
                devices, shared(geoms).minus(name), state.exports, Math.max(state.retiredGeneration, retired));
    }

    DesiredState withExport(DesiredExport export) {
        return new DesiredState(devices, geoms, shared(exports).plus(export.name(), export), retiredGeneration);
    }

    DesiredState withoutExport(String name) {
        DesiredExport export = exports.get(name);
        long retired = export == null ? 0 : export.generation();
        return new DesiredState(devices, geoms, shared(exports).minus(name), Math.max(retiredGeneration, retired));
    }

    /** Another state in which the geom is as {@code change} makes it; the same when there is no such geom. */
    DesiredState mapGeom(String name, UnaryOperator<DesiredGeom> change) {
        DesiredGeom geom = geoms.get(name);
        return geom == null ? this : withGeom(change.apply(geom));
    }

    Stream<DesiredExport> exportsOf(String geom) {
        return exports.values().stream().filter(export -> export.geom().equals(geom));
    }

    /** The map itself where it is one of ours, so that what is made of it shares with it. */
    static <T> TreePMap<String, T> shared(Map<String, T> map) {
        return map instanceof TreePMap<String, T> ours ? ours : TreePMap.from(map);
    }
}
