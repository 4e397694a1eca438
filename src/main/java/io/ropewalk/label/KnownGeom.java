package io.ropewalk.label;

import org.jspecify.annotations.Nullable;

/**
 * What the taster needs to know of a geom.
 *
 * @param uuid of its label; null for a MANUAL geom, which no label ever matches (Q18)
 * @param name as it is known by here, which may be a temporary one
 * @param pathSizeBytes of each of its paths: for a labelled geom its export and the label's sector
 * @param sectorSize of each of its paths
 */
public record KnownGeom(@Nullable String uuid, String name, long pathSizeBytes, int sectorSize, Standing standing) {

    /** How far a geom counts. */
    public enum Standing {
        /** It serves, or would if it had paths: labels join it, its name is taken. */
        LIVE,
        /** It drains and will be gone: nobody sees it any more, its name is free (R35). */
        STOPPING,
        /** An operator has stopped it, and it is to stay so until asked otherwise (Q26). Its name is free. */
        STOPPED
    }
}
