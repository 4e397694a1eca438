package io.ropewalk.inventory;

import java.util.List;

/**
 * Some events.
 *
 * @param items in order, without gaps among them
 * @param compacted whether events between the one asked after and the first here (or the next to come) are no longer
 *     known, or never were: the reader must look at the whole state again
 * @param lastSeq the newest event there was
 */
public record EventPage(List<EventView> items, boolean compacted, long lastSeq) {
    public EventPage {
        items = List.copyOf(items);
    }
}
