package io.ropewalk.inventory;

import org.jspecify.annotations.Nullable;

/**
 * A device that should exist.
 *
 * @param uri normalized
 * @param keptOutOf UUID of a labelled geom that an operator took this device from: no taste brings the two together
 *     again until asked for (Q26). Null when there is none
 */
public record DesiredDevice(
        String name, String uri, @Nullable String keptOutOf) {
    public DesiredDevice(String name, String uri) {
        this(name, uri, null);
    }

    DesiredDevice withKeptOutOf(@Nullable String uuid) {
        return new DesiredDevice(name, uri, uuid);
    }
}
