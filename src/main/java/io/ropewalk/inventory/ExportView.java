package io.ropewalk.inventory;

import java.util.List;

/**
 * An export as it was when asked.
 *
 * @param allowedClients addresses or networks that may connect; empty for all
 * @param uri where clients reach it
 * @param sessions how many are open
 * @param generation of its desired state
 */
public record ExportView(
        String name,
        String geom,
        boolean readOnly,
        List<String> allowedClients,
        String uri,
        int sessions,
        long generation) {
    public ExportView {
        allowedClients = List.copyOf(allowedClients);
    }
}
