package io.ropewalk.inventory;

import java.util.List;

/**
 * An export that should exist.
 *
 * @param geom what it serves
 * @param allowedClients addresses or networks; empty for all
 * @param generation from 1, one more with each change that was asked for
 */
public record DesiredExport(String name, String geom, boolean readOnly, List<String> allowedClients, long generation) {
    public DesiredExport {
        allowedClients = List.copyOf(allowedClients);
    }
}
