package io.ropewalk.inventory;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened.
 *
 * @param seq increases with every event, over restarts too; not without gaps over restarts
 * @param type {@code kind.what}, as {@code path.failed}
 * @param geom null when it is not about a geom
 * @param path name of the device that the path opens, or the device itself; null when it is about neither
 * @param detail more words by name; sorted
 */
public record EventView(
        long seq,
        Instant time,
        String type,
        @Nullable String geom,
        @Nullable String path,
        Map<String, String> detail) {
    public EventView {
        detail = Collections.unmodifiableSortedMap(new TreeMap<>(detail));
    }
}
