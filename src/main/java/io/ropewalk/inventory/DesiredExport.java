package io.ropewalk.inventory;

import java.util.List;

/**
 * An export that should exist.
 *
 * @param geom what it serves
 * @param allowedClients addresses or networks; empty for all
 * @param generation {@link DesiredState#firstGeneration()} when it is made, one more with each change that was asked for
 */
public record DesiredExport(String name, String geom, boolean readOnly, List<String> allowedClients, long generation) {
    public DesiredExport {
        allowedClients = List.copyOf(allowedClients);
    }

    ExportSettings settings() {
        return new ExportSettings(
                readOnly, allowedClients.stream().map(ClientNetwork::parse).toList());
    }

    /** As it is, or as it is wanted and one generation on. */
    DesiredExport withSettings(ExportSettings settings) {
        return settings.equals(settings()) ? this : of(name, geom, settings, generation + 1);
    }

    static DesiredExport of(String name, String geom, ExportSettings settings, long generation) {
        return new DesiredExport(
                name,
                geom,
                settings.readOnly(),
                settings.allowedClients().stream().map(ClientNetwork::toString).toList(),
                generation);
    }
}
